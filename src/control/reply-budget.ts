/**
 * How many bytes of mode 6 replies an address may draw: a leaky bucket each and one for all, so that a forged sender
 * cannot make an amplifier of us. Bounded memory; loopback is not its business.
 * On top of `restrict noquery`, which is the default for everybody but loopback.
 */

interface Allowance {
  /** bytes a second */
  readonly rate: number;
  /** bytes at once */
  readonly burst: number;
}

/** Enough for `ntpq -p` every few seconds and for a client list of thousands read to its end. */
const LIMITS = {
  /** nobody has shown that he receives what is sent to that address */
  unproven: { rate: 8_192, burst: 65_536 },
  /** a valid nonce */
  proven: { rate: 262_144, burst: 2_097_152 },
  /** all unproven addresses together */
  everybody: { rate: 65_536, burst: 524_288 },
} as const satisfies Record<string, Allowance>;

const MOST_ADDRESSES = 512;

interface Bucket {
  used: number;
  atNs: bigint;
}

/** Leaks what time has passed; true and filled when there is room. */
function pour(bucket: Bucket, { rate, burst }: Allowance, bytes: number, monoNs: bigint): boolean {
  const elapsed = Math.max(0, Number(monoNs - bucket.atNs) / 1e9);
  bucket.used = Math.max(0, bucket.used - elapsed * rate);
  bucket.atNs = monoNs;
  if (bucket.used + bytes > burst) return false;
  bucket.used += bytes;
  return true;
}

export class ReplyBudget {
  readonly #buckets = new Map<string, Bucket>();
  readonly #everybody: Bucket = { used: 0, atNs: 0n };

  /** May so many bytes go to that address now? If so, they are counted. IPv6 senders count by their /64. */
  allow(address: Uint8Array, bytes: number, proven: boolean, monoNs: bigint): boolean {
    const network = address.length === 4 ? address : address.subarray(0, 8);
    const key = `${proven ? 'p' : 'u'}${network.join('.')}`;
    const bucket = this.#buckets.get(key) ?? { used: 0, atNs: monoNs };
    // Last used, last in the map: the first is the one to give up.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_ADDRESSES) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (!pour(bucket, proven ? LIMITS.proven : LIMITS.unproven, bytes, monoNs)) return false;
    return proven || pour(this.#everybody, LIMITS.everybody, bytes, monoNs);
  }

  /** addresses remembered, at most 512 */
  get size(): number {
    return this.#buckets.size;
  }
}
