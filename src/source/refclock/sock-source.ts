/**
 * Time from another program through a UNIX datagram socket (chrony's SOCK protocol, which gpsd prefers). Owns polling,
 * checks, and the numbering of pulses that come without their second; the socket is an interface.
 *
 * A pulse is put at the second nearest to what other sources say (within REFERENCE_LIMIT, their doubt counted in), three
 * times running before the first is used. While they are silent the clock that these pulses steer numbers them, as long
 * as they stay within COAST_OFFSET of it and come often enough.
 */

import type { RefclockConfig } from '../../config/types.js';
import { explain } from '../../errors.js';
import type { DatagramInbox } from '../../ports/datagram-inbox.js';
import { every, type Timer } from '../../ports/scheduler.js';
import { nsDifferenceSeconds } from '../../units/time.js';
import type { RefclockView } from '../types.js';
import type { RefclockEnvironment } from './environment.js';
import { REFERENCE_LIMIT } from './pairer.js';
import { type RefclockFacts, RefclockSource, type Refusal } from './refclock-source.js';
import { decodeSockSample, type SockSample } from './sock-sample.js';

const READ_EVERY = 0.1;
const REOPEN_SECONDS = 10;
/** At most so many datagrams are taken in one turn: a flood must not hold up the others. */
const TURN_LIMIT = 16;
const STALE_SECONDS = 5;
const SILENCE_SECONDS = 30;
const NEEDED = 3;
const COAST_OFFSET = 0.25;
const COAST_SECONDS = 60;
/** The protocol's stamps are microseconds, and say nothing of their error. */
const PULSE_DISPERSION = 2e-6;
const SAMPLE_DISPERSION = 1e-5;

export class SockSource extends RefclockSource {
  private timer: Timer | undefined;
  private trouble: string | undefined = 'not opened yet';
  private isOpen = false;
  private turns = 0;
  private latest: SockSample | undefined;
  private badFormat = 0;
  private badData = 0;
  private agreed = 0;
  private numberedAtNs: bigint | undefined;

  constructor(
    id: number,
    config: RefclockConfig,
    environment: RefclockEnvironment,
    private readonly inbox: DatagramInbox,
  ) {
    super(id, config, environment);
  }

  protected open(): void {
    this.bind();
    this.timer = every(this.environment.scheduler, READ_EVERY, () => this.read());
  }

  protected close(): void {
    this.timer?.cancel();
    if (this.isOpen) this.inbox.close();
    this.isOpen = false;
  }

  protected facts(): RefclockFacts {
    const { latest } = this;
    return {
      pulse: latest?.pulse === true,
      lastResort: false,
      numberedBy: latest?.pulse === true ? 'survivors' : undefined,
      leap: latest?.leap ?? 0,
      staleAfterSeconds: SILENCE_SECONDS,
    };
  }

  protected refusal(): Refusal | undefined {
    if (this.trouble === undefined) return undefined;
    if (!this.isOpen) return { unfit: 'unreachable', why: this.trouble };
    return { unfit: this.latest?.pulse === true ? 'numbering-ambiguous' : 'no-samples', why: this.trouble };
  }

  protected activity(): string {
    return `${this.latest?.pulse === true ? 'pulses' : 'time'} from ${this.inbox.name}`;
  }

  protected refclockView(): Partial<RefclockView> & { readonly device: string } {
    const { badData, badFormat } = this;
    return { device: this.inbox.name, badData, badFormat };
  }

  private bind(): void {
    try {
      this.inbox.open();
      this.isOpen = true;
      this.trouble = `no program writes to ${this.inbox.name}: is gpsd running, and was it started after this daemon?`;
    } catch (error) {
      const trouble = `${this.inbox.name}: ${explain(error)}`;
      if (trouble !== this.trouble) this.environment.log.write('error', 'sock-inbox', trouble);
      this.trouble = trouble;
    }
  }

  private read(): void {
    this.turns += 1;
    if (!this.isOpen) {
      if (this.turns % (REOPEN_SECONDS / READ_EVERY) === 0) this.bind();
      return;
    }
    for (let i = 0; i < TURN_LIMIT; i += 1) {
      const bytes = this.inbox.receive();
      if (bytes === undefined) break;
      const decoded = decodeSockSample(bytes);
      if (decoded.ok) this.take(decoded.value);
      else this.badFormat += 1;
    }
    this.checkFitness();
  }

  private take(sample: SockSample): void {
    const { clock, phase } = this.environment;
    this.frame.look();
    const servedNs = clock.toServed(sample.kernelNs);
    const age = nsDifferenceSeconds(clock.now(), servedNs);
    const monoNs = this.frame.toMono(servedNs);
    if (Math.abs(age) > STALE_SECONDS) {
      this.badData += 1;
      this.trouble = `a time from ${this.inbox.name} is ${Math.round(age)} s old: its writer is late or the clock was set`;
      return;
    }
    if (this.frame.doubtful(monoNs)) return;
    this.latest = sample;
    // The kernel's clock and the served one differ under `clock none`.
    const kernelAhead = nsDifferenceSeconds(sample.kernelNs, servedNs);
    const offset = sample.offsetSeconds + kernelAhead + this.config.time1;
    const numbered = sample.pulse ? this.number(offset, monoNs) : offset;
    if (numbered === undefined) {
      this.badData += 1;
      return;
    }
    this.trouble = undefined;
    this.measured({
      offsetSeconds: numbered,
      delaySeconds: 0,
      dispersionSeconds: sample.pulse ? PULSE_DISPERSION : SAMPLE_DISPERSION,
      monoNs,
      atNs: servedNs,
      movedSeconds: phase.movedSeconds(),
    });
  }

  /** The offset with its whole seconds, or undefined and a reason in `trouble`. */
  private number(offset: number, monoNs: bigint): number | undefined {
    const reference = this.environment.reference(this.id);
    if (reference === undefined) {
      const nearest = offset - Math.round(offset);
      const since =
        this.numberedAtNs === undefined ? Number.POSITIVE_INFINITY : Number(monoNs - this.numberedAtNs);
      if (since < COAST_SECONDS * 1e9 && Math.abs(nearest) < COAST_OFFSET) {
        this.numberedAtNs = monoNs;
        return nearest;
      }
      this.agreed = 0;
      this.trouble = `pulses from ${this.inbox.name}, but no other source tells their seconds`;
      return undefined;
    }
    const { offsetSeconds, uncertaintySeconds, from } = reference;
    const numbered = offset + Math.round(offsetSeconds - offset);
    const away = Math.abs(numbered - offsetSeconds);
    if (away + uncertaintySeconds > REFERENCE_LIMIT) {
      this.agreed = 0;
      const ms = Math.round(away * 1e3);
      this.trouble = `${from} put the pulses ${ms} ms from the second: too near half a second`;
      return undefined;
    }
    this.agreed += 1;
    if (this.agreed < NEEDED) {
      this.trouble = `${this.agreed} of ${NEEDED} pulses numbered by ${from} so far`;
      return undefined;
    }
    this.numberedAtNs = monoNs;
    return numbered;
  }
}
