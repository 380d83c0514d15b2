/**
 * What every dance of a host shares: its keys and name, the moment, and the values it signs once and sends often.
 * Owns the signature update (which values carry when they were signed); reading keys from files is files/, who may see
 * what of them is nobody's here: nothing in this room writes a key or a cookie to a log.
 * Sources: RFC 5906 §9.3 and §10; autokey-reference.md §5.
 */

import type { AutokeyValue } from '../../wire/autokey-field.js';
import type { Certificate } from '../certificate/parse.js';
import type { SessionDigest } from '../digest.js';
import { hostFlags } from '../flags.js';
import type { HostKey } from '../host-key.js';
import type { IdentityKey, IdentityParameters, IdentityScheme } from '../identity/scheme.js';
import { encodeLeapValues, type LeapValues, UNKNOWN_LEAP } from '../leap-values.js';
import type { KeyPolicy } from '../policy.js';
import { signValue } from '../value.js';
import type { FieldDraft } from './field.js';

/** The moment of a step. */
export interface DanceTime {
  /** NTP seconds, 32 bits: for stamps and validity */
  readonly now: number;
  /** s, of a clock that only goes on: for deadlines, which a step of the served clock is not to move */
  readonly monotonic: number;
  /** while the clock is not set nothing is signed and no expiry can be told */
  readonly isSynchronised: boolean;
}

/** NTP seconds for checks of validity; undefined: the clock is not set. */
export const knownTime = ({ now, isSynchronised }: DanceTime): number | undefined =>
  isSynchronised ? now : undefined;

export interface Filestamped<T> {
  readonly value: T;
  /** NTP seconds */
  readonly filestamp: number;
}

/** Keys and certificate of this host, loaded and made ready. */
export interface DanceHost {
  /** of session keys (`crypto digest`) */
  readonly digest: SessionDigest;
  readonly hostKey: Filestamped<HostKey>;
  /** the sign key, or the host key when there is none; its public half is the certificate's */
  readonly signKey: HostKey;
  /** self-signed; its subject is our name */
  readonly certificate: Filestamped<Certificate>;
  /** what we can prove, by scheme */
  readonly identityKeys: ReadonlyMap<IdentityScheme, Filestamped<IdentityKey>>;
  /** what we can check of a group (`ident NAME`); undefined: no parameters of that scheme and name */
  readonly parameters: (scheme: IdentityScheme, group: string) => Filestamped<IdentityParameters> | undefined;
  /** for `ident`-less lines: the groups with files under names of 2006, and what our own files are found by */
  readonly identityNames: { readonly old: ReadonlySet<string>; readonly own: readonly string[] };
  readonly policy: KeyPolicy;
}

export const hostName = (host: DanceHost): string => host.certificate.value.subject;

/** Our group: what follows the @ of our name; undefined: none. */
export function groupOf(name: string): string | undefined {
  const at = name.indexOf('@');
  return at < 0 ? undefined : name.slice(at + 1);
}

/** The values a host signs at each update and sends as they are to everybody who asks. */
export class HostValues {
  /** NTP seconds of the last signature update; 0: the clock was never set */
  #updatedAt = 0;
  #leap: AutokeyValue | undefined;
  #certificates = new WeakMap<Certificate, AutokeyValue>();
  #leapValues: LeapValues = UNKNOWN_LEAP;
  constructor(readonly host: DanceHost) {}

  get updatedAt(): number {
    return this.#updatedAt;
  }

  /**
   * Signs anew from now on: at the first synchronisation, once a day, when our certificate was signed, and when the leap
   * seconds changed. `now`: NTP seconds, the clock is set.
   */
  update(now: number, leap: LeapValues = this.#leapValues): void {
    this.#updatedAt = now;
    this.#leapValues = leap;
    this.#leap = undefined;
    this.#certificates = new WeakMap();
  }

  /** Our status word. */
  get flags(): number {
    const { certificate, identityKeys } = this.host;
    return hostFlags({
      scheme: certificate.value.scheme,
      isPrivate: certificate.value.isPrivate,
      identity: identityKeys.keys(),
      leapKnown: this.#updatedAt !== 0,
    });
  }

  /** Signs a value of this moment, which nobody will ask for again. */
  sign(timestamp: number, filestamp: number, value: Uint8Array): AutokeyValue {
    return signValue(
      this.host.signKey,
      this.host.certificate.value.scheme.digest,
      timestamp,
      filestamp,
      value,
    );
  }

  /** The field of a draft, signed here and now: for who is allowed private-key work. */
  finish(draft: FieldDraft): Uint8Array {
    if (draft.kind === 'ready') return draft.field;
    const { signKey, certificate } = this.host;
    return draft.finish(signKey.sign(certificate.value.scheme.digest, draft.toSign));
  }

  /** A certificate, signed at the last update; there has been one. */
  certificate({ value, filestamp }: Filestamped<Certificate>): AutokeyValue {
    let signed = this.#certificates.get(value);
    if (signed === undefined) {
      signed = this.sign(this.#updatedAt, filestamp, value.der);
      this.#certificates.set(value, signed);
    }
    return signed;
  }

  /** TAI offset and leap seconds, signed at the last update; there has been one. */
  leap(): AutokeyValue {
    this.#leap ??= this.sign(
      this.#updatedAt,
      this.host.hostKey.filestamp,
      encodeLeapValues(this.#leapValues),
    );
    return this.#leap;
  }
}
