/**
 * Writes log events: to the journal (priority prefix, no time) when systemd listens, to a file when configured,
 * else to standard error with the served time. Owns the format, not the events.
 */
import { appendFileSync } from 'node:fs';
import type { Log, LogLevel } from '../ports/log.js';
import type { LogEvent } from '../ports/log-events.js';

const PRIORITY: Record<LogLevel, number> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

export interface LoggerOptions {
  /** served time, Unix ns */
  readonly nowNs: () => bigint;
  /** least important level that is written */
  readonly level: LogLevel;
  /** undefined: standard error */
  readonly file?: string | undefined;
  /** the journal reads standard error, see isJournal() */
  readonly journal: boolean;
  readonly writeError?: ((text: string) => void) | undefined;
}

/**
 * Does standard error go to the journal? `variable`: JOURNAL_STREAM, "device:inode" (systemd.exec(5)); it is inherited by
 * everything a service starts, terminals of a desktop among them, so it has to be compared with the stream's own.
 * `stream`: fstat with bigint, which matters: node (20) takes a pipe or socket that was looked at with numbers for the
 * next path it resolves, and then loads modules behind symbolic links twice.
 */
export const isJournal = (
  variable: string | undefined,
  stream: { readonly dev: bigint; readonly ino: bigint },
): boolean => variable === `${stream.dev}:${stream.ino}`;

/**
 * Within this time a line that repeats the last one of its event is counted, not written again; so is a line that was
 * written MOST times. What alternates (this source, that source, this one again) is written: the last line must be true.
 */
const REPEAT_NS = 60_000_000_000n;
const MOST = 10;

export class Logger implements Log {
  private readonly recent = new Map<string, { sinceNs: bigint; written: number; suppressed: number }>();
  private readonly latest = new Map<LogEvent, string>();
  private fileFailed = false;

  constructor(private options: LoggerOptions) {}

  /** New level or file, e.g. after a reload. */
  configure(change: Partial<LoggerOptions>): void {
    this.options = { ...this.options, ...change };
    this.fileFailed = false;
  }

  write(level: LogLevel, event: LogEvent, text: string): void {
    if (PRIORITY[level] > PRIORITY[this.options.level]) return;
    const now = this.options.nowNs();
    const key = `${event} ${text}`;
    const last = this.recent.get(key);
    const recent = last !== undefined && now - last.sinceNs < REPEAT_NS && now >= last.sinceNs;
    if (recent && (this.latest.get(event) === text || last.written >= MOST)) {
      last.suppressed += 1;
      return;
    }
    if (this.recent.size > 200) this.recent.clear();
    this.latest.set(event, text);
    this.recent.set(key, {
      sinceNs: recent ? last.sinceNs : now,
      written: recent ? last.written + 1 : 1,
      suppressed: 0,
    });
    const again =
      last !== undefined && last.suppressed > 0 ? ` (and ${last.suppressed} times since the last line)` : '';
    this.emit(level, event, `${printable(text)}${again}`, now);
  }

  private emit(level: LogLevel, event: LogEvent, text: string, now: bigint): void {
    const { file, journal, writeError = (line: string) => process.stderr.write(line) } = this.options;
    const line = `${isoTime(now)} ${level} ${event}: ${text}\n`;
    if (file !== undefined && !this.fileFailed) {
      try {
        appendFileSync(file, line);
        return;
      } catch (error) {
        this.fileFailed = true;
        writeError(
          `${isoTime(now)} error log-file: cannot write ${file} (${String(error)}); writing here instead\n`,
        );
      }
    }
    writeError(journal ? `<${PRIORITY[level]}>${event}: ${text}\n` : line);
  }
}

/** A log line stays a line, whatever a packet or a receiver brought. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?').slice(0, 2000);
}

/** 2026-11-23T05:00:00.123Z; the raw number when it is out of Date's range. */
export function isoTime(unixNs: bigint): string {
  const ms = Number(unixNs / 1_000_000n);
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${unixNs} ns`;
}
