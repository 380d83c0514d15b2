/**
 * A GPS receiver as a source (127.127.20.u, `refclock gps`): numbered pulses when it has a pulse line of its own (flag1),
 * else the coarse time of its messages. A PpsSource may borrow its receiver and report its pulses back here.
 */
import type { RefclockConfig } from '../../config/types.js';
import type { Leap } from '../../ports/clock.js';
import type { GpsHealth, GpsIdentity, GpsLeapNotice, GpsSatellite } from '../../ports/gps.js';
import type { SetupView } from '../../ports/gps-setup.js';
import type { PulseSource } from '../../ports/pulse-source.js';
import type { RefclockView } from '../types.js';
import { CoarseTime, type KnownDelay } from './coarse-time.js';
import type { RefclockEnvironment } from './environment.js';
import { GpsReceiver, type GpsReceiverOptions, type HeardEpoch } from './gps-receiver.js';
import { NumberedPulses, PULSE_SILENCE } from './numbered-pulses.js';
import { PulseTrain } from './pulse-train.js';
import { type RefclockFacts, RefclockSource, type Refusal } from './refclock-source.js';
import { receiverName, type SavedRefclock } from './saved-state.js';
import { obscureLocation } from './timecode.js';

/** With a pulse line, messages alone are used only when no pulse has come for this long after the first fix, s ... */
const GRACE_SECONDS = 15;
/** ... and, once pulses were used, not within this time: a disciplined clock that coasts is better than messages, s. */
const COAST_SECONDS = 3600;
const DAY_NS = 86_400_000_000_000n;
/** A pulse's stamp: interrupt latency of a small board, s. */
const PULSE_DISPERSION = 2e-6;

export interface GpsSourceOptions extends Omit<GpsReceiverOptions, 'saved'> {
  /** the receiver's own pulse line; undefined: messages only */
  readonly pulse?: PulseSource | undefined;
  readonly saved?: SavedRefclock | undefined;
}

export class GpsSource extends RefclockSource {
  readonly receiver: GpsReceiver;
  private readonly train: PulseTrain | undefined;
  private readonly ownPulses: NumberedPulses | undefined;
  private borrower: NumberedPulses | undefined;
  private readonly coarse: CoarseTime;
  private firstValidNs: bigint | undefined;
  private lastPulseNs: bigint | undefined;
  private coarseUsed: KnownDelay | undefined;

  constructor(
    id: number,
    config: RefclockConfig,
    environment: RefclockEnvironment,
    private readonly options: GpsSourceOptions,
  ) {
    super(id, config, environment);
    this.receiver = new GpsReceiver(options, environment, this.frame, id, () => this.knownDelay());
    this.coarse = new CoarseTime(environment, this.frame, id, config.time2);
    const { pulse, saved } = options;
    if (pulse !== undefined) {
      const train = new PulseTrain(pulse, environment, this.frame, {
        edge: (edge, regridded) => this.ownPulses?.edge(edge, regridded),
      });
      this.train = train;
      const pulseOptions = {
        offsetSeconds: config.time1,
        fixedDelaySeconds: config.time2,
        savedDelaySeconds: saved?.delaySeconds,
        dispersionSeconds: PULSE_DISPERSION,
        dependsOn: id,
      };
      this.ownPulses = new NumberedPulses(this.receiver, train, environment, pulseOptions, (sample) => {
        this.lastPulseNs = sample.monoNs;
        this.measured(sample);
      });
    }
    this.receiver.listen({
      epoch: (heard) => this.epoch(heard),
      pulseError: () => {},
      changed: () => this.checkFitness(),
    });
  }

  /** The pulses of a PpsSource that are numbered by this receiver: their learned delay serves the coarse time too. */
  lend(borrower: NumberedPulses): void {
    this.borrower = borrower;
  }

  /** A numbered pulse was measured by the borrower. */
  pulseUsed(monoNs: bigint): void {
    this.lastPulseNs = monoNs;
  }

  /** fudge time2 of this source, for whoever pairs pulses with its messages */
  get fixedDelay(): number | undefined {
    return this.config.time2;
  }

  /** May selection use this source itself, so that a pulse can follow its fate? Not when it is only measured (noselect). */
  get votes(): boolean {
    return !this.config.noselect;
  }

  get savedDelay(): number | undefined {
    return this.options.saved?.delaySeconds;
  }

  override get taiOffsetSeconds(): number | undefined {
    return this.receiver.taiOffsetSeconds;
  }

  /** A leap second the receiver announces; undefined: it said nothing. */
  get leapNotice(): GpsLeapNotice | undefined {
    return this.receiver.leapNotice;
  }

  get satellites(): readonly GpsSatellite[] {
    return this.receiver.satellites;
  }

  get identity(): GpsIdentity | undefined {
    return this.receiver.identity;
  }

  get health(): GpsHealth | undefined {
    return this.receiver.health;
  }

  /** How far the receiver is set up; undefined: it is left as it is. */
  get setup(): SetupView | undefined {
    return this.options.setup?.view;
  }

  /** What to keep over a restart; undefined while nothing is worth keeping. */
  exportState(): SavedRefclock | undefined {
    const delaySeconds = this.learnedDelay() ?? this.receiver.saved?.delaySeconds;
    const trustedAtNs = this.receiver.trustedAtNs?.toString() ?? this.receiver.saved?.trustedAtNs;
    const { setup, saved } = this.options;
    const place = setup === undefined ? saved?.place : setup.remembered;
    if (delaySeconds === undefined && trustedAtNs === undefined && place === undefined) return undefined;
    const receiver = receiverName(this.receiver.identity) || (this.receiver.saved?.receiver ?? '');
    return { version: 1, receiver, delaySeconds, trustedAtNs, ...(place === undefined ? {} : { place }) };
  }

  protected open(): void {
    this.warnOfKernelDiscipline();
    this.receiver.start();
    this.train?.start();
  }

  protected close(): void {
    this.train?.stop();
    void this.receiver.stop();
  }

  protected facts(): RefclockFacts {
    return {
      pulse: this.ownPulses !== undefined && this.pulsesInUse(),
      lastResort: false,
      numberedBy: undefined,
      leap: this.leapOfToday(),
      staleAfterSeconds: this.pulsesInUse() && this.ownPulses !== undefined ? PULSE_SILENCE : 30,
    };
  }

  protected refusal(): Refusal | undefined {
    const pulses = this.ownPulses ?? this.borrower;
    if (pulses !== undefined) {
      const refusal = pulses.refusal();
      if (refusal === undefined || refusal.unfit !== 'no-pulse') return refusal;
      if (!this.coarseAllowed()) return refusal;
    }
    const why = this.receiver.complaint();
    if (why === undefined) return undefined;
    if (!this.receiver.lineUp) return { unfit: 'unreachable', why };
    return { unfit: this.receiver.valid() ? 'utc-unknown' : 'no-fix', why };
  }

  protected activity(): string {
    const { latest } = this.receiver;
    const satellites = `${this.receiver.satellitesUsed} satellites`;
    const delay = this.learnedDelay();
    if (this.ownPulses !== undefined && this.pulsesInUse()) {
      const behind = delay === undefined ? '' : `, messages ${Math.round(delay * 1e3)} ms after them`;
      return `pulses numbered by ${latest?.from ?? 'messages'}${behind}; ${satellites}`;
    }
    const used = this.coarseUsed;
    if (used === undefined) return `time from messages; ${satellites}`;
    const origin = used.from === 'assumed' ? 'assumed, not known' : `from ${used.from}`;
    const delayText = `${Math.round(used.seconds * 1e3)} ms (${origin})`;
    return `time from messages only, their delay ${delayText}; ${satellites}`;
  }

  protected refclockView(): Partial<RefclockView> & { readonly device: string } {
    const { decoder, latest, invalidEpochs, name } = this.receiver;
    const timecode = decoder.timecode;
    return {
      device: this.config.device ?? name,
      timecode: this.config.flags[3] ? obscureLocation(timecode) : timecode,
      badFormat: decoder.counters.badChecksums,
      badData: invalidEpochs,
      satellitesUsed: latest === undefined ? undefined : this.receiver.satellitesUsed,
      fix: latest?.fix,
      messageDelaySeconds: this.learnedDelay(),
      pulseJitterSeconds:
        this.ownPulses !== undefined && this.pulsesInUse()
          ? this.samples.jitter(this.environment.phase.movedSeconds())
          : undefined,
    };
  }

  /** RFC 5905 leap indicator: announced on the day of the leap only. */
  private leapOfToday(): Leap {
    const { leapNotice, latest } = this.receiver;
    const at = leapNotice?.atNs;
    if (leapNotice === undefined || at === undefined || latest === undefined) return 0;
    const ahead = at - latest.timeNs;
    if (ahead <= 0n || ahead > DAY_NS) return 0;
    return leapNotice.change === 1 ? 1 : leapNotice.change === -1 ? 2 : 0;
  }

  private epoch(heard: HeardEpoch): void {
    this.firstValidNs ??= heard.firstMonoNs;
    const delay = this.currentDelay();
    const ownPulses = this.ownPulses !== undefined && this.ownPulses.refusal() === undefined;
    const wanted = !ownPulses && this.refusal() === undefined;
    const sample = this.coarse.epoch(heard, delay, wanted);
    if (sample === undefined) return;
    this.coarseUsed = delay;
    this.measured(sample);
  }

  /** Are numbered pulses what this source gives now? */
  private pulsesInUse(): boolean {
    return this.lastPulseNs !== undefined && this.secondsSince(this.lastPulseNs) < PULSE_SILENCE;
  }

  private coarseAllowed(): boolean {
    if (this.firstValidNs === undefined || this.secondsSince(this.firstValidNs) < GRACE_SECONDS) return false;
    return this.lastPulseNs === undefined || this.secondsSince(this.lastPulseNs) > COAST_SECONDS;
  }

  private secondsSince(monoNs: bigint): number {
    return Number(this.environment.clock.monotonic() - monoNs) / 1e9;
  }

  private learnedFromPulses(): number | undefined {
    return (this.ownPulses ?? this.borrower)?.pairer.learnedDelay;
  }

  private learnedDelay(): number | undefined {
    return this.learnedFromPulses() ?? this.coarse.learnedDelay;
  }

  private currentDelay(): KnownDelay {
    const { receiver } = this;
    const pairer = (this.ownPulses ?? this.borrower)?.pairer;
    const fromPulses =
      pairer?.learnedDelay === undefined
        ? undefined
        : { seconds: pairer.learnedDelay, doubtSeconds: pairer.delayDoubt };
    return this.coarse.delay(fromPulses, receiver.saved?.delaySeconds, receiver.delayRange);
  }

  /** The first byte's delay where it does not rest on what other sources say, nor on an assumption. */
  private knownDelay(): number | undefined {
    const delay = this.currentDelay();
    return delay.from === 'pulses' || delay.from === 'saved' ? delay.seconds : undefined;
  }
}
