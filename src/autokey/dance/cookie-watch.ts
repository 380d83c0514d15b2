/**
 * Whether the two ends of a symmetric association have the same cookie, as far as plain packets tell. Owns our half of it and
 * what a packet under another cookie means: that the peer's is from before we began, that ours is, or nothing.
 * Source: old-reference.md §4 (cookies of symmetric modes).
 */
/** What shows that the peer still has what we have; then an ASSOC request of anybody's begins nothing anew, s. */
const QUIET_SECONDS = 16;
const MAX_STRANGERS = 3;

export class CookieWatch {
  /** monotonic s of the last packet that proved that both have the same */
  #provenAt: number | undefined;
  #strangers = 0;
  #hasGivenHalf = false;

  /** `half`: our half, 32 bits; the peer may have its cookie yet when the dance begins anew, so that it stays. */
  constructor(readonly half: number) {}

  restart(): void {
    this.#provenAt = undefined;
    this.#strangers = 0;
  }

  /** The peer has asked for our half: a cookie that it uses is of this association. */
  gaveHalf(): void {
    this.#hasGivenHalf = true;
  }

  /** An authentic packet. */
  heard(): void {
    this.#strangers = 0;
  }

  /** A packet whose time may be used. `now`: monotonic s. */
  proven(now: number): void {
    this.#provenAt = now;
  }

  isQuiet(now: number): boolean {
    return this.#provenAt === undefined || now - this.#provenAt >= QUIET_SECONDS;
  }

  /**
   * A plain packet that is not authentic. We have no cookie: if the peer did not ask for our half, it has its own from before
   * we began anew, and should begin, too; if it did, it is only faster. We have one, and see no good packet between for a
   * while: the peer began anew, so its half is to be asked for.
   */
  judge(hasCookie: boolean, now: number): 'pass' | 'theirs-is-old' | 'ours-is-old' {
    if (!hasCookie) return this.#hasGivenHalf ? 'pass' : 'theirs-is-old';
    if (!this.isQuiet(now)) return 'pass';
    this.#strangers += 1;
    if (this.#strangers < MAX_STRANGERS) return 'pass';
    this.#strangers = 0;
    return 'ours-is-old';
  }
}
