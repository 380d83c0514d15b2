/**
 * The nonce that READ_MRU asks for: whoever shows it again has received what we sent to his address, so a long reply to
 * it is no amplifier. No state is kept for it: 64 bits of time and 64 bits of HMAC over time, address and port, in hex.
 * (RFC 9327 §4 describes 32 bits of hash; with those, a burst of forgeries within the lifetime might succeed.)
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** As ntpd: 16 s. */
export const NONCE_LIFETIME_NS = 16_000_000_000n;

export interface Requester {
  /** network order, 4 or 16 bytes */
  readonly address: Uint8Array;
  readonly port: number;
}

const MASK = (1n << 64n) - 1n;

function tagOf(secret: Uint8Array, monoNs: bigint, from: Requester): Buffer {
  const bound = Buffer.alloc(11 + from.address.length);
  bound.writeBigUInt64BE(monoNs & MASK, 0);
  bound.writeUInt16BE(from.port & 0xffff, 8);
  bound[10] = from.address.length;
  bound.set(from.address, 11);
  return createHmac('sha256', secret).update(bound).digest().subarray(0, 8);
}

/** 32 hexadecimal digits. `monoNs`: a clock that never steps. `secret`: made anew at each start. */
export const makeNonce = (secret: Uint8Array, monoNs: bigint, from: Requester): string =>
  (monoNs & MASK).toString(16).padStart(16, '0') + tagOf(secret, monoNs, from).toString('hex');

/** Was it made here, for this address and port, within the last 16 s? */
export function isNonceValid(nonce: string, secret: Uint8Array, monoNs: bigint, from: Requester): boolean {
  if (!/^[0-9a-f]{32}$/.test(nonce)) return false;
  const madeAt = BigInt(`0x${nonce.slice(0, 16)}`);
  const age = BigInt.asIntN(64, monoNs - madeAt);
  if (age < 0n || age >= NONCE_LIFETIME_NS) return false;
  return timingSafeEqual(Buffer.from(nonce.slice(16), 'hex'), tagOf(secret, madeAt, from));
}
