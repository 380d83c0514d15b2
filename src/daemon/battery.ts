/**
 * The battery clock's two duties: the time at the start, before any source has one, and being right at the next start.
 * Owns when it is believed and when it is set; reads and sets through a BatteryClock.
 *
 * At the start the clock is only ever set forward, to a time that is neither before the floor (when this program was made,
 * or last knew the time) nor absurdly far: a clock that some other program has set is not taken back by a battery. That
 * makes nothing synchronised; sources set it right from there.
 * While we know the time the kernel's own write each 11 minutes keeps one battery clock right, if this kernel has it
 * (CONFIG_RTC_SYSTOHC, and STA_UNSYNC is clear): the one that CONFIG_RTC_SYSTOHC_DEVICE names, rtc0 in Debian's kernels.
 * Where it is not, and for any other clock, we set it.
 */
import { explain } from '../errors.js';
import type { BatteryClock } from '../ports/battery-clock.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { every, type Scheduler, type Timer } from '../ports/scheduler.js';

const SECOND_NS = 1_000_000_000n;
/** It shows whole seconds: on average it is half a second later. */
const HALF_NS = SECOND_NS / 2n;
/** The clock is behind by so much that it was not set from this very battery clock at boot, ns. */
const BEHIND_NS = 2n * SECOND_NS;
/** Forty years from the floor: no battery lasts that long. */
const FAR_NS = 40n * 365n * 86_400n * SECOND_NS;
/** It is looked at this often, s, as the kernel does, and for the first time soon after the time is known, as it does too. */
export const LOOK_SECONDS = 660;
export const FIRST_LOOK_SECONDS = 4;
/** Whole seconds are compared: this far apart they are really apart. */
const APART_SECONDS = 2n;

export interface BatteryParts {
  readonly battery: BatteryClock;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
}

export class BatteryKeeper {
  readonly #parts: BatteryParts;
  #timer: Timer | undefined;
  #setting: Timer | undefined;
  #told = '';

  constructor(parts: BatteryParts) {
    this.#parts = parts;
  }

  /** Nanoseconds by which the clock is to be set forward now; undefined: it is not. `floorNs`: Unix ns. */
  forwardNs(floorNs: bigint): bigint | undefined {
    const { battery, clock, log } = this.#parts;
    const shown = this.#read();
    if (shown === 'unreadable') return undefined;
    if (shown === 'lost') {
      log.write('warning', 'battery-clock', `${battery.name} has lost its time: is its battery empty?`);
      return undefined;
    }
    const seconds = shown;
    const shownNs = seconds * SECOND_NS + HALF_NS;
    if (shownNs < floorNs || shownNs > floorNs + FAR_NS) {
      const shown = new Date(Number(seconds) * 1000).toISOString();
      log.write(
        'warning',
        'battery-clock',
        `${battery.name} shows ${shown}, which cannot be: it is not used`,
      );
      return undefined;
    }
    const aheadNs = shownNs - clock.now();
    return aheadNs > BEHIND_NS ? aheadNs : undefined;
  }

  /** Sets the clock forward, if `forwardNs` says so still. */
  start(floorNs: bigint): void {
    const { battery, clock, log } = this.#parts;
    const forward = this.forwardNs(floorNs);
    if (forward === undefined) return;
    clock.step(Number(forward) / 1e9);
    const now = new Date(Number(clock.now() / 1_000_000n)).toISOString();
    log.write('notice', 'battery-clock', `the clock was set forward to ${now}, from ${battery.name}`);
  }

  /**
   * Looks from now on whether it is right, when `synchronised` says that we know the time: soon, because the power may go
   * at any moment, and then from time to time.
   */
  keep(synchronised: () => boolean): void {
    let turns = 0;
    this.#timer = every(this.#parts.scheduler, FIRST_LOOK_SECONDS, () => {
      if (turns > 0) turns -= 1;
      else if (synchronised()) {
        turns = LOOK_SECONDS / FIRST_LOOK_SECONDS - 1;
        this.#compare();
      }
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#setting?.cancel();
  }

  #compare(): void {
    const { clock, scheduler } = this.#parts;
    const shown = this.#read();
    if (shown === 'unreadable') return;
    const now = clock.now() / SECOND_NS;
    if (shown !== 'lost' && (shown > now ? shown - now : now - shown) < APART_SECONDS) return;
    // Its second begins when it is written: wait for ours.
    const untilNs = SECOND_NS - (clock.now() % SECOND_NS);
    this.#setting = scheduler.after(Number(untilNs) / 1e9, () => this.#set(shown));
  }

  /** Unix seconds; what cannot be read is told. */
  #read(): bigint | 'lost' | 'unreadable' {
    const { battery } = this.#parts;
    try {
      return battery.read() ?? 'lost';
    } catch (error) {
      this.#tell('warning', `${battery.name}: ${explain(error)}`);
      return 'unreadable';
    }
  }

  #set(shown: bigint | 'lost'): void {
    const { battery, clock } = this.#parts;
    try {
      battery.set((clock.now() + HALF_NS) / SECOND_NS);
      const was =
        shown === 'lost' ? 'had lost its time' : `showed ${new Date(Number(shown) * 1000).toISOString()}`;
      this.#tell('info', `${battery.name} ${was}, and was set`);
    } catch (error) {
      this.#tell('warning', `${battery.name}: ${explain(error)}`);
    }
  }

  #tell(level: 'info' | 'warning', text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.#parts.log.write(level, 'battery-clock', text);
  }
}
