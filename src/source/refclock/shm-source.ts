/**
 * Time from another program through shared memory (127.127.28.u), as gpsd gives it: unit 0 the messages, unit 1 the
 * pulses of its first receiver. Owns the polling and the checks; the segment is an interface.
 */

import type { RefclockConfig } from '../../config/types.js';
import { explain } from '../../errors.js';
import type { Leap } from '../../ports/clock.js';
import type { Timer } from '../../ports/scheduler.js';
import type { SharedSegment } from '../../ports/shared-segment.js';
import { nsDifferenceSeconds } from '../../units/time.js';
import type { RefclockView } from '../types.js';
import type { RefclockEnvironment } from './environment.js';
import { type RefclockFacts, RefclockSource, type Refusal } from './refclock-source.js';
import { type ShmSample, takeShmSample } from './shm-segment.js';

const READ_EVERY = 1;
const REOPEN_EVERY = 10;
/**
 * What is waiting is read soon, because the clock runs on its own until then: so long after the second that follows the
 * last sample's (a writer needs a moment), and again so often until it is late by LATE. Seconds.
 */
const WRITTEN_AFTER = 0.001;
const LOOK_AGAIN = 0.02;
const LATE = 0.25;
/** A sample received longer ago was left by a writer that died, s. */
const STALE_SECONDS = 5;
/** Offsets beyond this are refused unless flag1 is set; time2 (1 .. 86400 s) changes it (ntpd's driver 28). */
const LARGEST_OFFSET = 14_400;
/** Finer than this (log2 s), the writer measured a pulse. */
const PULSE_PRECISION = -10;
const SILENCE_SECONDS = 8;

export class ShmSource extends RefclockSource {
  private timer: Timer | undefined;
  private isOpen = false;
  private waited = 0;
  /** monotonic: when the last sample was taken by its writer */
  private lastSampleNs: bigint | undefined;
  private trouble: string | undefined = 'not opened yet';
  private latest: ShmSample | undefined;
  private lastReceiveNs = 0n;
  private badData = 0;
  private badFormat = 0;

  constructor(
    id: number,
    config: RefclockConfig,
    environment: RefclockEnvironment,
    private readonly segment: SharedSegment,
  ) {
    super(id, config, environment);
  }

  protected open(): void {
    this.attach();
    this.plan();
  }

  protected close(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.isOpen) this.segment.close();
    this.isOpen = false;
  }

  protected facts(): RefclockFacts {
    const leap = this.latest?.leap;
    return {
      pulse: this.latest !== undefined && this.latest.precision <= PULSE_PRECISION,
      lastResort: false,
      numberedBy: undefined,
      leap: (leap === 1 || leap === 2 ? leap : 0) satisfies Leap,
      staleAfterSeconds: SILENCE_SECONDS,
    };
  }

  protected refusal(): Refusal | undefined {
    if (this.trouble === undefined) return undefined;
    return { unfit: this.isOpen ? 'no-samples' : 'unreachable', why: this.trouble };
  }

  protected activity(): string {
    return `time from ${this.segment.name}, precision ${this.latest?.precision ?? 0} (log2 s)`;
  }

  protected refclockView(): Partial<RefclockView> & { readonly device: string } {
    const { badData, badFormat } = this;
    return { device: this.segment.name, badData, badFormat };
  }

  private attach(): void {
    try {
      this.segment.open();
      this.isOpen = true;
      this.trouble = `no program writes ${this.segment.name}: is gpsd running, and was it started after this daemon?`;
    } catch (error) {
      const trouble = `${this.segment.name}: ${explain(error)}`;
      if (trouble !== this.trouble) this.environment.log.write('error', 'shm-segment', trouble);
      this.trouble = trouble;
    }
  }

  private plan(): void {
    const { scheduler } = this.environment;
    const age =
      this.lastSampleNs === undefined
        ? Number.POSITIVE_INFINITY
        : Number(scheduler.monotonic() - this.lastSampleNs) / 1e9;
    const due = READ_EVERY + WRITTEN_AFTER;
    const wait = age < due ? due - age : age < READ_EVERY + LATE ? LOOK_AGAIN : READ_EVERY;
    const timer = scheduler.after(wait, () => {
      this.read();
      // Who is given the sample may close this source.
      if (this.timer === timer) this.plan();
    });
    this.timer = timer;
  }

  private read(): void {
    if (!this.isOpen) {
      this.waited += READ_EVERY;
      if (this.waited % REOPEN_EVERY === 0) this.attach();
      return;
    }
    const taken = takeShmSample(this.segment);
    if (taken === undefined) return;
    if (taken.ok) this.take(taken.value);
    else this.badFormat += 1;
    this.checkFitness();
  }

  private take(sample: ShmSample): void {
    const { clock, phase } = this.environment;
    this.frame.look();
    if (sample.receiveNs === this.lastReceiveNs) return;
    this.lastReceiveNs = sample.receiveNs;
    const servedNs = clock.toServed(sample.receiveNs);
    const age = nsDifferenceSeconds(clock.now(), servedNs);
    const offset = nsDifferenceSeconds(sample.clockNs, servedNs) + this.config.time1;
    const trouble = this.objection(sample, age, offset);
    this.trouble = trouble;
    if (trouble !== undefined) {
      this.badData += 1;
      return;
    }
    const monoNs = this.frame.toMono(servedNs);
    this.lastSampleNs = monoNs;
    if (this.frame.doubtful(monoNs)) return;
    this.latest = sample;
    this.measured({
      offsetSeconds: offset,
      delaySeconds: 0,
      dispersionSeconds: 2 ** Math.max(-29, Math.min(-1, sample.precision)),
      monoNs,
      atNs: servedNs,
      movedSeconds: phase.movedSeconds(),
    });
  }

  private objection(sample: ShmSample, age: number, offset: number): string | undefined {
    if (sample.leap === 3) return `the program that writes ${this.segment.name} says it has no time`;
    if (age > STALE_SECONDS || age < -STALE_SECONDS)
      return `the newest time in ${this.segment.name} is ${Math.round(age)} s old: its writer has stopped`;
    const { time2 = 0, flags } = this.config;
    const largest = time2 >= 1 && time2 <= 86_400 ? time2 : LARGEST_OFFSET;
    if (!flags[0] && Math.abs(offset) > largest)
      return `its time is ${Math.round(offset)} s from this clock, more than ${largest} s; fudge flag1 1 accepts any`;
    return undefined;
  }
}
