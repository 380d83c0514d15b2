/**
 * Which file a line belongs to, and until when: ntpd's file generation sets (`filegen`). Pure.
 * Source: ntpd 4.2.8p15 ntp_filegen.c and its monopt.html.
 */
import type { FilegenConfig } from '../../config/types.js';

export interface Generation {
  /** behind the set's name; empty for `none` */
  readonly suffix: string;
  /** UTC, Unix ns; undefined: this generation is good whatever the time is */
  readonly fromNs: bigint | undefined;
  readonly untilNs: bigint | undefined;
}

const DAY_MS = 86_400_000;
const SECONDS_PER_DAY = 86_400;
const two = (n: number): string => String(n).padStart(2, '0');
const year = (date: Date): string => String(date.getUTCFullYear()).padStart(4, '0');

/** `uptimeSeconds`: of the daemon, for `age`. */
export function generationAt(
  type: FilegenConfig['type'],
  nowNs: bigint,
  pid: number,
  uptimeSeconds: number,
): Generation {
  const span = (suffix: string, fromMs: number, untilMs: number): Generation => ({
    suffix,
    fromNs: BigInt(fromMs) * 1_000_000n,
    untilNs: BigInt(untilMs) * 1_000_000n,
  });
  const now = new Date(Math.floor(Number(nowNs / 1_000_000n)));
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const [y, m] = [now.getUTCFullYear(), now.getUTCMonth()];
  switch (type) {
    case 'none':
      return { suffix: '', fromNs: undefined, untilNs: undefined };
    case 'pid':
      return { suffix: `.#${pid}`, fromNs: undefined, untilNs: undefined };
    case 'age': {
      const days = Math.max(0, Math.floor(uptimeSeconds / SECONDS_PER_DAY));
      // A day of the daemon's life, whatever the clock does: it is looked at for each line.
      return {
        suffix: `.a${String(days * SECONDS_PER_DAY).padStart(8, '0')}`,
        fromNs: undefined,
        untilNs: undefined,
      };
    }
    case 'day':
      return span(`.${year(now)}${two(m + 1)}${two(now.getUTCDate())}`, midnight, midnight + DAY_MS);
    case 'week': {
      const monday = midnight - ((now.getUTCDay() + 6) % 7) * DAY_MS;
      return span(`.${isoWeek(monday)}`, monday, monday + 7 * DAY_MS);
    }
    case 'month':
      return span(`.${year(now)}${two(m + 1)}`, Date.UTC(y, m, 1), Date.UTC(y, m + 1, 1));
    case 'year':
      return span(`.${year(now)}`, Date.UTC(y, 0, 1), Date.UTC(y + 1, 0, 1));
  }
}

/** YYYYwWW of the ISO 8601 week that begins on that Monday: it belongs to the year of its Thursday. */
function isoWeek(mondayMs: number): string {
  const thursday = new Date(mondayMs + 3 * DAY_MS);
  const ordinal = (thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / DAY_MS;
  return `${year(thursday)}w${two(Math.floor(ordinal / 7) + 1)}`;
}

/** Does the generation still hold at that time? */
export const isCurrent = ({ fromNs, untilNs }: Generation, nowNs: bigint): boolean =>
  (fromNs === undefined || nowNs >= fromNs) && (untilNs === undefined || nowNs < untilNs);
