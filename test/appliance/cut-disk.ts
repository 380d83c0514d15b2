/**
 * A card's disk from power to power cut, which may take the newest writes that no flush had confirmed. Owns the copy from
 * before, and QEMU's record of writes.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './steps.js';
import { GrowingRecord, replay } from './write-log.js';

const LOST_BYTES = 1 << 20;
/** How often the record is looked at, s. */
const LOOK = 0.005;

/** A machine that can be held still. */
interface Still {
  hold(): void;
  release(): void;
}

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

  /**
   * Holds that machine still while writes of its are on their way that no flush has confirmed. Answers after so long at most,
   * s: false, and it runs on, when there were none.
   */
  async holdMidWrite(machine: Still, seconds: number): Promise<boolean> {
    const record = new GrowingRecord(this.#record);
    try {
      for (let left = seconds; left > 0; left -= LOOK) {
        if (record.unconfirmed() > 0) {
          machine.hold();
          // What it had begun comes to its end, be it a flush.
          await pause(LOOK);
          if (record.unconfirmed() > 0) return true;
          machine.release();
        }
        await pause(LOOK);
      }
      return false;
    } finally {
      record.close();
    }
  }

  /** When that machine is gone: the newest MiB of what was not confirmed never was. Answers how many writes are lost. */
  loseNewest(): number {
    const { lost } = replay(this.#record, this.#before, LOST_BYTES);
    execFileSync('mv', [this.#before, this.#disk]);
    rmSync(this.#record);
    return lost;
  }
}
