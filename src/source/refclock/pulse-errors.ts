/**
 * Quantisation errors a receiver announced (UBX-TIM-TP), kept for the pulses they speak of. Knows no pulses: asked with
 * a second and a time, it answers a correction.
 */

/** An announcement whose second is not told speaks of the next edge, which comes within this, ns. */
const NEXT_NS = 1.1e9;
/** ... but not so near that it may have meant the one before. */
const NEAR_NS = 0.02e9;
/** No receiver quantises more coarsely than 1 µs: beyond it is a misread. */
const LARGEST_PS = 1e6;

interface Announced {
  readonly seconds: number;
  readonly second: bigint | undefined;
  readonly monoNs: bigint;
}

export class PulseErrors {
  private announced: Announced[] = [];

  heard(quantisationErrorPs: number, second: bigint | undefined, monoNs: bigint): void {
    if (!(Math.abs(quantisationErrorPs) <= LARGEST_PS)) return;
    this.announced.push({ seconds: quantisationErrorPs * 1e-12, second, monoNs });
    if (this.announced.length > 4) this.announced.shift();
  }

  /** Seconds by which the pulse of `second` (continuous scale) at `monoNs` was late; 0 when nobody told. */
  of(second: bigint, monoNs: bigint): number {
    const named = this.announced.find((entry) => entry.second === second);
    if (named !== undefined) return named.seconds;
    const next = this.announced.findLast((entry) => {
      const ahead = Number(monoNs - entry.monoNs);
      return entry.second === undefined && ahead > NEAR_NS && ahead < NEXT_NS - NEAR_NS;
    });
    return next?.seconds ?? 0;
  }
}
