/**
 * The server's half of all dances as the crypto thread keeps it: keys, signed values, certificates and cookie secret of this
 * host as main last told them; one request in, its whole answer out, proof and signature included. Knows no thread.
 */
import type { AutokeyOperationName, AutokeyValue } from '../../wire/autokey-field.js';
import { parseCertificate } from '../certificate/parse.js';
import { type CookieSecrets, makeCookie } from '../cookie.js';
import type { LoadedKeys } from '../files/load.js';
import type { IdentityScheme } from '../identity/scheme.js';
import type { LeapValues } from '../leap-values.js';
import { type AutokeyEnd, type EndSettings, makeEnd } from './end.js';
import type { FaultReport } from './fault.js';
import type { DanceTime, Filestamped } from './host.js';
import { answerRequest } from './server.js';

/** Everything it answers from; survives structured clone. */
export interface ServerState {
  readonly keys: LoadedKeys;
  readonly settings: EndSettings;
  /** NTP seconds of the last signature update; 0: there was none */
  readonly updatedAt: number;
  readonly leap: LeapValues;
  /** DER of what associations of ours have verified, oldest first */
  readonly certificates: readonly Filestamped<Uint8Array>[];
  readonly cookies: CookieSecrets;
}

/** One request; survives structured clone. */
export interface DanceRequest {
  /** the field */
  readonly field: Uint8Array;
  /** network order, 4 or 16 bytes */
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly time: DanceTime;
  /** of a symmetric association: our half of its cookie; absent: the cookie of the addresses */
  readonly half?: number | undefined;
  /** of the broadcast association that the request names; undefined: there is none */
  readonly autokey: AutokeyValue | undefined;
}

export interface DanceAnswer {
  /** the whole field */
  readonly field: Uint8Array;
  readonly operation: AutokeyOperationName | undefined;
  /** what was wrong with the request; undefined: nothing */
  readonly report: FaultReport | undefined;
  /** first word of the answer and association ID, for cryptostats */
  readonly word: number;
  readonly associationId: number;
}

export class ServerDesk {
  readonly #end: AutokeyEnd | undefined;
  readonly #cookies: CookieSecrets;

  constructor({ keys, settings, updatedAt, leap, certificates, cookies }: ServerState) {
    const end = makeEnd(keys, settings);
    if (updatedAt !== 0) end?.values.update(updatedAt, leap);
    for (const { value, filestamp } of certificates) {
      const parsed = parseCertificate(value);
      if (parsed.ok) end?.certificates.add({ value: parsed.value, filestamp });
    }
    this.#end = end;
    this.#cookies = cookies;
  }

  /** `prove`: the proof for a challenge, DER; undefined: it cannot be made. Undefined: there are no usable keys. */
  answer(
    { field, client, server, time, half, autokey }: DanceRequest,
    prove: (scheme: IdentityScheme, challenge: Uint8Array) => Uint8Array | undefined,
  ): DanceAnswer | undefined {
    const end = this.#end;
    if (end === undefined) return undefined;
    const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
    const decision = answerRequest(view, 0, field.length, {
      ...{ values: end.values, certificates: end.certificates, time },
      cookie: () => half ?? makeCookie(this.#cookies, client, server),
      autokeyValues: () => autokey,
    });
    const reply =
      decision.kind === 'reply'
        ? decision
        : decision.finish(prove(decision.scheme, decision.challenge), time);
    const { operation, report, word, associationId } = reply;
    return { field: reply.field, operation, report, word, associationId };
  }
}
