/**
 * Scripted twins of everything a refclock is given, in a small virtual world of their own: a local clock with any error
 * and rate, a line whose "decoder" reads events as JSON, and a pulse line. True time is Unix seconds without leaps.
 */
import fc from 'fast-check';
import type { RefclockConfig } from '../../../src/config/types.js';
import type { ByteLink, ByteLinkHandler } from '../../../src/ports/byte-link.js';
import type { Clock, ClockReadback, ClockStatus, StampMap } from '../../../src/ports/clock.js';
import type { GpsDecoder, GpsEpoch, GpsEvent } from '../../../src/ports/gps.js';
import type { Log } from '../../../src/ports/log.js';
import type { Edge, PulseSource } from '../../../src/ports/pulse-source.js';
import type { Scheduler, Timer } from '../../../src/ports/scheduler.js';
import type { ArmedLeap, RefclockEnvironment, Reference } from '../../../src/source/refclock/environment.js';
import type { Phase, Sample, SourceSink } from '../../../src/source/types.js';

const ns = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9));

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
  cancelled: boolean;
}

/** Time since the start of the world, true seconds. */
export class Virtual implements Scheduler {
  t = 0;
  private plan: Planned[] = [];
  private order = 0;

  constructor(private readonly rate: number) {}

  /** The local monotonic clock runs at 1 + rate. */
  monotonic(): bigint {
    return ns(1000 + this.t * (1 + this.rate));
  }

  after(seconds: number, action: () => void): Timer {
    return this.at(this.t + seconds / (1 + this.rate), action);
  }

  at(t: number, action: () => void): Timer {
    const planned: Planned = { at: Math.max(t, this.t), order: this.order++, action, cancelled: false };
    let low = 0;
    let high = this.plan.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.plan[middle]!.at <= planned.at) low = middle + 1;
      else high = middle;
    }
    this.plan.splice(low, 0, planned);
    return {
      cancel() {
        planned.cancelled = true;
      },
    };
  }

  run(until: number): void {
    while (this.plan.length > 0 && this.plan[0]!.at <= until) {
      const next = this.plan.shift()!;
      this.t = Math.max(this.t, next.at);
      if (!next.cancelled) next.action();
    }
    this.t = until;
  }
}

/** A served clock that is `errorNs` ahead of the truth (Unix second `start` at t = 0) and runs at the monotonic rate. */
export class ScriptedClock implements Clock {
  readonly kind = 'simulated';
  readonly precisionLog2 = -23;
  readonly frequencyResolution = 1e-11;
  readonly maxFrequency = 500e-6;
  readonly frequency = 0;
  constructor(
    private readonly virtual: Virtual,
    private readonly startNs: bigint,
    public errorNs: bigint,
    private readonly rate: number,
  ) {}
  at(t: number): bigint {
    return this.startNs + this.errorNs + ns(t * (1 + this.rate));
  }
  now(): bigint {
    return this.at(this.virtual.t);
  }
  monotonic(): bigint {
    return this.virtual.monotonic();
  }
  setFrequency(frequency: number): number {
    return frequency;
  }
  step(seconds: number): void {
    this.errorNs += BigInt(Math.round(seconds)) * 1_000_000_000n + ns(seconds - Math.round(seconds));
  }
  setStatus(_status: ClockStatus): void {}
  readback(): ClockReadback {
    return {
      frequency: 0,
      synchronised: false,
      leap: 0,
      taiOffsetSeconds: 0,
      foreignHand: false,
      jumpSeconds: 0,
    };
  }
  stampMap(): StampMap {
    return { anchorKernelNs: 0n, anchorServedNs: 0n, rate: 0 };
  }
  toServed(kernelNs: bigint): bigint {
    return kernelNs;
  }
}

const revive = (key: string, value: unknown): unknown =>
  typeof value === 'string' && /^\d+n$/.test(value) && key !== 'text' ? BigInt(value.slice(0, -1)) : value;
const replace = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

/** Each chunk is a JSON list of events; the arrival stamps of epochs are filled in. */
export class ScriptedDecoder implements GpsDecoder {
  counters = { sentences: 0, frames: 0, badChecksums: 0, discardedBytes: 0 };
  timecode = '$GPRMC,123519.00,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W';
  feed(chunk: Uint8Array, arrivalNs: bigint): readonly GpsEvent[] {
    const events: GpsEvent[] = JSON.parse(Buffer.from(chunk).toString(), revive);
    return events.map((event) =>
      event.type === 'epoch'
        ? { ...event, epoch: { ...event.epoch, firstByteNs: arrivalNs, arrivalNs } }
        : event,
    );
  }
}

export class ScriptedLink implements ByteLink {
  readonly name = '/dev/gps0';
  readonly written: Uint8Array[] = [];
  handler: ByteLinkHandler | undefined;
  constructor(private readonly clock: ScriptedClock) {}
  open(handler: ByteLinkHandler): void {
    this.handler = handler;
    handler.up();
  }
  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }
  async close(): Promise<void> {
    this.handler = undefined;
  }
  send(events: readonly GpsEvent[]): void {
    this.handler?.bytes(Buffer.from(JSON.stringify(events, replace)), this.clock.now());
  }
}

export class ScriptedPulse implements PulseSource {
  readonly name = '/dev/pps0';
  private edges: Edge[] = [];
  private sequence = 0;
  failure: Error | undefined;
  opened = 0;
  open(): void {
    if (this.failure !== undefined) throw this.failure;
    this.opened += 1;
  }
  poll(): readonly Edge[] {
    const edges = this.edges;
    this.edges = [];
    return edges;
  }
  close(): void {}
  /** `seen` false: the hardware counted it, but it cannot be fetched any more */
  edge(assertNs: bigint, seen = true): void {
    this.sequence += 1;
    if (seen) this.edges.push({ sequence: this.sequence, assertNs });
  }
  repeat(assertNs: bigint): void {
    this.edges.push({ sequence: this.sequence, assertNs });
  }
}

export interface WorldOptions {
  /** Unix second of t = 0 */
  readonly start?: bigint;
  /** served clock ahead of the truth, s */
  readonly error?: number;
  /** rate of the local clock */
  readonly rate?: number;
  /** seconds the clock is stepped by the first sample and slewed by later ones; default true */
  readonly disciplined?: boolean;
}

export class World implements RefclockEnvironment {
  readonly start: bigint;
  readonly scheduler: Virtual;
  readonly clock: ScriptedClock;
  readonly link: ScriptedLink;
  readonly decoder = new ScriptedDecoder();
  readonly pulse = new ScriptedPulse();
  readonly samples: { readonly id: number; readonly sample: Sample; readonly errorSeconds: number }[] = [];
  readonly changes: number[] = [];
  readonly logged: string[] = [];
  referenceNow: Reference | undefined;
  leap: ArmedLeap | undefined;
  private moved = 0;
  private set = false;

  constructor(private readonly options: WorldOptions = {}) {
    this.start = options.start ?? 1_750_000_000n;
    const rate = options.rate ?? 0;
    this.scheduler = new Virtual(rate);
    const startNs = this.start * 1_000_000_000n;
    this.clock = new ScriptedClock(this.scheduler, startNs, ns(Math.round(options.error ?? 0)), rate);
    this.clock.step((options.error ?? 0) - Math.round(options.error ?? 0));
    this.link = new ScriptedLink(this.clock);
  }

  readonly phase: Phase = { movedSeconds: () => this.moved };
  readonly log: Log = { write: (level, event, text) => void this.logged.push(`${level} ${event} ${text}`) };
  readonly sink: SourceSink = {
    sample: (id, sample) => this.sampled(id, sample),
    changed: (id) => void this.changes.push(id),
  };
  reference(): Reference | undefined {
    return this.referenceNow;
  }
  armedLeap(): ArmedLeap | undefined {
    return this.leap;
  }

  /** true Unix ns at time t of the world */
  truth(t: number): bigint {
    return this.start * 1_000_000_000n + ns(t);
  }

  /** Served minus true time now, s. */
  errorNow(): number {
    return Number(this.clock.now() - this.truth(this.scheduler.t)) / 1e9;
  }

  moveClock(seconds: number): void {
    this.clock.step(seconds);
    if (Math.abs(seconds) < 1e4) this.moved += seconds;
  }

  run(until: number): void {
    this.scheduler.run(until);
  }

  /** What the sample says of true time, against the truth: 0 is right, 1 is a wrong second. */
  private sampled(id: number, sample: Sample): void {
    // served at the sample + offset should be the truth at that moment of the monotonic scale
    const t = (Number(sample.monoNs) / 1e9 - 1000) / (1 + (this.options.rate ?? 0));
    const whole = Math.round(sample.offsetSeconds);
    const saidNs = sample.atNs + BigInt(whole) * 1_000_000_000n + ns(sample.offsetSeconds - whole);
    this.samples.push({ id, sample, errorSeconds: Number(saidNs - this.truth(t)) / 1e9 });
    if (this.options.disciplined === false) return;
    if (!this.set || Math.abs(sample.offsetSeconds) > 0.1) this.moveClock(sample.offsetSeconds);
    else this.moveClock(sample.offsetSeconds / 8);
    this.set = true;
  }
}

export interface Rhythm {
  /** of the messages behind the second, s */
  readonly delay: (k: number) => number;
  readonly edges?: (k: number) => readonly number[];
  readonly message?: (k: number) => Partial<GpsEpoch> | undefined;
  readonly extra?: (k: number) => readonly GpsEvent[];
  readonly seconds: number;
}

/** Plans a receiver: an edge at each second, and a message `delay` after it. */
export function receive(world: World, rhythm: Rhythm): void {
  for (let k = 1; k <= rhythm.seconds; k += 1) {
    for (const late of rhythm.edges?.(k) ?? [0])
      world.scheduler.at(k + late, () => world.pulse.edge(world.clock.now()));
    const said = rhythm.message === undefined ? {} : rhythm.message(k);
    if (said === undefined) continue;
    world.scheduler.at(k + rhythm.delay(k), () =>
      world.link.send([epochEvent(world.truth(k), said), ...(rhythm.extra?.(k) ?? [])]),
    );
  }
}

export const epochEvent = (timeNs: bigint, said: Partial<GpsEpoch> = {}): GpsEvent => ({
  type: 'epoch',
  epoch: {
    timeNs,
    valid: true,
    leapSecondNow: false,
    fix: '3d',
    satellitesUsed: 8,
    from: 'RMC',
    utcKnown: true,
    firstByteNs: 0n,
    arrivalNs: 0n,
    ...said,
  },
});

export const refclock = (
  kind: RefclockConfig['kind'],
  over: Partial<RefclockConfig> = {},
): RefclockConfig => ({
  kind,
  unit: 0,
  address: {
    gps: '127.127.20.0',
    pps: '127.127.22.0',
    shm: '127.127.28.0',
    sock: '127.127.28.1',
    local: '127.127.1.0',
  }[kind],
  device: undefined,
  gpio: undefined,
  pulseDevice: undefined,
  gpioChip: undefined,
  gpioAccess: 'chardev',
  baud: undefined,
  protocol: 'auto',
  setup: undefined,
  edge: 'rising',
  time1: 0,
  time2: undefined,
  stratum: undefined,
  refid: undefined,
  flags: [false, false, false, false],
  mode: 0,
  minpoll: 4,
  maxpoll: 4,
  prefer: false,
  noselect: false,
  alwaysTrue: false,
  origin: { file: 'ntp.conf', line: 1, column: 1 },
  ...over,
});

/** Numbers spread evenly (fc.double favours the tiny ones). */
export const evenly = (from: number, to: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 1_000_000 }).map((part) => from + ((to - from) * part) / 1_000_000);

/** sfc32-like small generator for repeatable tests: uniform and normal. */
export function generator(seed: number): { uniform(): number; normal(): number } {
  let state = (seed * 2654435761) >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
