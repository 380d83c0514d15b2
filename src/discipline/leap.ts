/**
 * What is known of the next leap second and of TAI - UTC, and from whom; decides what is armed.
 * Policy: an unexpired leap file decides. Without one a receiver's announcement does, and without a receiver the
 * majority of the selected network sources. A contradiction is logged once. It is armed and announced on the UTC day
 * that ends with it, as the kernel applies STA_INS and STA_DEL at the end of the day.
 */
import type { GpsLeapNotice } from '../ports/gps.js';
import type { Log } from '../ports/log.js';
import type { LogEvent } from '../ports/log-events.js';
import { type LeapTable, nextLeap, taiOffsetAt } from './leap-file.js';

export interface LeapState {
  /** for the clock and the wire, today */
  readonly armed: 0 | 1 | 2;
  readonly taiOffsetSeconds: number | undefined;
  /** Unix ns of the first second after the next leap that is known */
  readonly nextAtNs: bigint | undefined;
  /** what it is; 0 while none is known */
  readonly nextChange: -1 | 0 | 1;
  readonly fileExpiresNs: bigint | undefined;
  readonly from: 'file' | 'receiver' | 'network' | 'none';
}

const DAY = 86_400n;
const SECOND = 1_000_000_000n;
/** TAI - GPS, fixed since 1980 (IS-GPS-200). */
export const TAI_MINUS_GPS_SECONDS = 19;
const EXPIRY_WARNING_SECONDS = 28n * DAY;

export class LeapKeeper {
  private table: LeapTable | undefined;
  private notice: GpsLeapNotice | undefined;
  private networkLeap: 0 | 1 | 2 = 0;
  private networkTai: number | undefined;
  private said = new Set<LogEvent>();

  constructor(private readonly log: Log) {}

  setTable(table: LeapTable | undefined): void {
    this.table = table;
    this.said.clear();
  }

  setNotice(notice: GpsLeapNotice | undefined): void {
    this.notice = notice;
  }

  /** What the majority of selected network sources announces. */
  setNetwork(leap: 0 | 1 | 2, taiOffsetSeconds: number | undefined): void {
    this.networkLeap = leap;
    this.networkTai = taiOffsetSeconds;
  }

  /** The state at a served time, Unix ns. */
  state(nowNs: bigint): LeapState {
    const now = nowNs / SECOND;
    const endOfDay = (now / DAY + 1n) * DAY;
    const expires = this.table?.expiresUnixSeconds;
    const fileExpiresNs = expires === undefined ? undefined : expires * SECOND;
    const notice = this.notice;
    const noticeAt = notice?.atNs === undefined ? undefined : notice.atNs / SECOND;
    const noticeArmed = notice !== undefined && notice.change !== 0 && noticeAt === endOfDay;
    const armOf = (change: number): 1 | 2 => (change > 0 ? 1 : 2);
    if (this.table !== undefined && expires !== undefined && now < expires) {
      if (expires - now < EXPIRY_WARNING_SECONDS) {
        this.once(
          'leap-file-expires',
          `the leap second file expires in ${(expires - now) / DAY} days; fetch a new leap-seconds.list`,
        );
      }
      const next = nextLeap(this.table, now);
      const armed = next !== undefined && next.atUnixSeconds === endOfDay ? armOf(next.change) : 0;
      if (notice !== undefined && noticeArmed !== (armed !== 0)) {
        this.once(
          'leap-disagreement',
          'the receiver and the leap second file disagree about a leap second today; the file decides',
        );
      }
      return {
        armed,
        taiOffsetSeconds: taiOffsetAt(this.table, now),
        nextAtNs: next === undefined ? undefined : next.atUnixSeconds * SECOND,
        nextChange: next?.change ?? 0,
        fileExpiresNs,
        from: 'file',
      };
    }
    if (this.table !== undefined) {
      this.once(
        'leap-file-expired',
        'the leap second file has expired and is not used; fetch a new leap-seconds.list',
      );
    }
    if (notice !== undefined) {
      // The notice's own offset is that before the leap it speaks of.
      const passed = noticeAt !== undefined && now >= noticeAt ? notice.change : 0;
      return {
        armed: noticeArmed ? armOf(notice.change) : 0,
        taiOffsetSeconds: notice.leapSeconds + TAI_MINUS_GPS_SECONDS + passed,
        nextAtNs: notice.change !== 0 && passed === 0 ? notice.atNs : undefined,
        nextChange: passed === 0 ? notice.change : 0,
        fileExpiresNs,
        from: 'receiver',
      };
    }
    // A network source's bits say "at the end of the current month"; arming waits for the day.
    const tomorrow = new Date(Number(endOfDay) * 1000);
    const armed = this.networkLeap !== 0 && tomorrow.getUTCDate() === 1 ? this.networkLeap : 0;
    return {
      armed,
      taiOffsetSeconds: this.networkTai,
      nextAtNs: armed === 0 ? undefined : endOfDay * SECOND,
      nextChange: armed === 0 ? 0 : armed === 1 ? 1 : -1,
      fileExpiresNs,
      from: armed === 0 ? 'none' : 'network',
    };
  }

  /**
   * TAI - UTC as it is told to others: since when it holds and until when that is known, Unix seconds. Only an unexpired
   * leap file knows these; undefined: nothing to tell.
   */
  offset(
    nowNs: bigint,
  ): { taiOffsetSeconds: number; sinceSeconds: bigint; untilSeconds: bigint } | undefined {
    const now = nowNs / SECOND;
    const untilSeconds = this.table?.expiresUnixSeconds;
    const entry = this.table?.entries.findLast(({ fromUnixSeconds }) => fromUnixSeconds <= now);
    if (entry === undefined || untilSeconds === undefined || now >= untilSeconds) return undefined;
    const { taiOffsetSeconds, fromUnixSeconds: sinceSeconds } = entry;
    return { taiOffsetSeconds, sinceSeconds, untilSeconds };
  }

  private once(event: LogEvent, text: string): void {
    if (this.said.has(event)) return;
    this.said.add(event);
    this.log.write('warning', event, text);
  }
}
