/**
 * One card that loses its power in the midst of `noonmark update`, or of what the next start does about that; of some cuts
 * the last MiB of unflushed writes is lost as well. Owns the card's starts, and what it was like after each; claims are the
 * test's.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { PARTITIONS } from '../../image/partitions.js';
import type { RandomStream } from '../../src/sim/random.js';
import { CutDisk } from '../appliance/cut-disk.js';
import { type CardMachine, copyCard } from '../appliance/machine.js';
import { configurationFor, Scene } from '../appliance/scene.js';
import { pause, soon } from '../appliance/steps.js';
import type { TestCard } from '../support/card.js';
import { within } from '../support/jobs.js';
import { printKnownState, putKnownState } from './known-state.js';
import { BAD, GOOD, installedNow, update, updateDisk } from './update.js';

/** Of one thing on a slow machine, s. */
const SECONDS = 500;
/** What the card says at a start after such a cut. */
const PUT_BACK = /noonmark: an update was cut off: noonmark \S+ is put back/;
const WHOLE = /noonmark: noonmark \S+ is whole again/;
const MENDED = /noonmark: the root file system is mended, and started from anew/;

interface Moment {
  readonly version: string;
  /** lines of dpkg's log and of the update, one after the other */
  readonly after: readonly RegExp[];
  /** so long after the last of them, s: what begins then takes longer */
  readonly delay: Delay;
}

interface Delay {
  readonly least: number;
  readonly most: number;
}

const UNPACKS = /status half-installed noonmark/;
/** By what is cut. */
const MOMENTS = {
  unpacking: { version: GOOD, after: [UNPACKS], delay: { least: 0, most: 4 } },
  'setting up': {
    version: GOOD,
    after: [new RegExp(`status unpacked noonmark:\\S+ ${GOOD}`)],
    delay: { least: 0, most: 10 },
  },
  trial: { version: GOOD, after: [/^it answers/], delay: { least: 0, most: 9 } },
  'roll-back': { version: BAD, after: [/ is put back$/, UNPACKS], delay: { least: 0, most: 4 } },
} as const satisfies Record<string, Moment>;
/** After PUT_BACK, as shares of the time from power to that: dpkg has begun, and is at its end after half of it. */
const PUTTING_BACK: Delay = { least: 0.1, most: 0.3 };
const A_FILE = '/usr/share/noonmark/ntp.conf';
const THE_PROGRAM = '/usr/lib/noonmark/dist/src/daemon/program.cjs';
const COMPLAIN = `dpkg --audit; dpkg --verify noonmark | grep -v ' c /etc/noonmark/ntp.conf$'; ls /state | grep mended`;

export interface Cut {
  /** "unpacking (card A, cut 1)" */
  readonly name: string;
  /** after the last line that was waited for */
  readonly seconds: number;
  readonly lostWrites: number;
}

/** A card after a cut, once its service is active and answers. */
export interface WholeStart {
  /** "after unpacking (card A, cut 1)" */
  readonly name: string;
  /** from power to the first answer */
  readonly answerSeconds: number;
  readonly installed: string;
  readonly isReadOnly: boolean;
  readonly isOver: boolean;
  /** what dpkg --audit and dpkg --verify complain of, and what init has left behind */
  readonly complaints: string;
  readonly failedUnits: string;
  /** see known-state.ts */
  readonly kept: string;
  readonly console: string;
  /** of init, in the journal */
  readonly journal: string;
}

export class UpdateChain {
  readonly cuts: Cut[] = [];
  readonly starts: WholeStart[] = [];
  /** console of each start that mended the root, and began anew */
  readonly mended: string[] = [];
  /** of the package that the card came with */
  before = '';
  readonly #name: string;
  readonly #card: TestCard;
  readonly #random: RandomStream;
  readonly #scene: Scene;
  readonly #cutDisk: CutDisk;
  readonly #packages: readonly string[];

  /** `packages`: of updateDisk(); undefined: they are made. */
  constructor(name: string, card: TestCard, random: RandomStream, packages?: readonly string[]) {
    this.#name = name;
    this.#card = card;
    this.#random = random;
    this.#scene = new Scene(name.toLowerCase());
    const { disk, folder, lan } = this.#scene;
    this.#cutDisk = new CutDisk(disk, folder);
    this.#packages = packages ?? updateDisk(folder);
    copyCard(card, disk, configurationFor(card, lan));
    putKnownState(disk, folder);
  }

  /** QEMU's options for the disk with the packages. */
  get packages(): readonly string[] {
    return this.#packages;
  }

  /** A start to a whole card, an update, and the cut in the midst of it. */
  async cutUpdate(what: keyof typeof MOMENTS, isLossy: boolean): Promise<void> {
    const { version, after, delay } = MOMENTS[what];
    const { machine } = await this.#start(isLossy);
    await new Promise<void>((resolve, reject) => {
      const waited = [...after];
      const hear = (line: string) => {
        if (waited[0]?.test(line) === true) waited.shift();
        if (waited.length === 0) resolve();
      };
      // That it came to its end instead is a failure; that QEMU did is the cut.
      update(machine, version, hear).then(
        ({ said }) => reject(new Error(`${what} of card ${this.#name} was not seen:\n${said}`)),
        reject,
      );
    });
    await this.#cut(machine, what, delay, isLossy);
  }

  /** A start after a cut, cut itself while it puts back what was there. */
  async cutStart(isLossy: boolean): Promise<void> {
    const { machine } = await this.#power(isLossy);
    const { least, most } = PUTTING_BACK;
    const scale = machine.seconds;
    await this.#cut(machine, 'putting back', { least: least * scale, most: most * scale }, isLossy);
    if (WHOLE.test(machine.qemu.console))
      throw new Error(`it was whole before the cut:\n${machine.qemu.console}`);
  }

  /** What a card that says too early that it has written may leave: a wrong count, and a program that is gone. */
  damageRoot(): void {
    // Its journal would write over it.
    spawnSync('e2fsck', ['-p', this.#root]);
    execFileSync('debugfs', ['-w', '-f', '-', this.#root], {
      input: `set_inode_field ${A_FILE} links_count 5\nrm ${THE_PROGRAM}\n`,
      stdio: 'pipe',
    });
  }

  /** The last start, to a whole card, and the plug is pulled. Answers what e2fsck says of the root file system then. */
  async end(): Promise<{ readonly exitCode: number; readonly said: string }> {
    const { machine } = await this.#start(false);
    await machine.powerCut();
    const { status, stdout, stderr } = spawnSync('e2fsck', ['-f', '-n', this.#root], { encoding: 'utf8' });
    return { exitCode: status ?? -1, said: `${stdout}${stderr}` };
  }

  close(): Promise<void> {
    return this.#scene.close();
  }

  /** The root file system, as e2fsprogs name a part of a file. */
  get #root(): string {
    return `${this.#scene.disk}?offset=${PARTITIONS[1].start}`;
  }

  /**
   * Power, until there is a shell or a package is put back; once more when that mends the root: a reset is QEMU's end.
   * `booted`: see CardMachine.boot().
   */
  async #power(isLossy: boolean): Promise<{ readonly machine: CardMachine; readonly booted: Promise<void> }> {
    const options = this.#packages;
    const writeLog = isLossy ? { writeLog: this.#cutDisk.record() } : {};
    const machine = this.#scene.power(this.#card, { options, ...writeLog });
    const { qemu } = machine;
    const booted = machine.boot(SECONDS);
    let isUp = false;
    booted.then(
      () => {
        isUp = true;
      },
      () => undefined,
    );
    const step = () => {
      if (MENDED.test(qemu.console)) return 'mended';
      return isUp || PUT_BACK.test(qemu.console) ? 'goes on' : undefined;
    };
    if ((await soon('a start', SECONDS, step, () => qemu.console)) === 'goes on') return { machine, booted };
    await within(SECONDS, () => `it did not end:\n${qemu.console}`, qemu.ended);
    await machine.powerCut();
    this.mended.push(qemu.console);
    return this.#power(isLossy);
  }

  /** A start until the service answers; what it is like is kept, but of the first. */
  async #start(isLossy: boolean): Promise<{ readonly machine: CardMachine }> {
    const { looks } = this.#scene;
    const from = looks.all().length;
    const { machine, booted } = await this.#power(isLossy);
    await booted;
    const seen = () => machine.ask('systemctl list-jobs; journalctl -b -o short-monotonic -n 60 --no-pager');
    const answered = () =>
      looks
        .all()
        .slice(from)
        .some((look) => look !== undefined) || undefined;
    await soon('an answer', SECONDS, answered, seen);
    const answerSeconds = machine.seconds;
    await machine.until('active', 'systemctl is-active noonmarkd', (text) => text === 'active', SECONDS);
    const now = await installedNow(machine);
    if (this.cuts.length === 0) this.before = now.installed;
    else
      this.starts.push({
        name: `after ${this.cuts.at(-1)?.name}`,
        answerSeconds,
        ...now,
        complaints: (await machine.run(COMPLAIN, SECONDS)).lines.join('\n'),
        failedUnits: await machine.ask('systemctl --failed --no-legend --plain'),
        kept: await machine.ask(printKnownState),
        console: machine.qemu.console,
        journal: await machine.ask('journalctl -b -o cat --no-pager -u noonmark-card'),
      });
    return { machine };
  }

  async #cut(machine: CardMachine, what: string, { least, most }: Delay, isLossy: boolean): Promise<void> {
    const seconds = least + (most - least) * this.#random.uniform();
    await pause(seconds);
    if (isLossy) await this.#cutDisk.holdMidWrite(machine.qemu, most / 3);
    await machine.powerCut();
    const lostWrites = isLossy ? this.#cutDisk.loseNewest() : 0;
    const name = `${what} (card ${this.#name}, cut ${this.cuts.length + 1})`;
    this.cuts.push({ name, seconds, lostWrites });
  }
}
