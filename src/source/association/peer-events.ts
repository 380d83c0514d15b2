/**
 * Peer events: codes for mode 6 and a log line for each.
 * Source: RFC 9327 §3 (peer status word), ntpd 4.2.8's decode.html (codes).
 */
import type { Log, LogLevel } from '../../ports/log.js';

const EVENTS = {
  mobilised: { code: 1, level: 'info', log: 'source-mobilised' },
  demobilised: { code: 2, level: 'info', log: 'source-demobilised' },
  unreachable: { code: 3, level: 'notice', log: 'source-unreachable' },
  reachable: { code: 4, level: 'notice', log: 'source-reachable' },
  restart: { code: 5, level: 'info', log: 'source-restarted' },
  noReply: { code: 6, level: 'debug', log: 'source-no-reply' },
  rateExceeded: { code: 7, level: 'warning', log: 'source-rate-exceeded' },
  denied: { code: 8, level: 'warning', log: 'source-denied' },
  badAuthentication: { code: 12, level: 'warning', log: 'source-bad-authentication' },
  popcorn: { code: 13, level: 'debug', log: 'source-spike' },
} as const satisfies Record<string, { code: number; level: LogLevel; log: string }>;

export type PeerEvent = keyof typeof EVENTS;

export class PeerEvents {
  last = 0;
  /** 0 .. 15 */
  count = 0;
  #lastSaid = '';

  constructor(private readonly log: Log) {}

  /** The same line twice in a row is said once. */
  report(event: PeerEvent, text: string): void {
    const { code, level, log } = EVENTS[event];
    this.last = code;
    this.count = Math.min(15, this.count + 1);
    if (text === this.#lastSaid) return;
    this.#lastSaid = text;
    this.log.write(level, log, text);
  }
}
