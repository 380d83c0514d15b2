/**
 * Lines of the cryptostats file as the reference writes them, behind day, second and address. Owns the wording; which
 * file, which day and which address is the statistics writer's business.
 * Source: autokey-reference.md §11 and the recorded cryptostats of every case.
 */
import type { Certificate } from './certificate/parse.js';
import { isSelfSigned } from './certificate/verify.js';
import { DANCE_FAULTS, type DanceFault } from './dance/fault.js';
import type { CertificateScheme } from './digest.js';
import { flagsText } from './flags.js';
import type { IdentityScheme } from './identity/scheme.js';
import type { AutokeyValues } from './key-list.js';
import type { LeapValues } from './leap-values.js';
import type { Stamps } from './value.js';

/** Flags of a certificate in `cert` variables and lines. */
export const CERTIFICATE_FLAG = { trusted: 0x1, signed: 0x2, valid: 0x4, private: 0x8, error: 0x80 } as const;

/** What the reference shows of a certificate that came over the network and was believed. */
export const receivedCertificateFlags = (certificate: Certificate): number =>
  CERTIFICATE_FLAG.valid |
  (certificate.trustRoot && isSelfSigned(certificate) ? CERTIFICATE_FLAG.trusted : 0);

/** Of our own, as loaded from its file. */
export const ownCertificateFlags = ({ trustRoot, isPrivate }: Certificate): number =>
  (trustRoot ? CERTIFICATE_FLAG.trusted : 0) | (isPrivate ? CERTIFICATE_FLAG.private : 0);

/** `ntpkey_RSAhost_peer1.4004380900 mod 512` */
export const keyLoadedLine = (name: string, bits: number): string => `${name} mod ${bits}`;

/** `ntpkey_RSA-MD5cert_peer1.4004380900 0x1 len 411` */
export const certificateLoadedLine = (name: string, certificate: Certificate): string =>
  `${name} ${flagsText(ownCertificateFlags(certificate))} len ${certificate.der.length}`;

/** `setup 0x80041 host peer1 md5WithRSAEncryption` */
export const setupLine = (flags: number, host: string, scheme: CertificateScheme): string =>
  `setup ${flagsText(flags)} host ${host} ${scheme.name}`;

/** `signature update ts 4004380910` */
export const signatureUpdateLine = (timestamp: number): string => `signature update ts ${timestamp}`;

/** `assoc OWN PEER host CN DIGEST` */
export const associationLine = (own: number, peer: number, host: string, scheme: CertificateScheme): string =>
  `assoc ${own} ${peer} host ${host} ${scheme.name}`;

/** `cert SUBJ ISS 0x5 NAME (NID) fs N`; of our own signed by a server it begins with `sign`. */
export const certificateLine = (
  word: 'cert' | 'sign',
  certificate: Certificate,
  filestamp: number,
): string => {
  const flags = word === 'sign' ? CERTIFICATE_FLAG.valid : receivedCertificateFlags(certificate);
  const { subject, issuer, scheme } = certificate;
  return `${word} ${subject} ${issuer} ${flagsText(flags)} ${scheme.name} (${scheme.nid}) fs ${filestamp}`;
};

/** `gq CN fs N`: the trusted host whose group it is. */
export const identityLine = (scheme: IdentityScheme, root: string, filestamp: number): string =>
  `${scheme} ${root} fs ${filestamp}`;

/** `cook HEX ts N fs N`. The cookie is a secret of 32 bits: `undefined` writes it as a star. */
export const cookieLine = (cookie: number | undefined, { timestamp, filestamp }: Stamps): string =>
  `cook ${cookie === undefined ? '*' : cookie.toString(16)} ts ${timestamp} fs ${filestamp}`;

/** `auto seq N key HEX ts N fs N` */
export const autokeyLine = ({ sequence, keyId }: AutokeyValues, { timestamp, filestamp }: Stamps): string =>
  `auto seq ${sequence} key ${keyId.toString(16)} ts ${timestamp} fs ${filestamp}`;

/** `leap TAI offset 37 at 3692217600 expire 3694377600 fs N` */
export const leapLine = ({ taiOffset, lastLeap, expiry }: LeapValues, filestamp: number): string =>
  `leap TAI offset ${taiOffset} at ${lastLeap} expire ${expiry} fs ${filestamp}`;

/**
 * `c2020008 7 101 bad_field_format_or_length`: the first word of the field with the error bit a server adds (a client's
 * refusals stand without it), the association ID, the code.
 */
export const faultLine = (word: number, associationId: number, fault: DanceFault): string =>
  `${(word >>> 0).toString(16).padStart(8, '0')} ${associationId} ${DANCE_FAULTS[fault].code.toString(16)} ${DANCE_FAULTS[fault].words}`;
