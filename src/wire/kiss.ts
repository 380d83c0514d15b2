/**
 * Kiss codes: the four ASCII characters in the reference ID of a stratum 0 packet.
 * Source: RFC 5905 §7.4 and its figure 13 (IANA "NTP Kiss-o'-Death Codes"); NTSN: RFC 8915 §5.7.
 */
import { refidOf, stratumOf } from './header.js';

/** The codes of the registry, with what each says. */
export const KISS_CODES = {
  ACST: 'the association belongs to a unicast server',
  AUTH: 'server authentication failed',
  AUTO: 'Autokey sequence failed',
  BCST: 'the association belongs to a broadcast server',
  CRYP: 'cryptographic authentication or identification failed',
  DENY: 'access denied by the remote server',
  DROP: 'lost peer in symmetric mode',
  RSTR: 'access denied due to local policy',
  INIT: 'the association has not yet synchronised for the first time',
  MCST: 'the association belongs to a dynamically discovered server',
  NKEY: 'no key found; it never was, or is no longer, trusted',
  NTSN: 'network time security negative acknowledgment',
  RATE: 'rate exceeded; the server asks for fewer packets',
  RMOT: 'alteration of the association from a remote host running ntpdc',
  STEP: 'a step change in system time has occurred, not yet resynchronised',
} as const;

export type KissCode = keyof typeof KISS_CODES;

/** Four ASCII characters as a reference ID: first character highest. Shorter ones are padded with zero bytes. */
export function asciiRefid(text: string): number {
  let refid = 0;
  for (let i = 0; i < 4; i += 1) refid = refid * 256 + (i < text.length ? text.charCodeAt(i) & 0x7f : 0);
  return refid;
}

const byRefid = new Map<number, KissCode>(
  (Object.keys(KISS_CODES) as KissCode[]).map((code) => [asciiRefid(code), code]),
);

/** The kiss code in a reference ID of a stratum 0 packet; undefined: none of the registry's. */
export const kissCodeOf = (refid: number): KissCode | undefined => byRefid.get(refid);

/** A reference ID that holds this code. */
export const kissRefid = (code: KissCode): number => asciiRefid(code);

/** The kiss code of a packet, which must hold a header; undefined: it is no kiss, or an unknown one. */
export const kissOf = (view: DataView): KissCode | undefined =>
  stratumOf(view) === 0 ? kissCodeOf(refidOf(view)) : undefined;

/** A reference ID as its characters, for strata 0 and 1: printable ASCII up to the first zero byte, '?' for the rest. */
export function refidText(refid: number): string {
  let text = '';
  for (let shift = 24; shift >= 0; shift -= 8) {
    const byte = (refid >>> shift) & 0xff;
    if (byte === 0) break;
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return text;
}
