/**
 * Keeps the leap second file: reads it at the start and again when it changes, and says what is wrong with it.
 */
import { readFileSync, statSync } from 'node:fs';
import type { LeapKeeper } from '../discipline/leap.js';
import { parseLeapFile } from '../discipline/leap-file.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';

/** The real one has 5 kB; a log named by mistake is not read. */
const LARGEST_BYTES = 1 << 20;

export class LeapSource {
  private seen = '';

  constructor(
    private readonly keeper: LeapKeeper,
    private readonly log: Log,
  ) {}

  /** To be called at the start, on reload and about hourly. `checkHash`: a file with a wrong hash is refused. */
  refresh(path: string | undefined, checkHash: boolean): void {
    if (path === undefined) {
      this.seen = '';
      this.keeper.setTable(undefined);
      return;
    }
    try {
      const { mtimeMs, size } = statSync(path);
      const now = `${path} ${mtimeMs} ${size}`;
      if (now === this.seen) return;
      this.seen = now;
      const text = size > LARGEST_BYTES ? '' : readFileSync(path, 'utf8');
      const result = parseLeapFile(text);
      if (!result.ok) {
        this.log.write(
          'error',
          'leap-file-bad',
          `${path}:${result.line}: ${result.message}; fetch a new leap-seconds.list`,
        );
      } else if (checkHash && result.table.hashMatches === false) {
        this.log.write(
          'error',
          'leap-file-bad',
          `${path}: its hash does not match its contents; fetch a new one, or write 'leapfile ${path} ignorehash'`,
        );
      } else {
        this.keeper.setTable(result.table);
        this.log.write('info', 'leap-file-read', `${path}: ${result.table.entries.length} entries`);
      }
    } catch (error) {
      this.log.write(
        'error',
        'leap-file-unreadable',
        `the leap second file cannot be read: ${explain(error)}`,
      );
    }
  }
}
