/**
 * What all refclock sources share: identity, reachability, the log of samples, and how they appear to selection, ntpq and
 * status. A kind of refclock adds where its samples come from and why it may not be used.
 */
import type { RefclockConfig } from '../../config/types.js';
import type { Leap } from '../../ports/clock.js';
import { every, type Timer } from '../../ports/scheduler.js';
import { refidOfText } from '../refid.js';
import type { Candidate, RefclockView, Sample, Source, SourceView, Unfit } from '../types.js';
import type { RefclockEnvironment } from './environment.js';
import { SampleLog } from './sample-log.js';
import { StampFrame } from './stamp-frame.js';

export interface Refusal {
  readonly unfit: Unfit;
  /** for a person */
  readonly why: string;
}

/** Where a kind differs from the others in what it shows. */
export interface RefclockFacts {
  readonly pulse: boolean;
  readonly lastResort: boolean;
  readonly numberedBy: number | 'survivors' | undefined;
  readonly leap: Leap;
  /** after so many seconds without a sample it is stale */
  readonly staleAfterSeconds: number;
}

const DRIVER_TYPE = { gps: 20, pps: 22, shm: 28, sock: 28, local: 1 } as const;
const DEFAULT_REFID = { gps: 'GPS', pps: 'PPS', shm: 'SHM', sock: 'SOCK', local: 'LOCL' } as const;
const HOUSEKEEPING_SECONDS = 1;
/** mode 3 (client) of a server that is a clock, as ntpq shows refclocks */
const HOST_MODE = 3;
const PEER_MODE = 4;
/** RFC 5905 TEST13 (peer unreachable or not to be selected), the bit ntpq prints as peer_unreach */
const FLASH_UNFIT = 0x1000;
/** Jitter is never claimed to be less than this, s. */
const JITTER_LEAST = 1e-9;
/** RFC 9327 peer events, as this room tells them */
const EVENT_UNREACHABLE = 3;
const EVENT_REACHABLE = 4;

export abstract class RefclockSource implements Source {
  protected readonly frame: StampFrame;
  protected readonly samples = new SampleLog();
  protected polls = 0;
  protected noReply = 0;
  private reach = 0;
  private unreach = 0;
  private heardSincePoll = false;
  private untilPoll = 0;
  private unaccounted = 0;
  private housekeeping: Timer | undefined;
  private lastUnfit: Unfit | undefined | null = null;
  private lastEvent = 0;
  private eventCount = 0;

  constructor(
    readonly id: number,
    protected readonly config: RefclockConfig,
    protected readonly environment: RefclockEnvironment,
  ) {
    this.frame = new StampFrame(environment.clock, environment.phase);
  }

  /** Devices and lines. */
  protected abstract open(): void;
  protected abstract close(): void;
  protected abstract facts(): RefclockFacts;
  /** Why it cannot be used just now, apart from what this class knows (noselect, samples); undefined: nothing speaks against it. */
  protected abstract refusal(): Refusal | undefined;
  /** What it is doing, when nothing is wrong. */
  protected abstract activity(): string;
  protected abstract refclockView(): Partial<RefclockView> & { readonly device: string };
  /** Once a second. */
  protected tick(): void {}

  get taiOffsetSeconds(): number | undefined {
    return undefined;
  }

  start(): void {
    this.housekeeping?.cancel();
    this.housekeeping = every(this.environment.scheduler, HOUSEKEEPING_SECONDS, () => this.keepHouse());
    this.open();
  }

  stop(): void {
    this.housekeeping?.cancel();
    this.housekeeping = undefined;
    this.close();
    this.samples.clear();
    this.reach = 0;
  }

  /** Of a driver whose flag3 means something in ntpd. */
  protected warnOfKernelDiscipline(): void {
    if (this.config.flags[2])
      this.environment.log.write(
        'warning',
        'refclock-flag-unused',
        `${this.config.address}: flag3 (kernel PPS discipline) is not used; noonmark disciplines the clock itself`,
      );
  }

  candidate(): Candidate {
    const { environment, config } = this;
    this.checkFrame();
    const moved = environment.phase.movedSeconds();
    const mono = environment.clock.monotonic();
    const { pulse, lastResort, numberedBy, leap } = this.facts();
    return {
      id: this.id,
      offsetSeconds: this.samples.offsetNow(moved),
      jitterSeconds: Math.max(JITTER_LEAST, this.samples.jitter(moved)),
      rootDelaySeconds: 0,
      rootDispersionSeconds: this.samples.dispersion(mono),
      stratum: this.stratum,
      leap,
      unfit: this.judge()?.unfit,
      prefer: config.prefer,
      alwaysTrue: config.alwaysTrue,
      pulse,
      lastResort,
      numberedBy,
    };
  }

  view(): SourceView {
    const { config, environment } = this;
    const candidate = this.candidate();
    const refusal = this.judge();
    const newest = this.samples.newest;
    const moved = environment.phase.movedSeconds();
    const mono = environment.clock.monotonic();
    return {
      id: this.id,
      kind: 'refclock',
      name: config.address,
      address: config.address,
      port: 123,
      localAddress: '127.0.0.1',
      localPort: 123,
      hostMode: HOST_MODE,
      peerMode: PEER_MODE,
      hostPoll: config.minpoll,
      peerPoll: config.minpoll,
      version: 4,
      configured: true,
      authenticationEnabled: false,
      authentic: false,
      keyId: 0,
      reach: this.reach,
      unreach: this.unreach,
      leap: refusal === undefined ? candidate.leap : 3,
      stratum: this.stratum,
      precisionLog2: environment.clock.precisionLog2,
      rootDelaySeconds: 0,
      rootDispersionSeconds: 0,
      refid: refidOfText(this.refid),
      referenceTimeNs: newest?.atNs ?? 0n,
      receivedTimeNs: newest?.atNs ?? 0n,
      offsetSeconds: candidate.offsetSeconds,
      delaySeconds: 0,
      dispersionSeconds: candidate.rootDispersionSeconds,
      jitterSeconds: candidate.jitterSeconds,
      filter: this.samples.filter(moved, mono),
      flash: refusal === undefined ? 0 : FLASH_UNFIT,
      unfit: refusal?.unfit,
      remark: refusal?.why ?? this.activity(),
      headwaySeconds: 0,
      ttl: 0,
      lastEvent: this.lastEvent,
      eventCount: this.eventCount,
      refclock: this.fullView(),
    };
  }

  protected get stratum(): number {
    return this.config.stratum ?? 0;
  }

  protected get refid(): string {
    return this.config.refid ?? DEFAULT_REFID[this.config.kind];
  }

  /** A fresh measurement: kept, counted and handed on. */
  protected measured(sample: Sample): void {
    this.checkFrame();
    this.samples.add(sample);
    this.heard();
    this.checkFitness();
    this.environment.sink.sample(this.id, sample);
    // What this sample made the engine do to the clock happened while no stamp was on its way here.
    this.frame.look();
  }

  /** It answered: for the reach register. */
  protected heard(): void {
    this.heardSincePoll = true;
    if (this.reach === 0) this.event(EVENT_REACHABLE);
    this.reach |= 1;
    this.unreach = 0;
  }

  /** To be called when anything that refusal() rests on may have changed. */
  protected checkFitness(): void {
    const unfit = this.judge()?.unfit;
    if (unfit === this.lastUnfit) return;
    this.lastUnfit = unfit;
    this.environment.sink.changed(this.id);
  }

  private judge(): Refusal | undefined {
    const refusal = this.refusal();
    if (refusal !== undefined) return refusal;
    if (this.facts().lastResort) return this.refusedByUser();
    const mono = this.environment.clock.monotonic();
    if (this.samples.newest === undefined) return { unfit: 'no-samples', why: 'no measurement yet' };
    const age = this.samples.age(mono);
    if (age > this.facts().staleAfterSeconds)
      return { unfit: 'stale', why: `the last measurement is ${Math.round(age)} s old` };
    return this.refusedByUser();
  }

  private refusedByUser(): Refusal | undefined {
    if (!this.config.noselect) return undefined;
    return { unfit: 'noselect', why: `measured only, as configured (noselect); ${this.activity()}` };
  }

  /** Offsets from before a step that Phase does not know of mean nothing now. */
  private checkFrame(): void {
    this.frame.look();
    if (this.frame.unaccounted === this.unaccounted) return;
    this.unaccounted = this.frame.unaccounted;
    this.samples.clear();
  }

  private keepHouse(): void {
    this.tick();
    this.untilPoll -= HOUSEKEEPING_SECONDS;
    if (this.untilPoll <= 0) this.poll();
    this.checkFitness();
  }

  private poll(): void {
    this.untilPoll = 2 ** this.config.minpoll;
    this.polls += 1;
    const before = this.reach;
    this.reach = (this.reach << 1) & 0xff;
    if (this.heardSincePoll) {
      // The interval just over had its answer; the shift must not hide it.
      this.reach |= 1;
    } else {
      this.noReply += 1;
      this.unreach += 1;
      if (before !== 0 && this.reach === 0) this.event(EVENT_UNREACHABLE);
    }
    this.heardSincePoll = false;
  }

  private event(code: number): void {
    this.lastEvent = code;
    this.eventCount = Math.min(15, this.eventCount + 1);
  }

  private fullView(): RefclockView {
    const { config } = this;
    let flags = 0;
    config.flags.forEach((flag, i) => {
      if (flag) flags |= 1 << i;
    });
    return {
      type: DRIVER_TYPE[config.kind],
      timecode: '',
      polls: this.polls,
      noReply: this.noReply,
      badFormat: 0,
      badData: 0,
      time1Seconds: config.time1,
      time2Seconds: config.time2 ?? 0,
      stratum: this.stratum,
      refid: this.refid,
      flags,
      satellitesUsed: undefined,
      fix: undefined,
      messageDelaySeconds: undefined,
      pulseJitterSeconds: undefined,
      ...this.refclockView(),
    };
  }
}
