/**
 * One GPS receiver at work: its line, its decoder, what it last said, and whether its UTC is believed. Hands valid epochs
 * to whoever pairs or uses them (GpsSource, PpsSource). Knows nothing of pulses.
 */
import type { ByteLink } from '../../ports/byte-link.js';
import type {
  GpsDecoder,
  GpsEpoch,
  GpsEvent,
  GpsHealth,
  GpsIdentity,
  GpsLeapNotice,
  GpsPulseError,
  GpsSatellite,
} from '../../ports/gps.js';
import type { ReceiverSetup } from '../../ports/gps-setup.js';
import { every, type Timer } from '../../ports/scheduler.js';
import { NS_PER_SECOND } from '../../units/time.js';
import type { RefclockEnvironment } from './environment.js';
import { LeapScale } from './leap-scale.js';
import { LineIdle } from './line-idle.js';
import { BUSY_LINE, type DelayRange, delayRange } from './receiver-family.js';
import { receiverName, type SavedRefclock } from './saved-state.js';
import type { StampFrame } from './stamp-frame.js';
import { type Trust, type TrustInput, UtcTrust } from './utc-trust.js';
import { Waiting } from './waiting.js';

/** Bursts that began before a step of the clock cannot be placed; they are told by then (some a second later), s. */
const BURST_SECONDS = 2.2;
/** A receiver that has not said a valid time for this long has none, s. */
export const VALIDITY_SECONDS = 3.5;
/** Nothing at all from the line, s. */
const SILENCE_SECONDS = 10;
const QUERY_EVERY = 20;
const QUERY_TURNS = 5;
/** What a reference must leave over to tell one second from the next, s. */
const SECOND_APART = 0.4;
const SETTLED_SECONDS = 300;
/** Two conversions of one stamp may differ by less than this. */
const STAMP_GRAIN_NS = 1_000_000n;
const HEALTH_WORDS = {
  antenna: 'the antenna',
  jamming: 'jamming of the signals',
  spoofing: 'false signals (spoofing)',
} as const;

/** A valid, placed epoch. */
export interface HeardEpoch {
  readonly epoch: GpsEpoch;
  /** on the continuous scale (leap-scale.ts) */
  readonly labelNs: bigint;
  readonly firstMonoNs: bigint;
  readonly trust: Trust;
}

export interface ReceiverListener {
  epoch(heard: HeardEpoch): void;
  pulseError(pulseError: GpsPulseError, second: bigint | undefined, monoNs: bigint): void;
  /** identity, validity, the line or trust changed */
  changed(): void;
}

export interface GpsReceiverOptions {
  readonly link: ByteLink;
  readonly decoder: GpsDecoder;
  /** sent when the line comes up until the receiver has named itself, e.g. polls of UBX-MON-VER and PMTK605 */
  readonly queries?: readonly Uint8Array[] | undefined;
  readonly saved?: SavedRefclock | undefined;
  /** undefined: the receiver is left as it is */
  readonly setup?: ReceiverSetup | undefined;
}

export class GpsReceiver {
  readonly leapScale = new LeapScale();
  lineUp = false;
  /** it was up, and went away */
  private lost = false;
  identity: GpsIdentity | undefined;
  health: GpsHealth | undefined;
  /** the last that was not "unknown", which one of two messages may always say */
  private readonly toldHealth = new Map<keyof GpsHealth, string>();
  satellites: readonly GpsSatellite[] = [];
  leapNotice: GpsLeapNotice | undefined;
  /** the last epoch, valid or not */
  latest: GpsEpoch | undefined;
  epochs = 0;
  invalidEpochs = 0;
  /** the newest time that was trusted, Unix ns */
  trustedAtNs: bigint | undefined;
  private readonly trustRules: UtcTrust;
  private readonly idle = new LineIdle();
  private readonly waiting: Waiting;
  /** stamps of the bytes that may have waited, of one burst or two, and since when; monotonic ns */
  private waited: readonly { readonly sinceNs: bigint; readonly stampNs: bigint }[] = [];
  private readonly listeners: ReceiverListener[] = [];
  private lastValidNs: bigint | undefined;
  private lastByteNs: bigint | undefined;
  private lastLabel: bigint | undefined;
  private leapSeconds: number | undefined;
  private downReason = 'the line has not been opened yet';
  private queryTimer: Timer | undefined;
  private range: DelayRange | undefined;

  /** `id`: the source that asks for references; `delay()`: the learned delay of the messages, s. */
  constructor(
    private readonly options: GpsReceiverOptions,
    private readonly environment: RefclockEnvironment,
    private readonly frame: StampFrame,
    private readonly id: number,
    private readonly delay: () => number | undefined,
  ) {
    const { saved } = options;
    this.waiting = new Waiting(environment.scheduler);
    this.trustRules = new UtcTrust(saved?.trustedAtNs === undefined ? undefined : BigInt(saved.trustedAtNs));
  }

  get name(): string {
    return this.options.link.name;
  }

  get decoder(): GpsDecoder {
    return this.options.decoder;
  }

  get trust(): Trust {
    return this.trustRules.trust;
  }

  /** How late this receiver's messages can be. */
  get delayRange(): DelayRange {
    if (this.idle.saturated) return BUSY_LINE;
    const range = this.range ?? this.familyRange();
    return { ...range, mostSeconds: range.mostSeconds + this.idle.firstChunkSeconds };
  }

  /** A time message that does not tell how many satellites were used may stand beside one that does. */
  get satellitesUsed(): number {
    return Math.max(this.latest?.satellitesUsed ?? 0, this.satellites.filter(({ used }) => used).length);
  }

  /** TAI - UTC, once the receiver told GPS - UTC and its UTC is trusted. */
  get taiOffsetSeconds(): number | undefined {
    return this.leapSeconds !== undefined && this.trust.trusted ? this.leapSeconds + 19 : undefined;
  }

  /** The saved state, unless the receiver has meanwhile named itself as another one. */
  get saved(): SavedRefclock | undefined {
    const { saved } = this.options;
    const name = receiverName(this.identity);
    const other = saved !== undefined && saved.receiver !== '' && name !== '' && saved.receiver !== name;
    return other ? undefined : saved;
  }

  listen(listener: ReceiverListener): void {
    this.listeners.push(listener);
  }

  start(): void {
    this.waiting.start();
    this.options.link.open({
      bytes: (chunk, arrivalNs) => this.bytes(chunk, arrivalNs),
      up: () => this.up(),
      down: (reason) => this.down(reason),
    });
  }

  async stop(): Promise<void> {
    this.queryTimer?.cancel();
    this.waiting.stop();
    this.lineUp = false;
    await this.options.link.close();
  }

  /** Has it said a valid time within the last seconds? */
  valid(): boolean {
    return this.lineUp && this.secondsSince(this.lastValidNs) <= VALIDITY_SECONDS;
  }

  /** Why there is no time from it; undefined when there is. For people. */
  complaint(): string | undefined {
    if (!this.lineUp) return `${this.name}: ${this.downReason}`;
    if (this.valid()) return this.trust.trusted ? undefined : this.trust.why;
    if (this.secondsSince(this.lastByteNs) > SILENCE_SECONDS)
      return `${this.name}: nothing comes from the receiver; check its wiring, power and baud rate`;
    const { latest } = this;
    if (latest === undefined) {
      const { badChecksums, sentences, frames } = this.decoder.counters;
      return badChecksums > sentences + frames
        ? `${this.name}: only damaged messages come; check the baud rate`
        : `${this.name}: no time in the receiver's messages yet`;
    }
    const count = this.satellitesUsed;
    return `waiting for a fix: ${count} ${count === 1 ? 'satellite' : 'satellites'}`;
  }

  private familyRange(): DelayRange {
    return delayRange(this.identity, this.latest?.from ?? '', this.decoder.timecode);
  }

  private secondsSince(monoNs: bigint | undefined): number {
    if (monoNs === undefined) return Number.POSITIVE_INFINITY;
    return Number(this.environment.clock.monotonic() - monoNs) / 1e9;
  }

  private up(): void {
    if (this.lost) this.environment.log.write('notice', 'gps-line-up', `${this.name} is back`);
    this.lineUp = true;
    this.lost = false;
    this.ask(QUERY_TURNS);
    this.tell();
  }

  private down(reason: string): void {
    if (this.lineUp) {
      this.lost = true;
      this.environment.log.write('warning', 'gps-line-down', `${this.name}: ${reason}`);
    }
    this.lineUp = false;
    this.downReason = reason;
    this.queryTimer?.cancel();
    this.tell();
  }

  private ask(turns: number): void {
    this.queryTimer?.cancel();
    const { queries = [] } = this.options;
    if (queries.length === 0) return;
    let left = turns;
    const once = () => {
      const known = this.identity !== undefined && this.identity.vendor !== 'unknown';
      if (left <= 0 || known || !this.lineUp) this.queryTimer?.cancel();
      else for (const query of queries) this.options.link.write(query);
      left -= 1;
    };
    this.queryTimer = every(this.environment.scheduler, QUERY_EVERY, once);
    once();
  }

  private tell(): void {
    for (const listener of this.listeners) listener.changed();
  }

  private bytes(chunk: Uint8Array, arrivalNs: bigint): void {
    this.frame.look();
    this.lastByteNs = this.frame.nowNs;
    const monoNs = this.frame.toMono(arrivalNs);
    const sinceNs = this.waiting.since();
    if (sinceNs === undefined) this.idle.chunk(this.frame.nowNs, chunk.length);
    else {
      const isNew = ({ stampNs }: { readonly stampNs: bigint }) =>
        Number(monoNs - stampNs) < BURST_SECONDS * 1e9;
      this.waited = [...this.waited.filter(isNew), { sinceNs, stampNs: monoNs }];
      this.idle.skip();
    }
    for (const event of this.decoder.feed(chunk, arrivalNs)) this.event(event, monoNs);
  }

  private event(event: GpsEvent, monoNs: bigint): void {
    switch (event.type) {
      case 'epoch':
        this.epoch(event.epoch);
        break;
      case 'pulse-error':
        if (!this.frame.doubtful(monoNs)) this.pulseError(event.pulseError, monoNs);
        break;
      case 'leap':
        this.leap(event.leap);
        break;
      case 'satellites':
        this.satellites = event.satellites;
        break;
      case 'identity':
        this.identity = { ...this.identity, ...event.identity };
        this.tell();
        break;
      case 'health':
        this.changeHealth(event.health);
        break;
      case 'rollover':
        this.environment.log.write('warning', 'gps-week-rollover', `${this.name}: ${event.text}`);
        break;
    }
  }

  /** The first word is no news unless it is bad; "unknown" is what many modules always say. */
  private changeHealth(health: GpsHealth): void {
    this.health = health;
    for (const what of ['antenna', 'jamming', 'spoofing'] as const) {
      const now = health[what];
      const before = this.toldHealth.get(what) ?? 'ok';
      if (now === before || now === 'unknown') continue;
      this.toldHealth.set(what, now);
      const isGood = now === 'ok';
      const text = `${this.name}: ${HEALTH_WORDS[what]}: ${now}`;
      this.environment.log.write(isGood ? 'notice' : 'warning', 'receiver-health', text);
    }
  }

  private epoch(epoch: GpsEpoch): void {
    const before = this.valid();
    this.latest = epoch;
    if (epoch.leapSeconds !== undefined) this.leapSeconds = epoch.leapSeconds;
    if (!epoch.valid) {
      this.invalidEpochs += 1;
      this.lastValidNs = undefined;
      if (before) this.tell();
      return;
    }
    this.epochs += 1;
    this.lastValidNs = this.frame.nowNs;
    this.leapScale.arm(this.environment.armedLeap(), epoch.timeNs);
    const labelNs = this.leapScale.continuous(epoch.timeNs, epoch.leapSecondNow);
    // One burst may carry its time in several messages; the first says all.
    const again = labelNs === this.lastLabel;
    this.lastLabel = labelNs;
    // Answers between the messages of a receiver that is being set make these late.
    const isBusy = this.options.setup?.busy === true;
    if (again || isBusy || this.frame.secondsSinceStep() < BURST_SECONDS) return;
    const firstMonoNs = this.frame.toMono(epoch.firstByteNs);
    const believed = this.trust.trusted;
    // Nobody knows when it came. Until the receiver is believed nothing better may be to be had.
    if (believed && this.hasWaited(firstMonoNs)) return;
    this.range = this.familyRange();
    const trust = this.trustRules.observe({
      labelNs,
      monoNs: firstMonoNs,
      utcKnown: epoch.utcKnown,
      ...this.opinion(epoch.timeNs, firstMonoNs),
    });
    if (trust.trusted) this.trustedAtNs = epoch.timeNs;
    if (believed && !trust.trusted)
      this.environment.log.write('warning', 'gps-utc-doubted', `${this.name}: ${trust.why}`);
    for (const listener of this.listeners) listener.epoch({ epoch, labelNs, firstMonoNs, trust });
    if (!before || believed !== trust.trusted) this.tell();
  }

  private hasWaited(monoNs: bigint): boolean {
    return this.waited.some(
      ({ sinceNs, stampNs }) => monoNs >= sinceNs && monoNs <= stampNs + STAMP_GRAIN_NS,
    );
  }

  /** Do others agree with this time to the second? undefined: there are none, or they are too vague. */
  private opinion(timeNs: bigint, firstMonoNs: bigint): Pick<TrustInput, 'othersAgree' | 'byMemory'> {
    const reference = this.environment.reference(this.id);
    if (reference === undefined || reference.uncertaintySeconds > SECOND_APART)
      return { othersAgree: undefined, byMemory: false };
    const { offsetSeconds, uncertaintySeconds, sources, servedClock } = reference;
    const byMemory = servedClock === true;
    const servedNs = this.frame.toServed(firstMonoNs);
    const behind = Number(servedNs - timeNs) / 1e9 + offsetSeconds;
    const delay = this.delay();
    const { leastSeconds, mostSeconds } = this.delayRange;
    const slack = uncertaintySeconds + 0.1;
    const agree =
      delay === undefined
        ? behind > leastSeconds - slack && behind < mostSeconds + slack
        : Math.abs(behind - delay) < SECOND_APART + uncertaintySeconds / 2;
    if (agree) return { othersAgree: true, byMemory };
    // One source alone cannot unseat a receiver that was believed and has kept its seconds for long.
    const settled = this.trust.trusted && this.trustRules.stableSeconds() > SETTLED_SECONDS;
    return { othersAgree: settled && sources < 2 ? undefined : false, byMemory };
  }

  private pulseError(pulseError: GpsPulseError, monoNs: bigint): void {
    const second =
      pulseError.second === undefined
        ? undefined
        : this.leapScale.continuous(pulseError.second * NS_PER_SECOND, false) / NS_PER_SECOND;
    for (const listener of this.listeners) listener.pulseError(pulseError, second, monoNs);
  }

  private leap(leap: GpsLeapNotice): void {
    this.leapNotice = leap;
    this.leapSeconds = leap.leapSeconds;
    const nowNs = this.latest?.timeNs;
    if (nowNs === undefined || this.latest?.valid !== true) return;
    if (leap.change === 0) this.leapScale.disarm(nowNs);
    else if (leap.atNs !== undefined) this.leapScale.arm({ atNs: leap.atNs, change: leap.change }, nowNs);
  }
}
