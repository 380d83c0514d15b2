/** kill -9 of the card's daemon, and what comes after: silence, an answer of the new one, a lock. Owns the limits for it. */
import { assert } from '../support/suite.js';
import { isSynchronised, type Look, type Looks } from './looks.js';
import type { CardMachine } from './machine.js';
import { soon } from './steps.js';

/** A new daemon is begun after so long ... */
export const RESTART_SECONDS = 2;
/** ... and answers after so long at most, and has its lock again, on a machine that has the card's shell up within QUICK_SHELL_SECONDS of power. */
export const SERVE_AGAIN_SECONDS = 15;
const LOCK_AGAIN_SECONDS = 30;
const QUICK_SHELL_SECONDS = 20;

export class DaemonKill {
  readonly #machine: CardMachine;
  readonly #looks: Looks;
  readonly #seen: () => Promise<string>;
  readonly #looked: number;
  /** this machine's clock, Unix ns */
  readonly #atNs: bigint;
  /** of the card, s */
  readonly #uptime: number;

  /** `seen`: for failure texts. */
  static async now(machine: CardMachine, looks: Looks, seen: () => Promise<string>): Promise<DaemonKill> {
    const pid = await machine.ask('systemctl show -P MainPID noonmarkd');
    const atNs = BigInt(Date.now()) * 1_000_000n;
    const [uptime] = (await machine.ask(`cut -d ' ' -f 1 /proc/uptime; kill -KILL ${pid}`)).split('\n');
    return new DaemonKill(machine, looks, seen, atNs, Number(uptime));
  }

  private constructor(
    machine: CardMachine,
    looks: Looks,
    seen: () => Promise<string>,
    atNs: bigint,
    uptime: number,
  ) {
    this.#machine = machine;
    this.#looks = looks;
    this.#seen = seen;
    this.#looked = looks.all().length;
    this.#atNs = atNs;
    this.#uptime = uptime;
  }

  /** After how long a new daemon answered, s: within the limit. Nothing is asked of the card until then: that costs it time. */
  async serveSeconds(): Promise<number> {
    const again = await soon('an answer of the new daemon', 120, () => this.#after()[0], this.#seen);
    return this.#within(SERVE_AGAIN_SECONDS, 'an answer', again);
  }

  /** After how long it was stratum 1 again, s: within the limit. */
  async lockSeconds(): Promise<number> {
    const lock = await soon('a lock', 120, () => this.#after().find(isSynchronised), this.#seen);
    return this.#within(LOCK_AGAIN_SECONDS, 'a lock', lock);
  }

  /** After how long systemd had started the new one, s: within the limit. `restarts`: how many there were by then. */
  async restartSeconds(restarts: number): Promise<number> {
    const lines = await soon(
      'systemd’s word for it',
      60,
      async () => {
        const { lines } = await this.#machine.run(
          'systemctl show -P NRestarts -P ExecMainStartTimestampMonotonic -P ActiveState noonmarkd',
        );
        return lines.includes(String(restarts)) && lines.includes('active') ? lines : undefined;
      },
      this.#seen,
    );
    const seconds = Number(lines.find((line) => /^\d{6,}$/.test(line))) / 1e6 - this.#uptime;
    assert.ok(seconds < RESTART_SECONDS, `a new one after ${seconds} s`);
    return seconds;
  }

  /** Looks since the silence. */
  #after(): readonly Look[] {
    const since = this.#looks.all().slice(this.#looked);
    const silent = since.lastIndexOf(undefined);
    return silent < 0 ? [] : since.slice(silent + 1).filter((look) => look !== undefined);
  }

  async #within(limit: number, what: string, { atNs }: Look): Promise<number> {
    const seconds = Number(atNs - this.#atNs) / 1e9;
    const allowed = limit * Math.max(1, this.#machine.shellSeconds / QUICK_SHELL_SECONDS);
    if (seconds <= 0 || seconds >= allowed)
      assert.unreachable(`${what} after ${seconds} s, ${allowed} s were allowed\n${await this.#seen()}`);
    return seconds;
  }
}
