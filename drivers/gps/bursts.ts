/**
 * Receivers send in bursts, one for each epoch, with silence between. Owns the beginning of the present burst, which is
 * the steadiest thing to learn a message delay from: what comes later in the burst moves with what comes before it.
 */

/** A silence this long begins a burst. USB adapters and a busy host make pauses of up to some 50 ms within one. */
const SILENCE_NS = 100_000_000n;

export class Bursts {
  #startNs = 0n;
  #lastNs: bigint | undefined;
  #claimed = false;

  /** To be told of all bytes in their order, frames or not, with the stamps of the first and the last of them. */
  bytes(firstByteNs: bigint, lastByteNs: bigint): void {
    const silence = this.#lastNs === undefined ? undefined : firstByteNs - this.#lastNs;
    if (silence === undefined || silence > SILENCE_NS || silence < 0n) {
      this.#startNs = firstByteNs;
      this.#claimed = false;
    }
    this.#lastNs = lastByteNs;
  }

  /** Where an epoch begins whose first timed message began at `firstByteNs`: the burst's start, for its first epoch. */
  claim(firstByteNs: bigint): bigint {
    if (this.#claimed) return firstByteNs;
    this.#claimed = true;
    return this.#startNs;
  }
}
