/**
 * What the subcommands of keygen work with: the directory, the clock, the machine's randomness, and a line that shows
 * progress. Owns one run from words to written files and what is said of it.
 */
import { resolve } from 'node:path';
import { realtimeStampClock } from '../../../drivers/linux/clock.js';
import { type KeyFolder, openKeyFolder } from '../../autokey/files/folder.js';
import { type Existing, type Made, makeKeys } from '../../autokey/keygen/make.js';
import type { NewFile } from '../../autokey/keygen/new-file.js';
import { opensslSource } from '../../autokey/keygen/openssl-source.js';
import { type KeygenWords, requestOf } from '../../autokey/keygen/request.js';
import { surveyFolder } from '../../autokey/keygen/survey.js';
import { writeKeyFiles } from '../../autokey/keygen/write-files.js';
import { systemRandom } from '../../daemon/system-random.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../units/time.js';
import type { CommandIo } from '../command.js';
import type { KeygenArguments } from './arguments.js';

const TICK_MS = 2000;
/** Where no line can be drawn over, one in so many ticks is printed. */
const QUIET_TICKS = 5;

/** Seconds since 1900, of the machine's clock. */
export function nowSeconds(): number {
  const clock = realtimeStampClock();
  clock.read();
  return clock.seconds + Number(NTP_UNIX_OFFSET_SECONDS);
}

export class Workbench {
  readonly random = systemRandom;
  readonly now = nowSeconds();
  readonly directory: string;
  constructor(
    readonly line: KeygenArguments,
    readonly io: CommandIo,
  ) {
    this.directory = resolve(line.directory);
  }

  /** As it is now: looked at anew each time. */
  folder(): KeyFolder {
    return openKeyFolder(this.directory);
  }

  /**
   * Makes what the words ask for, with `extra` files, writes it and tells. `existing`: changes to what is found in the
   * directory.
   */
  async make(
    words: KeygenWords,
    extra: readonly NewFile[] = [],
    existing: Partial<Existing> = {},
  ): Promise<Made> {
    const request = requestOf(words);
    const found = surveyFolder(this.folder(), request.hostName, request.password, request.newHost);
    const made = await makeKeys(
      request,
      { ...found, ...existing },
      {
        source: opensslSource(this.random),
        nowSeconds: this.now,
        progress: (what, work) => this.progress(what, work),
      },
    );
    this.write([...extra, ...made.files]);
    for (const note of made.notes) this.io.err(`${note}\n`);
    if (!this.line.hasPassword)
      this.io.err("warning: without -p the password is this machine's name, as with ntp-keygen: no secret\n");
    return made;
  }

  /** Writes files and says which; nothing that is in them. */
  write(files: readonly NewFile[]): void {
    writeKeyFiles(this.directory, files);
    for (const { name, links } of files)
      this.io.err(links.length === 0 ? `${name}\n` : links.map((link) => `${link}->${name}\n`).join(''));
  }

  /** Shows after two seconds that something is under way. */
  async progress<T>(what: string, work: Promise<T>): Promise<T> {
    const { io } = this;
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
      const text = `making ${what} … ${(ticks * TICK_MS) / 1000} s`;
      if (io.isTerminal) io.err(`\r${text}`);
      else if (ticks % QUIET_TICKS === 1) io.err(`${text}\n`);
    }, TICK_MS);
    try {
      return await work;
    } finally {
      clearInterval(timer);
      if (ticks > 0 && io.isTerminal) io.err('\n');
    }
  }
}
