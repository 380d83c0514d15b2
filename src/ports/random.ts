/** Randomness passed in: crypto.randomBytes in the daemon, a seeded generator in the virtual world. */
export interface Random {
  /** n uniformly random bytes, 0 <= n <= 65536 */
  bytes(n: number): Uint8Array;
  /** uniform in [0, 1) */
  uniform(): number;
}
