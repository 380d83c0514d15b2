/**
 * The crypto thread as the main thread has it. Public-key work is done there (crypto-worker.ts), one job at a time, at the
 * lowest priority; idle time fills the pools. The thread starts when a job needs it, or the pools of keys once that is begun.
 * Time never waits for it (design rule 1): what does not fit the bounded queue is refused at once, as a value.
 * Owns life cycle and transport; what a job does is autokey/powers', who may ask and how often is autokey/budget's.
 */
import { Worker } from 'node:worker_threads';
import type { ServerState } from '../autokey/dance/server-desk.js';
import type {
  CryptoCommand,
  CryptoJob,
  CryptoKeys,
  CryptoNotice,
  CryptoResult,
  CryptoResults,
  CryptoThreadData,
  WorkshopStatus,
} from '../autokey/powers/jobs.js';
import { DEFAULT_POWERS_BUDGET, type PowersBudget } from '../autokey/powers/responder.js';
import { explain } from '../errors.js';

const HEAP_MEGABYTES = 48;
const YOUNG_MEGABYTES = 4;
const DEFAULT_CAPACITY = 64;
/** Filling 64 entries of 2048 bits on a Pi Zero then takes about half a minute. */
const DEFAULT_REFILL_SHARE = 0.25;

export interface CryptoThreadOptions {
  /** jobs asked and not done at most; default 64 */
  readonly capacity?: number;
  readonly budget?: PowersBudget;
  /** share of one core that filling pools may take; default 0.25 */
  readonly refillShare?: number;
  /** one line for the log: keys refused, the thread's end */
  readonly onProblem?: (message: string) => void;
}

export type CryptoOutcome<T> =
  | {
      readonly done: true;
      readonly result: T /** of the processor, not of waiting */;
      readonly seconds: number;
    }
  | { readonly done: false; readonly reason: 'busy' | 'stopped' | 'failed'; readonly message: string };

export interface CryptoThreadStatus {
  readonly isRunning: boolean;
  readonly waiting: number;
  readonly refused: number;
  readonly done: number;
  /** of work since the start */
  readonly busySeconds: number;
  /** as last heard; undefined: nothing yet */
  readonly workshop: WorkshopStatus | undefined;
}

type Settle = (outcome: CryptoOutcome<CryptoResult>) => void;

export class CryptoThread {
  readonly #options: CryptoThreadOptions;
  readonly #waiting = new Map<number, Settle>();
  #worker: Worker | undefined;
  #keys: CryptoKeys | undefined;
  #server: ServerState | undefined;
  #refillShare: number;
  #isStopped = false;
  #mayFill = false;
  #nextId = 1;
  #refused = 0;
  #done = 0;
  #busySeconds = 0;
  #workshop: WorkshopStatus | undefined;

  constructor(options: CryptoThreadOptions = {}) {
    this.#options = options;
    this.#refillShare = options.refillShare ?? DEFAULT_REFILL_SHARE;
  }

  /** Replaces all keys: tables are built anew, pools start empty. */
  setKeys(keys: CryptoKeys): void {
    this.#keys = keys;
    if (this.#worker !== undefined) this.#post({ type: 'keys', keys });
    else if (this.#mayFill) this.#startFilling();
  }

  /** Pools are filled from now on: what a start of the daemon has no time for. */
  fill(): void {
    if (this.#mayFill) return;
    this.#mayFill = true;
    this.#startFilling();
  }

  /** Share of one core that filling pools may take, from now on, in (0, 1]. */
  setRefillShare(share: number): void {
    this.#refillShare = share;
    this.#post({ type: 'refill-share', share });
  }

  /** What 'serve' answers from; starts no thread, the first request does. */
  setServer(state: ServerState | undefined): void {
    this.#server = state;
    this.#post({ type: 'server', state });
  }

  /** Asks for one job. Never rejects: what cannot be done says why. */
  run<K extends CryptoJob['kind']>(
    job: Extract<CryptoJob, { readonly kind: K }>,
  ): Promise<CryptoOutcome<CryptoResults[K]>> {
    if (this.#isStopped)
      return Promise.resolve({ done: false, reason: 'stopped', message: 'the crypto thread is stopped' });
    if (this.#waiting.size >= (this.#options.capacity ?? DEFAULT_CAPACITY)) {
      this.#refused += 1;
      return Promise.resolve({
        done: false,
        reason: 'busy',
        message: 'the queue of the crypto thread is full',
      });
    }
    this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, (outcome) =>
        resolve(outcome.done ? { ...outcome, result: outcome.result as CryptoResults[K] } : outcome),
      );
      this.#post({ type: 'job', id, job });
    });
  }

  get status(): CryptoThreadStatus {
    return {
      isRunning: this.#worker !== undefined,
      waiting: this.#waiting.size,
      refused: this.#refused,
      done: this.#done,
      busySeconds: this.#busySeconds,
      workshop: this.#workshop,
    };
  }

  /** Ends the thread after the job it is at; its pools and tables are wiped by itself. Jobs that wait are told. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const worker = this.#worker;
    this.#settleAll('stopped', 'the crypto thread is stopped');
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#post({ type: 'stop' });
    await ended;
  }

  #startFilling(): void {
    if (this.#keys !== undefined && this.#keys.identity.length > 0) this.#start();
  }

  #start(): void {
    if (this.#worker !== undefined || this.#isStopped) return;
    const data: CryptoThreadData = {
      crypto: true,
      budget: this.#options.budget ?? DEFAULT_POWERS_BUDGET,
      refillShare: this.#refillShare,
    };
    const worker = new Worker(new URL('./crypto-worker.js', import.meta.url), {
      workerData: data,
      name: 'crypto',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    let cause: unknown;
    worker.on('message', (notice: CryptoNotice) => this.#hear(notice));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#workshop = undefined;
      const message = cause === undefined ? 'the crypto thread ended' : explain(cause);
      this.#settleAll('failed', message);
      // The next job or key starts another.
      if (!this.#isStopped) this.#options.onProblem?.(message);
    });
    this.#worker = worker;
    if (this.#keys !== undefined) this.#post({ type: 'keys', keys: this.#keys });
    if (this.#server !== undefined) this.#post({ type: 'server', state: this.#server });
  }

  #post(command: CryptoCommand): void {
    this.#worker?.postMessage(command);
  }

  #hear(notice: CryptoNotice): void {
    switch (notice.type) {
      case 'status':
        this.#workshop = notice.status;
        return;
      case 'keys-refused':
        this.#options.onProblem?.(notice.message);
        return;
      case 'done':
        this.#busySeconds += notice.seconds;
        this.#done += 1;
        this.#settle(notice.id, { done: true, result: notice.result, seconds: notice.seconds });
        return;
      case 'failed':
        this.#settle(notice.id, { done: false, reason: 'failed', message: notice.message });
    }
  }

  #settle(id: number, outcome: CryptoOutcome<CryptoResult>): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.(outcome);
  }

  #settleAll(reason: 'stopped' | 'failed', message: string): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { done: false, reason, message });
  }
}
