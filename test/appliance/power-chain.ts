/**
 * One card that loses its power again and again: QEMU is killed at random moments, in each second case when writes are on
 * their way, and the last MiB of those that no flush has confirmed is lost as well. Owns the card's starts and what was on its state partition after each; claims are the
 * test's.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONS } from '../../image/partitions.js';
import type { RandomStream } from '../../src/sim/random.js';
import type { TestCard } from '../support/card.js';
import { assert } from '../support/suite.js';
import { CutDisk } from './cut-disk.js';
import { isSynchronised } from './looks.js';
import { type CardMachine, copyCard } from './machine.js';
import { configurationFor, Scene } from './scene.js';
import { Sky } from './sky.js';
import { type CardState, readState } from './state-partition.js';
import { pause, soon } from './steps.js';
import { TimeScale } from './time-scale.js';

/**
 * early: somewhere in a start; later: keys in the making, or just made; at work: keys are whole, the time is right, and
 * statistics have been written for a while
 */
export type Moment = 'early' | 'later' | 'at work';

/** After power, s. */
const EARLY = { least: 5, most: 40 };
const LATER = { least: 40, most: 70 };
/** After the first statistics are on the card, s: they are older then than may be lost. */
const AT_WORK = { least: 80, most: 100 };
/** So long writes are waited for, s: a start may have none, and some come each few seconds where there is a WRITER. */
const WRITES = { early: 5, later: 60, 'at work': 60 } as const satisfies Record<Moment, number>;
/** Changes the state partition each second, and flushes nothing. */
const WRITER = '(while sleep 1; do date >> /state/changes; done) > /dev/null 2>&1 &';
const FAILED_UNITS = 'systemctl --failed --no-legend --plain';
export const STATISTICS = '/lib-noonmark/statistics';
/** Of one thing in a start of a card, on a slow machine, s. */
const START_SECONDS = 500;

export interface LiveStatistics {
  /** by file, with the path that it has on the state partition; empty: the card was not asked */
  readonly files: ReadonlyMap<string, string>;
  /** what the card's clock showed then, Unix s */
  readonly atSeconds: number;
}

export interface Cut {
  /** "early cut 3 of card A" */
  readonly name: string;
  readonly moment: Moment;
  /** the newest writes that were not confirmed are lost */
  readonly isLossy: boolean;
  readonly seconds: number;
  readonly lostWrites: number;
  readonly state: CardState;
  /** units that had failed just before; undefined: it was not asked */
  readonly failedUnits: string | undefined;
  /** statistics in the running card just before */
  readonly live: LiveStatistics;
  readonly console: string;
}

export class PowerChain {
  readonly cuts: Cut[] = [];
  readonly #name: string;
  readonly #card: TestCard;
  readonly #random: RandomStream;
  readonly #scene: Scene;
  readonly #cutDisk: CutDisk;
  readonly #scale = new TimeScale(0);

  constructor(name: string, card: TestCard, random: RandomStream) {
    this.#name = name;
    this.#card = card;
    this.#random = random;
    this.#scene = new Scene(name.toLowerCase());
    this.#cutDisk = new CutDisk(this.#scene.disk, this.#scene.folder);
    const configuration = configurationFor(card, this.#scene.lan).replace(
      /^#statsdir .*\n#statistics .*$/m,
      'statsdir /var/lib/noonmark/statistics/\nstatistics loopstats clockstats',
    );
    copyCard(card, this.#scene.disk, configuration);
  }

  /** One start after the other, each ended by force; it may not be seen whole until the next. */
  async lose(moments: readonly Moment[]): Promise<void> {
    for (const moment of moments) this.cuts.push(await this.#live(moment));
  }

  /**
   * One more start, to stratum 1 and whole keys, with no failed unit; then `look`, and the plug is pulled. Answers how long
   * it took to stratum 1, s.
   */
  async startWhole(look: (machine: CardMachine) => void): Promise<number> {
    const { machine, sky, from } = this.#power();
    await machine.boot();
    await this.#locked(machine, from);
    const lockSeconds = machine.seconds;
    const keys = 'systemctl is-active noonmark-keys';
    await machine.until('keys', keys, (text) => text !== 'activating', START_SECONDS);
    assert.is(await machine.ask(FAILED_UNITS), '');
    assert.match(await machine.ask('cat /etc/noonmark/authentication.conf | wc -l'), /^[5-9]$/);
    const snapshot = 'systemctl is-active noonmark-snapshot';
    await machine.until('a startup snapshot', snapshot, (text) => text === 'active', START_SECONDS);
    look(machine);
    sky.close();
    await machine.powerCut();
    return lockSeconds;
  }

  /** What is on the state partition now. */
  state(): CardState {
    return readState(this.#scene.disk, join(this.#scene.folder, 'look'));
  }

  /** The state partition becomes noise, as a card that dies leaves it. */
  loseStatePartition(): void {
    const { start, size } = PARTITIONS[2];
    const disk = openSync(this.#scene.disk, 'r+');
    writeSync(disk, randomBytes(size), 0, size, start);
    closeSync(disk);
  }

  close(): Promise<void> {
    return this.#scene.close();
  }

  async #live(moment: Moment): Promise<Cut> {
    const number = this.cuts.length + 1;
    const isLossy = number % 2 === 0;
    const { machine, sky, from } = this.#power(isLossy ? this.#cutDisk.record() : undefined);
    let live: LiveStatistics = { files: new Map(), atSeconds: 0 };
    let failedUnits: string | undefined;
    if (moment === 'at work') {
      await machine.boot();
      const keys = 'wc -c < /etc/noonmark/authentication.conf';
      await machine.until('keys', keys, (text) => Number(text) > 0, START_SECONDS);
      await this.#locked(machine, from);
      await soon('statistics', START_SECONDS, async () =>
        (await statisticsOf(machine)).files.size > 0 ? true : undefined,
      );
      await pause(this.#between(AT_WORK));
      live = await statisticsOf(machine);
      failedUnits = await machine.ask(FAILED_UNITS);
    } else if (moment === 'later') {
      const seconds = this.#between(LATER);
      await machine.boot();
      await pause(Math.max(0, seconds - machine.seconds));
      failedUnits = await machine.ask(FAILED_UNITS);
    } else {
      machine.boot().catch(() => undefined);
      await pause(this.#between(EARLY));
    }
    if (isLossy) {
      if (moment !== 'early') await machine.ask(WRITER);
      await this.#cutDisk.holdMidWrite(machine.qemu, WRITES[moment]);
    }
    const { seconds } = machine;
    sky.close();
    await machine.powerCut();
    const lostWrites = isLossy ? this.#cutDisk.loseNewest() : 0;
    const { console } = machine.qemu;
    const name = `${moment} cut ${number} of card ${this.#name}`;
    return { name, moment, isLossy, seconds, lostWrites, state: this.state(), failedUnits, live, console };
  }

  #between({ least, most }: { readonly least: number; readonly most: number }): number {
    return least + (most - least) * this.#random.uniform();
  }

  #power(writeLog?: string): { readonly machine: CardMachine; readonly sky: Sky; readonly from: number } {
    const from = this.#scene.looks.all().length;
    const machine = this.#scene.power(this.#card, writeLog === undefined ? {} : { writeLog });
    const sky = new Sky(machine, this.#scale);
    sky.hasFix = true;
    sky.startPulses();
    return { machine, sky, from };
  }

  async #locked(machine: CardMachine, from: number): Promise<void> {
    await soon(
      'stratum 1',
      START_SECONDS,
      () => this.#scene.looks.all().slice(from).some(isSynchronised) || undefined,
      () => machine.ask('journalctl -b -o short-monotonic -u noonmarkd --no-pager'),
    );
  }
}

async function statisticsOf(machine: CardMachine): Promise<LiveStatistics> {
  const { exitCode, lines } = await machine.run(
    'date +%s; cd /var/lib/noonmark/statistics && grep -H "" *',
    60,
  );
  const found = new Map<string, string>();
  // Else these are the words of a shell.
  if (exitCode !== 0) return { files: found, atSeconds: 0 };
  for (const line of lines) {
    const [, name, rest] = /^([\w.]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const path = `${STATISTICS}/${name}`;
    found.set(path, `${found.get(path) ?? ''}${rest}\n`);
  }
  return { files: found, atSeconds: Number(lines[0]) };
}
