/**
 * A stage for failures of Autokey between real daemons: one server and one client of a group in a lab of their own, whose
 * key folders and configurations a scene may spoil and mend; and a witness of what the client believed meanwhile.
 * Owns the proof: each time sample that the client used (rawstats) against the flags its association had then.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noonmarkKeygen } from './keygen.js';
import { Lab } from './namespace.js';
import type { Files } from './peers.js';
import { type AutokeyDaemon, type AutokeyView, type Side, startAutokey, viewOf } from './peers-autokey.js';
import { GROUP, type KeySet, PASSWORD } from './peers-autokey-keys.js';
import { isComplete, isFollowed } from './peers-autokey-matrix.js';

/** CERT, VRFY, PROV and COOK: without them no time may be used. */
const BELIEVED = 0x0f00;
const EVERY_SECONDS = 1;
const UNIX_DAY = 40_587;

/** Seconds since 1970, as rawstats tells them. */
const wall = (): number => (performance.timeOrigin + performance.now()) / 1000;
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

interface Look {
  readonly at: number;
  readonly view: AutokeyView | undefined;
}

export interface Told {
  /** how the client's association stood when the failure had lasted */
  readonly flags: string;
  /** what the client or server said of it */
  readonly said: string;
}

export class Stage {
  readonly lab: Lab;
  readonly serverHost;
  readonly clientHost;
  readonly folders: { readonly server: string; readonly client: string };
  server: AutokeyDaemon | undefined;
  client: AutokeyDaemon | undefined;
  clientSide: Side = 'noonmark';
  serverSide: Side = 'noonmark';
  readonly #looks: Look[] = [];
  readonly #files: Files;
  readonly #statistics: string;
  readonly #states: string;
  #isOver = false;
  #watching: Promise<void> | undefined;

  constructor(serial: number, files: Files) {
    this.#files = files;
    this.lab = new Lab(`f${serial}`);
    this.serverHost = this.lab.host('a');
    this.clientHost = this.lab.host('b');
    const root = files.path(`stage-${serial}`);
    this.folders = { server: join(root, 'server'), client: join(root, 'client') };
    this.#statistics = join(root, 'statistics');
    this.#states = join(root, 'states');
    for (const folder of [root, this.#statistics, this.#states]) mkdirSync(folder, { recursive: true });
  }

  /** Copies of the group's folders: links stay links. */
  async take(set: KeySet): Promise<void> {
    const client = await set.folder('beta', 'noonmark', { trusted: false, answers: false });
    cpSync(await set.founder(), this.folders.server, { recursive: true, verbatimSymlinks: true });
    cpSync(client, this.folders.client, { recursive: true, verbatimSymlinks: true });
  }

  keygen(which: 'server' | 'client', ...args: readonly string[]): Promise<string> {
    const name = which === 'server' ? 'alpha' : 'beta';
    return noonmarkKeygen(this.folders[which], ...args, '-s', name, '-p', PASSWORD);
  }

  async startServer(
    words: {
      readonly lines?: readonly string[];
      readonly ownClock?: boolean;
      readonly ident?: string;
      readonly words?: string;
    } = {},
  ): Promise<void> {
    this.server = await startAutokey({
      ...{ side: this.serverSide, host: this.serverHost, files: this.#files, name: 'alpha' },
      ...{ keysDirectory: this.folders.server, ident: words.ident ?? GROUP, words: words.words ?? '' },
      ...{ ownClock: words.ownClock ?? true },
      lines: [
        ...(words.lines ?? []),
        ...(this.serverSide === 'noonmark' ? [`statedir ${this.#states}/server`] : []),
      ],
    });
  }

  async startClient(
    words: {
      readonly ident?: string;
      readonly own?: string;
      readonly words?: string;
      readonly name?: string;
      readonly lines?: readonly string[];
    } = {},
  ): Promise<void> {
    this.client = await startAutokey({
      ...{ side: this.clientSide, host: this.clientHost, files: this.#files, name: words.name ?? 'beta' },
      ...{ keysDirectory: this.folders.client, ident: words.own ?? GROUP, words: words.words ?? '' },
      ownClock: false,
      lines: [
        `server ${this.serverHost.ipv4} autokey iburst minpoll 3 maxpoll 3 ident ${words.ident ?? GROUP}`,
        ...['statistics rawstats cryptostats', `statsdir ${this.#statistics}/`],
        ...(this.clientSide === 'noonmark' ? [`statedir ${this.#states}/client`] : []),
        ...(words.lines ?? []),
      ],
    });
    this.#watching ??= this.#watch();
  }

  /** The server's saved state, the cookie secret with it, is lost. */
  loseServerState(): void {
    rmSync(join(this.#states, 'server'), { recursive: true, force: true });
  }

  async restart(which: 'server' | 'client', words: object = {}): Promise<void> {
    await this[which]?.program.stop();
    if (which === 'server') await this.startServer(words);
    else await this.startClient(words);
  }

  reload(which: 'server' | 'client'): void {
    const pid = this[which]?.program.pid;
    if (pid !== undefined) process.kill(pid, 'SIGHUP');
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const { client } = this;
      if (client !== undefined && client.program.ended() === undefined) {
        const at = wall();
        const view = await viewOf(client, this.serverHost.ipv4);
        this.#looks.push({ at, view });
      }
      await pause(EVERY_SECONDS);
    }
  }

  /** The client's association now. */
  get view(): AutokeyView | undefined {
    return this.#looks.at(-1)?.view;
  }

  /** Waits until the client uses the server's time with a complete dance; throws after so many seconds. */
  async flowing(seconds: number): Promise<void> {
    await this.until('time flows', seconds, (view) => isComplete(view?.flags) && isFollowed(view));
  }

  async until(
    what: string,
    seconds: number,
    wanted: (view: AutokeyView | undefined) => boolean,
  ): Promise<void> {
    const from = wall();
    while (wall() - from < seconds) {
      const last = this.#looks.at(-1);
      if (last !== undefined && last.at >= from && wanted(last.view)) return;
      await pause(EVERY_SECONDS / 4);
    }
    throw new Error(
      `${what}: not within ${seconds} s; ${JSON.stringify(this.view)}\n${this.client?.program.report()}\n${this.server?.program.report()}`,
    );
  }

  /** The client's last words about Autokey, without time and level. */
  said(which: 'client' | 'server', pattern: RegExp = /autokey|Autokey|crypto/): string {
    const lines = this[which]?.program.output().split('\n') ?? [];
    const line = lines.findLast((one) => pattern.test(one) && !/^\d\d:\d\d:\d\d/.test(one)) ?? '';
    return line.replace(/^\S+ (?=\w)/, '').trim();
  }

  /** Seconds from `from` to the first time sample used after it; undefined: none. Statistics are on disk after finish(). */
  flowedAfter(from: number): number | undefined {
    const at = this.#samples().find((sample) => sample >= from);
    return at === undefined ? undefined : at - from;
  }

  now(): number {
    return wall();
  }

  /** Time samples used while the association was not believed, before or after it was looked at; with the flags. */
  unbelieved(): readonly string[] {
    return this.#samples().flatMap((sample) => {
      const before = this.#looks.findLast(({ at }) => at <= sample);
      const after = this.#looks.find(({ at }) => at > sample);
      const isBelieved = [before, after].some((look) => ((look?.view?.flags ?? 0) & BELIEVED) === BELIEVED);
      return isBelieved || after === undefined
        ? []
        : [`a sample at ${sample}: ${JSON.stringify([before, after])}`];
    });
  }

  get samples(): number {
    return this.#samples().length;
  }

  #samples(): readonly number[] {
    if (!existsSync(this.#statistics)) return [];
    return readdirSync(this.#statistics)
      .filter((name) => /^rawstats\.?\d*/.test(name))
      .flatMap((name) => readFileSync(join(this.#statistics, name), 'latin1').split('\n'))
      .flatMap((line) => {
        const [day, second] = line.split(' ');
        return second === undefined ? [] : [(Number(day) - UNIX_DAY) * 86_400 + Number(second)];
      })
      .toSorted((a, b) => a - b)
      .filter((sample, i, all) => sample !== all[i - 1]);
  }

  /** Ends the daemons, so that all is on disk. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
    await Promise.all([this.client?.program.stop(), this.server?.program.stop()]);
    this.lab.close();
  }
}
