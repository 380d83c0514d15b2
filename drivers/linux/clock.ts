/**
 * clock_gettime and clock_adjtime: implements KernelClock and StampClock over libc, with buffers made once.
 * Owns the packing of struct timex; the policy (what to write when) is clock/linux's.
 * Sources: clock_adjtime(2), linux/timex.h.
 */
import type { KernelClock, Timex, TimexChange } from '../../src/clock/kernel-clock.js';
import { STA } from '../../src/clock/kernel-clock.js';
import { NoonmarkError } from '../../src/errors.js';
import type { StampClock } from '../../src/ports/packet-batch.js';
import { abi, CLOCK } from './abi.js';
import { Arena } from './arena.js';
import { ERRNO, errno, libc, syscallError } from './libc.js';

/** ADJ_* (linux/timex.h) */
const ADJ = {
  offset: 0x0001,
  frequency: 0x0002,
  maxError: 0x0004,
  estimatedError: 0x0008,
  status: 0x0010,
  tai: 0x0080,
  setOffset: 0x0100,
  nano: 0x2000,
  tick: 0x4000,
  /** adjtime() in the shape of adjtimex: ADJ_OFFSET with ADJ_ADJTIME, alone */
  offsetSingleShot: 0x8001,
} as const;

const HIGH = 2 ** 32;

/** One clock_gettime into a buffer of its own; the fields are those of the last read(). */
export class TimespecReader implements StampClock {
  seconds = 0;
  nanoseconds = 0;
  readonly #clock: number;
  readonly #get = libc().clockGettime;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #sec = abi().struct.timespec.at.sec;
  readonly #nsec = abi().struct.timespec.at.nsec;

  constructor(clock: number) {
    const region = new Arena(abi().struct.timespec.size).take(abi().struct.timespec.size);
    this.#clock = clock;
    this.#bytes = region.bytes;
    this.#view = region.view;
  }

  read(): void {
    this.#get(this.#clock, this.#bytes);
    // Before 1970 (a board without a battery-backed clock set back) the high word is negative.
    this.seconds = this.#view.getInt32(this.#sec + 4, true) * HIGH + this.#view.getUint32(this.#sec, true);
    this.nanoseconds = this.#view.getUint32(this.#nsec, true);
  }

  /** Reads and answers ns as one integer. */
  readNs(): bigint {
    this.read();
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanoseconds);
  }
}

/** The stamp clock of the served machine: CLOCK_REALTIME, without allocation. */
export const realtimeStampClock = (): StampClock => new TimespecReader(CLOCK.realtime);

/** What a failed clock_adjtime means, for a person. */
export function adjtimexError(number: number): NoonmarkError {
  if (number === ERRNO.EPERM || number === ERRNO.EACCES) {
    return syscallError(
      'the system clock may not be set',
      'clock_adjtime',
      number,
      'give noonmarkd CAP_SYS_TIME (systemd: AmbientCapabilities=CAP_SYS_TIME, and no ProtectClock=yes), or configure `clock none`',
      'ERR_PERMISSION',
    );
  }
  return syscallError(
    'the system clock cannot be adjusted',
    'clock_adjtime',
    number,
    'see the value that was out of range in the log before this line',
    'ERR_CLOCK',
  );
}

const splitSeconds = (ns: bigint): { seconds: bigint; nanoseconds: bigint } => {
  const nanoseconds = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: (ns - nanoseconds) / 1_000_000_000n, nanoseconds };
};

/** Packs a change into a zeroed struct timex. Exported for the test of the layout. */
export function packTimex(view: DataView, change: TimexChange): void {
  const at = abi().struct.timex.at;
  const long = (offset: number, value: number | bigint) => view.setBigInt64(offset, BigInt(value), true);
  let modes = 0;
  if (change.scaledFrequency !== undefined) {
    modes |= ADJ.frequency;
    long(at.freq, change.scaledFrequency);
  }
  if (change.tickUs !== undefined) {
    modes |= ADJ.tick;
    long(at.tick, change.tickUs);
  }
  if (change.status !== undefined) {
    modes |= ADJ.status;
    view.setInt32(at.status, change.status, true);
  }
  if (change.maxErrorUs !== undefined) {
    modes |= ADJ.maxError;
    long(at.maxerror, change.maxErrorUs);
  }
  if (change.estimatedErrorUs !== undefined) {
    modes |= ADJ.estimatedError;
    long(at.esterror, change.estimatedErrorUs);
  }
  if (change.taiOffsetSeconds !== undefined) {
    modes |= ADJ.tai;
    long(at.constant, change.taiOffsetSeconds);
  }
  if (change.phaseNs !== undefined) {
    modes |= ADJ.offset | ADJ.nano;
    long(at.offset, change.phaseNs);
  }
  if (change.stepNs !== undefined) {
    // With ADJ_NANO timeUsec holds nanoseconds, 0 .. 999999999 also for a step back.
    modes |= ADJ.setOffset | ADJ.nano;
    const { seconds, nanoseconds } = splitSeconds(change.stepNs);
    long(at.timeSec, seconds);
    long(at.timeUsec, nanoseconds);
  }
  if (change.cancelAdjtime === true) modes = ADJ.offsetSingleShot;
  view.setUint32(at.modes, modes, true);
}

/** Reads what the kernel filled in; `state`: clock_adjtime's result. */
export function unpackTimex(view: DataView, state: number): Timex {
  const at = abi().struct.timex.at;
  const long = (offset: number) => Number(view.getBigInt64(offset, true));
  const status = view.getInt32(at.status, true);
  return {
    scaledFrequency: long(at.freq),
    tickUs: long(at.tick),
    status,
    phaseNs: long(at.offset) * ((status & STA.nano) !== 0 ? 1 : 1000),
    maxErrorUs: long(at.maxerror),
    estimatedErrorUs: long(at.esterror),
    taiOffsetSeconds: view.getInt32(at.tai, true),
    state,
  };
}

class LibcKernelClock implements KernelClock {
  readonly #realtime = new TimespecReader(CLOCK.realtime);
  readonly #monotonic = new TimespecReader(CLOCK.monotonic);
  readonly #timex = new Arena(abi().struct.timex.size).take(abi().struct.timex.size);
  readonly #steer: boolean;

  constructor(steer: boolean) {
    this.#steer = steer;
  }

  realtimeNs(): bigint {
    return this.#realtime.readNs();
  }

  monotonicNs(): bigint {
    return this.#monotonic.readNs();
  }

  read(): Timex {
    this.#timex.bytes.fill(0);
    return this.#call();
  }

  adjust(change: TimexChange): Timex {
    if (!this.#steer) {
      throw new NoonmarkError(
        'ERR_CLOCK',
        'this program opened the system clock for reading only',
        'report this: it must not try to set it',
      );
    }
    this.#timex.bytes.fill(0);
    packTimex(this.#timex.view, change);
    return this.#call();
  }

  #call(): Timex {
    const state = libc().clockAdjtime(CLOCK.realtime, this.#timex.bytes);
    if (state < 0) throw adjtimexError(errno());
    return unpackTimex(this.#timex.view, state);
  }
}

/** The kernel's clock for reading: adjust() always throws. */
export const readOnlyKernelClock = (): KernelClock => new LibcKernelClock(false);

/** Set (to anything) by the tests: no program started below them can steer this machine's clock. */
export const CLOCK_GUARD = 'NOONMARK_CLOCK_READ_ONLY';

/** The kernel's clock for steering. Refused inside tests: they try the rules on a scripted kernel instead. */
export function steeringKernelClock(): KernelClock {
  const isTest = /\.test\.[cm]?[jt]s$/.test(process.argv[1] ?? '');
  if (isTest || process.env[CLOCK_GUARD] !== undefined) {
    throw new NoonmarkError(
      'ERR_CLOCK',
      'the system clock is not to be steered from a test',
      `configure \`clock none\` or \`clock simulated\`; outside tests, remove ${CLOCK_GUARD} from the environment`,
    );
  }
  return new LibcKernelClock(true);
}
