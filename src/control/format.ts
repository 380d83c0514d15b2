/**
 * Values of mode 6 variables as text, in the forms ntpd 4.2.8p15 uses and both ntpqs read.
 * Knows no variable by name. Every function takes any number: what is not finite becomes 0, so that no reply ever says NaN.
 * Source: RFC 9327 §4; shared/reference/autokey-reference.md §11.
 */
import { type NtpTimestamp, unixNsToNtp } from '../units/time.js';

const LARGEST = 1e15;

/** Bounded and finite; -0 becomes 0. */
export function sane(value: number): number {
  if (!Number.isFinite(value)) return 0;
  return Math.max(-LARGEST, Math.min(LARGEST, value)) + 0;
}

const fixed = (value: number, digits: number): string => {
  const text = sane(value).toFixed(digits);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
};

/** Seconds as milliseconds, three decimals. */
export const milliseconds = (seconds: number): string => fixed(seconds * 1e3, 3);
/** Seconds as milliseconds, six decimals: system offset and jitter. */
export const finely = (seconds: number): string => fixed(seconds * 1e3, 6);
/** A fraction as parts per million, three decimals. */
export const partsPerMillion = (fraction: number): string => fixed(fraction * 1e6, 3);
export const integer = (value: number): string => Math.round(sane(value)).toFixed(0);
/** At least 0. */
export const count = (value: number): string => Math.max(0, Math.floor(sane(value))).toFixed(0);
export const hex = (value: number): string => `0x${Math.max(0, Math.floor(sane(value))).toString(16)}`;

/** 0xSECONDS.FRACTION */
export function ntpHex(timestamp: NtpTimestamp): string {
  const digits = BigInt.asUintN(64, timestamp).toString(16).padStart(16, '0');
  return `0x${digits.slice(0, 8)}.${digits.slice(8)}`;
}

/** Unix ns; 0n is "never" and shows as zeros, which ntpq calls "(no time)". */
export const timestamp = (unixNs: bigint): string => ntpHex(unixNs === 0n ? 0n : unixNsToNtp(unixNs));

/** YYYYMMDDHHMM, UTC. Undefined when it lies outside of the calendar's four digits. */
export function calendarMinute(unixNs: bigint): string | undefined {
  const ms = Number(unixNs / 1_000_000n);
  if (!(Math.abs(ms) < 2.5e14)) return undefined;
  const text = new Date(ms).toISOString();
  return /^\d{4}-/.test(text) ? text.slice(0, 16).replace(/[-T:]/g, '') : undefined;
}

/** The four characters; ends at the first zero byte, '.' for what is not printable. */
export function refidCharacters(refid: Uint8Array): string {
  let text = '';
  for (const byte of refid.subarray(0, 4)) {
    if (byte === 0) break;
    // A comma or a quote would break the list.
    text += byte > 0x20 && byte < 0x7f && byte !== 0x2c && byte !== 0x22 ? String.fromCharCode(byte) : '.';
  }
  return text;
}

/** As an address where a server of that stratum gives one, else as characters. */
export const refid = (bytes: Uint8Array, stratum: number): string =>
  stratum > 1 && stratum < 16 ? addressOfRefid(bytes) : refidCharacters(bytes);

const addressOfRefid = (bytes: Uint8Array): string =>
  `${bytes[0] ?? 0}.${bytes[1] ?? 0}.${bytes[2] ?? 0}.${bytes[3] ?? 0}`;

/** Address without its zone, which another host's ntpq could not read. */
export const bareAddress = (address: string): string => address.split('%', 1)[0] ?? '';

/** address:port, IPv6 in brackets. */
export const addressPort = (address: string, port: number): string => {
  const bare = bareAddress(address);
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`;
};
