/**
 * A card's disk from power to power cut, which may take the newest writes that no flush had confirmed. Owns the copy from
 * before, and QEMU's record of writes.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { replay } from './write-log.js';

const LOST_BYTES = 1 << 20;

export class CutDisk {
  readonly #disk: string;
  readonly #before: string;
  readonly #record: string;

  /** `folder`: for what is as large as the disk. */
  constructor(disk: string, folder: string) {
    this.#disk = disk;
    this.#before = join(folder, 'before.img');
    this.#record = join(folder, 'writes');
  }

  /** Before power is given to a machine that is to lose writes: where it records them (CardMachineOptions.writeLog). */
  record(): string {
    execFileSync('cp', ['--sparse=always', this.#disk, this.#before]);
    execFileSync('truncate', ['-s', '0', this.#record]);
    return this.#record;
  }

  /** When that machine is gone: the newest MiB of what was not confirmed never was. Answers how many writes are lost. */
  loseNewest(): number {
    const { lost } = replay(this.#record, this.#before, LOST_BYTES);
    execFileSync('mv', [this.#before, this.#disk]);
    rmSync(this.#record);
    return lost;
  }
}
