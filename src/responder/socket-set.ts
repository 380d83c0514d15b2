/**
 * The sockets main holds for the responder's thread: opened and closed so that they follow the plan (addresses.ts).
 * A socket is closed only after the thread has said that it no longer uses it: descriptor numbers are used again.
 * A socket that cannot be opened is reported once and tried again at each turn.
 */
import { explain, NoonmarkError } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { SocketHandle } from '../ports/packet-batch.js';
import type { SocketPlan } from './addresses.js';
import type { ServedSocket } from './messages.js';

export interface SocketOpener {
  /** Throws NoonmarkError. */
  openSocket(plan: SocketPlan, port: number): SocketHandle;
  closeSocket(handle: SocketHandle): void;
}

export interface OpenSocket {
  readonly plan: SocketPlan;
  readonly handle: SocketHandle;
}

export interface SocketFailure {
  readonly plan: SocketPlan;
  readonly error: NoonmarkError;
}

/** One poll() looks at them all. */
const MOST_SOCKETS = 500;

export class SocketSet {
  readonly #opener: SocketOpener;
  readonly #log: Log;
  readonly #port: number;
  readonly #tell: (serial: number, sockets: readonly ServedSocket[]) => void;
  readonly #open = new Map<string, OpenSocket>();
  readonly #failures = new Map<string, SocketFailure>();
  /** taken out of the thread's set by the command of that serial, and not yet closed */
  readonly #leaving = new Map<number, readonly OpenSocket[]>();
  #serial = 0;
  /** of the latest command that the thread has obeyed; 0: it has none yet */
  #applied = 0;
  #wanted: readonly SocketPlan[] = [];

  /** `tell`: sends the thread its sockets; its answer comes back by applied(). */
  constructor(
    opener: SocketOpener,
    log: Log,
    port: number,
    tell: (serial: number, sockets: readonly ServedSocket[]) => void,
  ) {
    this.#opener = opener;
    this.#log = log;
    this.#port = port;
    this.#tell = tell;
  }

  get open(): readonly OpenSocket[] {
    return [...this.#open.values()];
  }
  get failures(): readonly SocketFailure[] {
    return [...this.#failures.values()];
  }

  /** The thread has sockets to look at. */
  get inUse(): boolean {
    return this.#applied > 0 && this.#open.size > 0;
  }

  /** Follows a new plan. What must go goes first: a wildcard and a single address exclude each other. */
  follow(plans: readonly SocketPlan[]): void {
    this.#wanted = plans;
    const keys = new Set(plans.map(({ key }) => key));
    for (const key of this.#failures.keys()) if (!keys.has(key)) this.#failures.delete(key);
    const gone = [...this.#open.values()].filter(({ plan }) => !keys.has(plan.key));
    for (const { plan } of gone) {
      this.#open.delete(plan.key);
      this.#log.write('info', 'socket-closed', `no longer serving ${nameOf(plan, this.#port)}`);
    }
    const waits = gone.length > 0 || this.#leaving.size > 0;
    const added = waits ? 0 : this.#openMissing();
    if (gone.length > 0) this.#leaving.set(this.#serial + 1, gone);
    if (gone.length > 0 || added > 0) this.tellAgain();
  }

  /** Sends the thread the sockets it is to use; also after it was started anew. */
  tellAgain(): void {
    this.#serial += 1;
    this.#tell(
      this.#serial,
      this.open.map(({ plan, handle }) => ({ handle, drop: plan.drop })),
    );
  }

  /** The thread uses the sockets of that command now: those that left before it can be closed. */
  applied(serial: number): void {
    this.#applied = serial;
    let closed = false;
    for (const [at, sockets] of this.#leaving) {
      if (at > serial) continue;
      for (const { handle } of sockets) this.#opener.closeSocket(handle);
      this.#leaving.delete(at);
      closed = true;
    }
    if (closed && this.#leaving.size === 0) this.follow(this.#wanted);
  }

  /** The thread has ended: nothing is in use. */
  threadEnded(): void {
    this.#applied = 0;
    for (const sockets of this.#leaving.values())
      for (const { handle } of sockets) this.#opener.closeSocket(handle);
    this.#leaving.clear();
  }

  closeAll(): void {
    this.threadEnded();
    for (const { handle } of this.#open.values()) this.#opener.closeSocket(handle);
    this.#open.clear();
  }

  #openMissing(): number {
    let added = 0;
    for (const plan of this.#wanted) {
      if (this.#open.has(plan.key)) continue;
      if (this.#open.size >= MOST_SOCKETS) {
        this.#failed(plan, tooMany);
        return added;
      }
      try {
        this.#open.set(plan.key, { plan, handle: this.#opener.openSocket(plan, this.#port) });
        this.#failures.delete(plan.key);
        added += 1;
        this.#log.write('info', 'socket-open', `serving ${nameOf(plan, this.#port)}`);
      } catch (error) {
        this.#failed(plan, error);
      }
    }
    return added;
  }

  #failed(plan: SocketPlan, cause: unknown): void {
    const error =
      cause instanceof NoonmarkError
        ? cause
        : new NoonmarkError('ERR_SYSCALL', explain(cause), 'report this', { cause });
    if (this.#failures.get(plan.key)?.error.message === error.message) return;
    this.#failures.set(plan.key, { plan, error });
    // A kernel without IPv6 is no mistake of anybody's.
    const level = error.code === 'ERR_UNSUPPORTED' ? 'info' : 'error';
    this.#log.write(level, 'socket-failed', explain(error));
  }
}

const tooMany = new NoonmarkError(
  'ERR_ADDRESS',
  `this machine has more than ${MOST_SOCKETS} addresses to serve one by one`,
  'serve them by one wildcard socket: no `interface` lines, or `interface listen all`',
);

const nameOf = ({ family, address, device, drop }: SocketPlan, port: number): string => {
  const where = address === undefined ? `every IPv${family} address` : `${address} (${device})`;
  return `${where}, UDP port ${port}${drop ? ' (dropping what comes in)' : ''}`;
};
