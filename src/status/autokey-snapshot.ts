/** Autokey in the daemon's snapshot: of this host, and of each association. Names and units as in snapshot.ts. */
import { flagNames, flagsText } from '../autokey/flags.js';
import type { AutokeySourceView } from '../source/types.js';
import { isoNs } from './iso-time.js';
import type { AutokeyView } from './view.js';

export interface AutokeySourceSnapshot {
  /** name in its certificate; null: not known yet */
  readonly host: string | null;
  /** as ntpq prints it: 0x87f41 */
  readonly flags: string;
  /** what it offers and what is done */
  readonly flagNames: readonly string[];
  /** what is being done, in words */
  readonly step: string;
  /** certificate, identity and first signature hold */
  readonly proven: boolean;
  /** TC, PC, IFF, GQ, MV */
  readonly identityScheme: string | null;
  /** whose parameters check it; null: no identity is asked for */
  readonly identityGroup: string | null;
  /** whose proof was accepted that is not the textbook's */
  readonly quirk: string | null;
  /** names, from its own certificate to the trusted host's */
  readonly trail: readonly string[];
  readonly root: string | null;
  readonly weakestBits: number | null;
  readonly weakestDigest: string | null;
  readonly signature: string | null;
  readonly cookieAgeSeconds: number | null;
  /** when the first certificate of the trail expires */
  readonly certificatesUntil: string | null;
}

export interface AutokeySnapshot {
  readonly host: string;
  readonly flags: string;
  readonly flagNames: readonly string[];
  /** of session keys */
  readonly digest: string;
  readonly signature: string;
  /** global `ident` */
  readonly ident: string | null;
  /** last signature update; null: the clock was never set */
  readonly updated: string | null;
  /** newest first, our own last */
  readonly certificates: readonly {
    readonly subject: string;
    readonly issuer: string;
    readonly trusted: boolean;
    readonly bits: number;
    readonly digest: string;
    readonly until: string | null;
  }[];
}

const TRUSTED = 1;

export const autokeySourceSnapshot = (view: AutokeySourceView): AutokeySourceSnapshot => ({
  host: view.host === '' ? null : view.host,
  flags: flagsText(view.flags),
  flagNames: flagNames(view.flags),
  step: view.step,
  proven: view.isProven,
  identityScheme: view.scheme ?? null,
  identityGroup: view.ident ?? null,
  quirk: view.quirk ?? null,
  trail: [...view.trail],
  root: view.root ?? null,
  weakestBits: view.weakest?.bits ?? null,
  weakestDigest: view.weakest?.digest ?? null,
  signature: view.signature ?? null,
  cookieAgeSeconds: view.cookieAgeSeconds ?? null,
  certificatesUntil: view.certificateUntilNs === undefined ? null : isoNs(view.certificateUntilNs),
});

export const autokeySnapshot = (view: AutokeyView): AutokeySnapshot => ({
  host: view.host,
  flags: flagsText(view.flags),
  flagNames: flagNames(view.flags),
  digest: view.digest,
  signature: view.signature,
  ident: view.ident ?? null,
  updated: view.updatedNs === undefined ? null : isoNs(view.updatedNs),
  certificates: view.certificates.map(({ subject, issuer, flags, bits, digest, untilNs }) => ({
    ...{ subject, issuer, bits, digest },
    trusted: (flags & TRUSTED) !== 0,
    until: isoNs(untilNs),
  })),
});
