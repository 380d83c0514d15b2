/**
 * From the GPS scale to UTC: the leap seconds that the receiver told, or the table of past ones until it does, and a
 * planned leap second carried out at its instant even if the receiver's count follows late.
 */
import { NS_PER_SECOND } from '../../src/units/time.js';
import { leapSecondsByTable } from './calendar.js';

export interface PlannedLeap {
  readonly change: -1 | 1;
  /** Unix ns of the first second after it */
  readonly atNs: bigint;
  /** GPS - UTC before it */
  readonly before: number;
}

export class GpsTime {
  /** GPS - UTC as the receiver told it; undefined: it has not yet */
  leapSeconds: number | undefined;
  planned: PlannedLeap | undefined;

  /** `gpsNs`: the GPS scale written as Unix ns, week rollover repaired. */
  toUtc(gpsNs: bigint): { timeNs: bigint; leapSecondNow: boolean } {
    const at = (leap: number) => gpsNs - BigInt(leap) * NS_PER_SECOND;
    const planned = this.planned;
    if (planned === undefined) {
      return { timeNs: at(this.leapSeconds ?? leapSecondsByTable(gpsNs)), leapSecondNow: false };
    }
    const before = at(planned.before);
    const change = planned.change === 1 ? planned.atNs : planned.atNs - NS_PER_SECOND;
    if (before < change) return { timeNs: before, leapSecondNow: false };
    if (planned.change === 1 && before < change + NS_PER_SECOND)
      return { timeNs: before, leapSecondNow: true };
    return { timeNs: at(planned.before + planned.change), leapSecondNow: false };
  }
}
