/**
 * What the crypto thread runs: one job after the other, and pools filled in between. The other end is crypto-thread.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { lowerThreadPriority } from '../../drivers/linux/priority.js';
import { realScheduler } from '../../drivers/linux/scheduler.js';
import { threadTime } from '../../drivers/linux/thread-time.js';
import { openSslEngine } from '../../drivers/openssl/modular.js';
import { bigIntEngine } from '../autokey/powers/bigint-modular.js';
import { JobQueue } from '../autokey/powers/job-queue.js';
import type { CryptoCommand, CryptoJob, CryptoNotice, CryptoThreadData } from '../autokey/powers/jobs.js';
import { Workshop } from '../autokey/powers/workshop.js';
import { explain } from '../errors.js';
import type { Timer } from '../ports/scheduler.js';
import { systemRandom } from './system-random.js';

const LOWEST_PRIORITY = 19;

/** OpenSSL's engine where the process has one, else BigInt's with the reason. */
export function bestEngine() {
  const openssl = openSslEngine();
  return openssl.ok
    ? { engine: openssl.engine, engineReason: undefined }
    : { engine: bigIntEngine, engineReason: openssl.reason };
}

const seconds = (): number => Number(realScheduler.monotonic()) / 1e9;

/** The worker's life: between two steps the event loop turns, so that it can be told and stopped at any time. */
class ThreadLoop {
  readonly #notify: (notice: CryptoNotice) => void;
  readonly #workshop: Workshop;
  /** what work costs: at the lowest priority a thread may wait for long in the midst of it */
  readonly #worked = threadTime();
  readonly #queue: JobQueue<{ readonly id: number; readonly job: CryptoJob }>;
  #isScheduled = false;
  #timer: Timer | undefined;

  constructor({ budget, refillShare }: CryptoThreadData, notify: (notice: CryptoNotice) => void) {
    this.#notify = notify;
    this.#workshop = new Workshop({ ...bestEngine(), random: systemRandom, budget });
    // CryptoThread bounds what waits; here nothing is refused a second time.
    this.#queue = new JobQueue({ capacity: Number.POSITIVE_INFINITY, refillShare });
  }

  /** true: the end. */
  hear(command: CryptoCommand): boolean {
    switch (command.type) {
      case 'keys':
        for (const fault of this.#workshop.setKeys(command.keys))
          this.#notify({ type: 'keys-refused', message: explain(fault) });
        this.#report();
        break;
      case 'refill-share':
        this.#queue.setRefillShare(command.share);
        break;
      case 'server':
        this.#workshop.setServer(command.state);
        break;
      case 'job':
        this.#queue.submit(command);
        break;
      case 'stop':
        this.#timer?.cancel();
        this.#queue.drain();
        this.#workshop.close();
        return true;
    }
    this.#schedule();
    return false;
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#step();
    });
  }

  #step(): void {
    const step = this.#queue.next(seconds(), this.#workshop.wantsRefill);
    switch (step.type) {
      case 'job':
        this.#do(step.job);
        break;
      case 'refill': {
        const start = this.#worked();
        this.#workshop.refill();
        const cost = this.#worked() - start;
        this.#workshop.refilled(cost);
        this.#queue.refilled(seconds(), cost);
        break;
      }
      case 'rest':
        this.#report();
        if (Number.isFinite(step.seconds))
          this.#timer = realScheduler.after(step.seconds, () => this.#schedule());
        return;
    }
    this.#schedule();
  }

  #do({ id, job }: { readonly id: number; readonly job: CryptoJob }): void {
    const start = this.#worked();
    try {
      const result = this.#workshop.do(job);
      this.#notify({ type: 'done', id, result, seconds: this.#worked() - start });
    } catch (error) {
      this.#notify({ type: 'failed', id, message: explain(error) });
    }
  }

  #report(): void {
    this.#notify({ type: 'status', status: this.#workshop.status });
  }
}

function runThread(data: CryptoThreadData): void {
  const port = parentPort;
  if (port === null) return;
  // Where it cannot be lowered, work is merely less patient; the budget bounds it all the same.
  lowerThreadPriority(LOWEST_PRIORITY);
  const loop = new ThreadLoop(data, (notice) => port.postMessage(notice));
  port.on('message', (command: CryptoCommand) => {
    if (loop.hear(command)) port.close();
  });
}

const isThreadData = (data: unknown): data is CryptoThreadData =>
  typeof data === 'object' && data !== null && 'crypto' in data && data.crypto === true;

if (isThreadData(workerData)) runThread(workerData);
