/**
 * The true time of an appliance test: a scale of its own over this machine's monotonic clock, whose second is longer, so
 * that the machine under test, which counts this machine's, has an oscillator that is too fast. Pure but for its begin.
 */
import { realtimeNs } from '../support/ntp-client.js';
import type { PulseScale } from '../support/pulses.js';

export class TimeScale {
  /** for the pulser */
  readonly pulses: PulseScale;
  /** Unix second of second 0 */
  readonly startUnixSecond: number;

  /** `fast`: by how much the oscillator of a machine that counts this machine's seconds is off, fractional. */
  constructor(fast: number) {
    const realNs = realtimeNs();
    const monotonicNs = process.hrtime.bigint();
    this.startUnixSecond = Number(realNs / 1_000_000_000n);
    const secondNs = BigInt(Math.round(1e9 * (1 + fast)));
    this.pulses = { originNs: monotonicNs - (realNs % 1_000_000_000n), secondNs };
  }

  /** The true time, Unix ns, when this machine's monotonic clock shows that. */
  trueNs(monotonicNs: bigint): bigint {
    const { originNs, secondNs } = this.pulses;
    return this.secondNs(0) + ((monotonicNs - originNs) * 1_000_000_000n) / secondNs;
  }

  /** Unix ns of a second of the scale. */
  secondNs(second: number): bigint {
    return BigInt(this.startUnixSecond + second) * 1_000_000_000n;
  }

  /** This machine's monotonic clock, ns, at a second of the scale. */
  dueNs(second: number): bigint {
    return this.pulses.originNs + BigInt(second) * this.pulses.secondNs;
  }
}
