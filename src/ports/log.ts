/**
 * Log events: a stable name, a sentence for a person, and never a secret.
 * Names are listed in log-events.ts.
 */
import type { LogEvent } from './log-events.js';

export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

export interface Log {
  /** `event`: stable kebab-case name, e.g. 'gps-week-rollover'. `text`: one line for a person, with the remedy if there is one. */
  write(level: LogLevel, event: LogEvent, text: string): void;
}

export const silentLog: Log = { write() {} };
