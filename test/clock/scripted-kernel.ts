/**
 * A kernel clock in memory with the rules of Linux's kernel/time/ntp.c (6.x): what adjtimex accepts, what a step
 * clears, how the leap second's state machine moves at each second, how maxerror grows. Time moves by advance() only.
 */
import { adjtimexError } from '../../drivers/linux/clock.js';
import { ERRNO } from '../../drivers/linux/libc.js';
import {
  type KernelClock,
  STA,
  STA_READ_ONLY,
  type Timex,
  type TimexChange,
} from '../../src/clock/kernel-clock.js';

const SECOND = 1_000_000_000n;
const DAY = 86_400n;
const LIMIT_US = 16_000_000;
const [OK, INS, DEL, OOP, WAIT, ERROR] = [0, 1, 2, 3, 4, 5] as const;
const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

export class ScriptedKernel implements KernelClock {
  /** each call of adjust(), as it came */
  readonly changes: TimexChange[] = [];
  permitted = true;
  /** time that each reading takes */
  readingNs = 0n;
  #realNs: bigint;
  #monoNs: bigint;
  #rest = 0;
  #frequency = 0;
  #tick = 10_000;
  #status: number = STA.unsync;
  #phaseNs = 0;
  #slewNs = 0;
  #maxError = LIMIT_US;
  #estimatedError = LIMIT_US;
  #tai = 0;
  #state: number = OK;
  #nextLeap: bigint | undefined;

  constructor(realNs: bigint, monoNs = 1_000n * SECOND) {
    this.#realNs = realNs;
    this.#monoNs = monoNs;
  }

  realtimeNs(): bigint {
    this.advance(this.readingNs);
    return this.#realNs;
  }

  monotonicNs(): bigint {
    this.advance(this.readingNs);
    return this.#monoNs;
  }

  /** Lets the oscillator run for so many of its own nanoseconds, second by second. */
  advance(rawNs: bigint): void {
    let left = rawNs;
    while (left > 0n) {
      const toSecond = SECOND - (this.#realNs % SECOND);
      const turn = left < toSecond ? left : toSecond;
      left -= turn;
      const gained = Number(turn) * ((this.#tick - 10_000) * 1e-4 + this.#frequency / 65536e6) + this.#rest;
      const whole = Math.round(gained);
      this.#rest = gained - whole;
      const before = this.#realNs / SECOND;
      this.#realNs += turn + BigInt(whole);
      this.#monoNs += turn + BigInt(whole);
      for (let second = before + 1n; second <= this.#realNs / SECOND; second += 1n) this.#overflow(second);
    }
  }

  read(): Timex {
    return this.#answer();
  }

  adjust(change: TimexChange): Timex {
    this.changes.push(change);
    if (!this.permitted) throw adjtimexError(ERRNO.EPERM);
    if (change.tickUs !== undefined && (change.tickUs < 9000 || change.tickUs > 11_000)) {
      throw adjtimexError(ERRNO.EINVAL);
    }
    if (change.stepNs !== undefined) this.#step(change.stepNs);
    if (change.status !== undefined) this.#setStatus(change.status);
    if (change.scaledFrequency !== undefined) {
      this.#frequency = clamp(change.scaledFrequency, -500 * 65536, 500 * 65536);
    }
    if (change.maxErrorUs !== undefined) this.#maxError = clamp(change.maxErrorUs, 0, LIMIT_US);
    if (change.estimatedErrorUs !== undefined)
      this.#estimatedError = clamp(change.estimatedErrorUs, 0, LIMIT_US);
    if (change.taiOffsetSeconds !== undefined && change.taiOffsetSeconds >= 0)
      this.#tai = change.taiOffsetSeconds;
    if (change.phaseNs !== undefined && (this.#status & STA.pll) !== 0) this.#phaseNs = change.phaseNs;
    if (change.tickUs !== undefined) this.#tick = change.tickUs;
    if (change.cancelAdjtime === true) this.#slewNs = 0;
    return this.#answer();
  }

  /** What is left of an adjtime() of another program. */
  get slewNs(): number {
    return this.#slewNs;
  }

  /** Another program calls adjtime(). */
  startSlew(ns: number): void {
    this.#slewNs = ns;
  }

  #step(ns: bigint): void {
    this.#realNs += ns;
    this.#slewNs = 0;
    this.#status |= STA.unsync;
    this.#maxError = LIMIT_US;
    this.#estimatedError = LIMIT_US;
    this.#phaseNs = 0;
    this.#nextLeap = undefined;
  }

  #setStatus(status: number): void {
    if ((this.#status & STA.pll) !== 0 && (status & STA.pll) === 0) {
      this.#state = OK;
      this.#status = STA.unsync;
      this.#nextLeap = undefined;
    }
    this.#status = (this.#status & STA_READ_ONLY) | (status & ~STA_READ_ONLY);
  }

  /** second_overflow() at the start of a second of realtime. */
  #overflow(second: bigint): void {
    if (this.#state === OK && (this.#status & STA.insert) !== 0) {
      this.#state = INS;
      this.#nextLeap = second + DAY - (second % DAY);
    } else if (this.#state === OK && (this.#status & STA.delete) !== 0) {
      this.#state = DEL;
      this.#nextLeap = second + DAY - ((second + 1n) % DAY);
    } else if (this.#state === INS || this.#state === DEL) {
      const bit = this.#state === INS ? STA.insert : STA.delete;
      if ((this.#status & bit) === 0) {
        this.#nextLeap = undefined;
        this.#state = OK;
      } else if (second === this.#nextLeap) {
        this.#realNs += this.#state === INS ? -SECOND : SECOND;
        this.#tai += this.#state === INS ? 1 : -1;
        this.#nextLeap = undefined;
        this.#state = this.#state === INS ? OOP : WAIT;
      }
    } else if (this.#state === OOP) {
      this.#state = WAIT;
    } else if (this.#state === WAIT && (this.#status & (STA.insert | STA.delete)) === 0) {
      this.#state = OK;
    }
    this.#maxError += 500;
    if (this.#maxError > LIMIT_US) {
      this.#maxError = LIMIT_US;
      this.#status |= STA.unsync;
    }
  }

  #answer(): Timex {
    return {
      scaledFrequency: this.#frequency,
      tickUs: this.#tick,
      status: this.#status,
      phaseNs: this.#phaseNs,
      maxErrorUs: this.#maxError,
      estimatedErrorUs: this.#estimatedError,
      taiOffsetSeconds: this.#tai,
      state: (this.#status & STA.unsync) !== 0 ? ERROR : this.#state,
    };
  }
}
