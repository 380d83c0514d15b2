/**
 * The flags word: what a host offers, how far a dance has come, and which scheme signs. It stands in ASSOC as the status
 * word, in the variable `flags` of ntpq, and in people's scripts, so every number is the reference's. Owns bits and names;
 * what sets them is dance/.
 *
 * | bits        | meaning                                                                  |
 * | ----------- | ------------------------------------------------------------------------ |
 * | 0x00000001  | Autokey is on                                                            |
 * | 0x00000002  | TAI and leap values can be asked for                                     |
 * | 0x000000f0  | PC, IFF, GQ, MV are offered by the sender                                |
 * | 0x00007f00  | CERT, VRFY, PROV, COOK, AUTO, SIGN, LEAP are done                        |
 * | 0xffff0000  | OpenSSL's number of the certificate's signature algorithm                |
 *
 * Sources: RFC 5906 §10.1 and appendix A; autokey-reference.md §2.
 */
import { type CertificateScheme, flagsOfScheme, schemeOfFlags } from './digest.js';
import type { IdentityScheme } from './identity/scheme.js';

export const FLAG = {
  enabled: 0x1,
  leapKnown: 0x2,
  pc: 0x10,
  iff: 0x20,
  gq: 0x40,
  mv: 0x80,
  /** a certificate trail to a trusted host */
  certificate: 0x100,
  /** identity proved, or not asked for */
  verified: 0x200,
  /** first signature verified after that: what the host says may be used */
  proventic: 0x400,
  cookie: 0x800,
  autokey: 0x1000,
  /** our certificate was signed by the host */
  signed: 0x2000,
  leap: 0x4000,
} as const;

/** The dance is over. */
export const FULL_DANCE = 0x7f00;
/** What must be true before time is taken from a host. */
export const TIME_FLAGS = FLAG.certificate | FLAG.verified | FLAG.proventic | FLAG.cookie;

const NAMES: readonly (readonly [bit: number, name: string])[] = [
  [FLAG.enabled, 'ENAB'],
  [FLAG.leapKnown, 'TAI'],
  [FLAG.pc, 'PC'],
  [FLAG.iff, 'IFF'],
  [FLAG.gq, 'GQ'],
  [FLAG.mv, 'MV'],
  [FLAG.certificate, 'CERT'],
  [FLAG.verified, 'VRFY'],
  [FLAG.proventic, 'PROV'],
  [FLAG.cookie, 'COOK'],
  [FLAG.autokey, 'AUTO'],
  [FLAG.signed, 'SIGN'],
  [FLAG.leap, 'LEAP'],
];

/** Are all of these bits set? */
export const hasFlags = (flags: number, bits: number): boolean => (flags & bits) === bits;

/** Names of the bits that are set, for status pages: what is offered first, then what is done. */
export const flagNames = (flags: number): readonly string[] =>
  NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);

/** As ntpq and cryptostats show it: `0x87f41`. */
export const flagsText = (flags: number): string => `0x${(flags >>> 0).toString(16)}`;

/** OpenSSL's name of the signature algorithm in the high half; undefined: one we do not speak. */
export const signatureName = (flags: number): string | undefined => schemeOfFlags(flags)?.name;

export interface OfferedFlags {
  /** of the host's own certificate */
  readonly scheme: CertificateScheme;
  readonly isPrivate: boolean;
  readonly identity: Iterable<IdentityScheme>;
  /** since the first signature update, with or without a leap file, as the reference has it */
  readonly leapKnown: boolean;
}

/** The status word of a host, of its own system variable `flags` and of its ASSOC. */
export function hostFlags({ scheme, isPrivate, identity, leapKnown }: OfferedFlags): number {
  let flags = flagsOfScheme(scheme) | FLAG.enabled;
  if (leapKnown) flags |= FLAG.leapKnown;
  if (isPrivate) flags |= FLAG.pc;
  for (const name of identity) flags |= FLAG[name];
  return flags >>> 0;
}
