/**
 * The quantisation error of a receiver's pulse: the pulse can only fall on a tick of the receiver's own oscillator,
 * so it wanders through ± half a tick as that oscillator drifts. The receiver knows it and says so in UBX-TIM-TP.
 */
export interface SawtoothOptions {
  /** one tick; u-blox 8: 1/48 MHz = 20.8 ns */
  readonly tickSeconds?: number;
  /** how far the ticks move against the second, seconds per second */
  readonly driftPerSecond?: number;
}

/** Pulse minus ideal at true second k, in (-tick/2, tick/2], whole picoseconds as on the wire; seconds. */
export function sawtooth(options: SawtoothOptions = {}): (k: number) => number {
  const tickPs = (options.tickSeconds ?? 1 / 48e6) * 1e12;
  const driftPs = (options.driftPerSecond ?? 1.37e-9) * 1e12;
  return (k) => {
    const phase = (k * driftPs) / tickPs;
    return Math.round((phase - Math.floor(phase) - 0.5) * tickPs) * 1e-12;
  };
}
