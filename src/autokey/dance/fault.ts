/**
 * What can be wrong with an Autokey message, with the reference's numbers and words, which stand in cryptostats and in
 * people's searches. Owns the table; who does what about a fault is the dance's.
 * Sources: autokey-reference.md §7 (codes), recorded cryptostats (words).
 */
export const DANCE_FAULTS = {
  length: { code: 0x101, words: 'bad_field_format_or_length' },
  timestamp: { code: 0x102, words: 'bad_timestamp' },
  filestamp: { code: 0x103, words: 'bad_filestamp' },
  'public-key': { code: 0x104, words: 'bad_or_missing_public_key' },
  'digest-type': { code: 0x105, words: 'unsupported_digest_type' },
  'identity-type': { code: 0x106, words: 'unsupported_identity_type' },
  'signature-length': { code: 0x107, words: 'bad_signature_length' },
  signature: { code: 0x108, words: 'signature_not_verified' },
  'certificate-unverified': { code: 0x109, words: 'certificate_not_verified' },
  'certificate-expired': { code: 0x10a, words: 'host_certificate_expired' },
  cookie: { code: 0x10b, words: 'bad_or_missing_cookie' },
  leap: { code: 0x10c, words: 'bad_or_missing_leapseconds' },
  certificate: { code: 0x10d, words: 'bad_or_missing_certificate' },
  identity: { code: 0x10e, words: 'bad_or_missing_group key' },
  protocol: { code: 0x10f, words: 'protocol_error' },
} as const;
export type DanceFault = keyof typeof DANCE_FAULTS;

/** A fault of one message, and what a person should read about it. */
export interface FaultReport {
  readonly fault: DanceFault;
  readonly text: string;
  /** the configuration line that would allow it; undefined: none would */
  readonly allowedBy?: string | undefined;
}

/** For a person: what is wrong, and the line that would allow it. */
export const faultText = ({ text, allowedBy }: FaultReport): string =>
  allowedBy === undefined ? text : `${text}; '${allowedBy}' would allow it`;

const DISTRUST: ReadonlySet<DanceFault> = new Set([
  'public-key',
  'digest-type',
  'identity-type',
  'identity',
  'certificate-unverified',
  'certificate-expired',
  'certificate',
]);
/** Does this fault say that the other side is not, or no longer, whom we believe? Then its earlier time counts no more. */
export const isDistrust = (fault: DanceFault): boolean => DISTRUST.has(fault);

const STALE_KEY_FAULTS: ReadonlySet<DanceFault> = new Set([
  'signature',
  'signature-length',
  'timestamp',
  'filestamp',
]);
/** Does this fault, again and again, mean that the other side has other keys than its certificate told? */
export const isStaleKeyFault = (fault: DanceFault): boolean => STALE_KEY_FAULTS.has(fault);
