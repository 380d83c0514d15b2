/**
 * The clock discipline: measurements in, frequency and steps out.
 * Owns the policy (step, panic, outliers, jumps, holdover) and the correction; the estimate is KalmanBank's.
 * Reads no clock but the Clock it was given and touches nothing else, so that it runs unchanged in virtual time.
 *
 * Sign: an offset is source minus clock; positive: the clock is slow. `frequency` is the correction that the
 * oscillator needs; positive: it is slow. With correction u in force the offset moves at frequency - u.
 * The estimator works on the offset that the clock would have without our corrections (offset + integral of u).
 */
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Phase } from '../source/types.js';
import { formatSeconds } from '../units/duration.js';
import { KalmanBank, NOISE_KNOWN_FROM_SAMPLE } from './bank.js';
import { Holdover } from './holdover.js';
import { Movement } from './movement.js';
import { Outliers } from './outliers.js';
import type { Line } from './recent.js';
import { isNewRegime, type Regime, regimeOf, relativeNoiseOf } from './regime.js';
import { Renewal } from './renewal.js';
import { frequencyDoubt } from './saved-frequency.js';
import { slewOf } from './slew.js';
import type {
  DisciplineAction,
  DisciplinePolicy,
  DisciplineState,
  DriftState,
  Measurement,
} from './types.js';

/** Frequency uncertainty without a drift file: what a cheap crystal may be off by. */
const UNKNOWN_FREQUENCY = 1e-4;
/** A frequency is worth keeping when that share of it is left. */
const WORTH_KEEPING = 0.25;
/** An innovation beyond this many predicted deviations is an outlier, once the noise is known. */
const GATE = 5;
/** Before that the noise is half a guess, and only what is far out is refused. */
const EARLY_GATE = 12;
const GATE_FROM_SAMPLE = 4;
/** That many outliers in a row are no outliers. */
const JUMP_CONFIRMED = { pulse: 9, network: 4 } as const;
/** The first setting steps what is beyond this; below it a slew is over in seconds and disturbs nobody. */
const FIRST_STEP_SECONDS = 0.001;
/** Without a measurement for this long (or three intervals) the clock is in holdover. */
const HOLDOVER_AFTER_SECONDS = { pulse: 4, network: 200 } as const;
/** A new source that is this many deviations away from the last one is at another phase. */
const MEETING_GATE = 3;
/** After a coast of this length its own phase and bound are what the estimate begins with again, s. */
const RESUMED_AFTER = 600;

export class Discipline implements Phase {
  private readonly bank = new KalmanBank();
  private readonly holdover: Holdover;
  private phaseState: DisciplineState['phase'] = 'unset';
  private lastMeasurementNs = 0n;
  private bankNs = 0n;
  private intervalSeconds = 1;
  private regime: Regime = { sourceId: -1, kind: 'pulse', expectedNoise: 0 };
  /** measurements taken since the clock was set for the first time */
  private taken = 0;
  private readonly movement: Movement;
  private readonly outliers = new Outliers();
  private readonly renewal = new Renewal(this.bank);
  private panicked = false;

  constructor(
    private readonly clock: Clock,
    private readonly policy: DisciplinePolicy,
    private saved: DriftState | undefined,
    private readonly log: Log,
  ) {
    this.movement = new Movement(clock);
    this.holdover = new Holdover(saved?.thermal);
    if (saved !== undefined) clock.setFrequency(saved.frequency);
  }

  /** Total deliberate movement of the clock's phase, s; see Phase. */
  movedSeconds(): number {
    this.account();
    return this.movement.moved;
  }

  /** See Phase; undefined while nothing is known. */
  memorySeconds(): number | undefined {
    return this.phaseState === 'unset' ? undefined : this.bank.memorySeconds();
  }

  /** Takes a measurement of the selected source; corrects the clock at once. */
  update(measurement: Measurement): DisciplineAction {
    this.account();
    const now = this.movement.accountedNs;
    const age = Math.max(0, Number(now - measurement.monoNs) / 1e9);
    // What the clock was moved by since the measurement, at the estimated frequency, is taken out again.
    const offsetNow = measurement.offsetSeconds - (this.movement.moved - measurement.movedSeconds);
    const measured = offsetNow + this.movement.correction - this.appliedFrequency() * age;
    if (this.phaseState === 'unset') return this.first(measurement, offsetNow, measured);
    const dt = Number(measurement.monoNs - this.bankNs) / 1e9;
    if (dt <= 0) return { type: 'ignored', reason: 'stale' };
    if (this.phaseState === 'holdover' && dt > RESUMED_AFTER) this.resume(measurement.monoNs);
    else this.bank.propagate(dt);
    this.bankNs = measurement.monoNs;
    const changed = isNewRegime(this.regime, measurement);
    if (changed) this.changeSource(measurement);
    const relativeNoise = relativeNoiseOf(measurement, this.regime);
    if (changed) this.meetSource(measured);
    this.renewal.take(secondsOf(measurement.monoNs), measured);
    const quiet = this.renewal.quiet(this.regime);
    if (quiet !== undefined) return this.beginWith(quiet, measurement);
    let innovation = measured - this.bank.phase;
    if (this.saved !== undefined && this.bank.samples < GATE_FROM_SAMPLE)
      innovation = this.doubtSaved(innovation, dt, measured, measurement.noiseSeconds);
    if (this.bank.samples >= GATE_FROM_SAMPLE) this.saved = undefined;
    const gate = this.bank.samples >= NOISE_KNOWN_FROM_SAMPLE ? GATE : EARLY_GATE;
    const limit = gate * this.bank.innovationDeviation(relativeNoise);
    const beyondLimit = Math.abs(innovation) > limit;
    const beyondStep =
      this.policy.stepSeconds > 0 && Math.abs(innovation) > Math.max(this.policy.stepSeconds, limit);
    if (beyondStep || (beyondLimit && this.bank.samples >= GATE_FROM_SAMPLE))
      return this.outlier(measurement, innovation, measured);
    this.outliers.clear();
    const sinceLast = Number(measurement.monoNs - this.lastMeasurementNs) / 1e9;
    const away = Math.min(sinceLast, 4096) - this.intervalSeconds;
    this.intervalSeconds += away > 0 ? away : away / 8;
    this.lastMeasurementNs = measurement.monoNs;
    if (beyondLimit && this.taken < GATE_FROM_SAMPLE) this.renewal.widen(measured, Math.abs(innovation));
    else this.bank.update(measured, relativeNoise);
    this.taken += 1;
    if (this.phaseState === 'holdover') this.holdover.end();
    this.phaseState = this.isLocked() ? 'locked' : this.phaseState === 'locked' ? 'locked' : 'acquiring';
    this.steer();
    return { type: 'tracked' };
  }

  /** Somebody else set or steered the clock: its phase is unknown again, the oscillator's frequency is not. */
  clockWasSet(): void {
    if (this.phaseState === 'unset') return;
    this.account();
    this.saved = this.known(this.clock.now());
    this.phaseState = 'unset';
    this.outliers.clear();
    this.clock.setFrequency(this.saved.frequency);
  }

  /** To be called about once a second: goes on correcting between measurements and notices their absence. */
  tick(): void {
    this.account();
    if (this.phaseState === 'unset') return;
    const silence = Number(this.movement.accountedNs - this.lastMeasurementNs) / 1e9;
    const least = HOLDOVER_AFTER_SECONDS[this.regime.kind];
    if (this.phaseState !== 'holdover' && silence > Math.max(least, 3 * this.intervalSeconds)) {
      this.phaseState = 'holdover';
      this.holdover.begin(secondsOf(this.bankNs), this.bank);
    }
    if (this.phaseState === 'holdover') this.holdover.advance(secondsOf(this.movement.accountedNs));
    if (this.phaseState === 'locked') this.holdover.learn(secondsOf(this.bankNs), this.bank);
    this.steer();
  }

  state(): DisciplineState {
    this.account();
    const unset = this.phaseState === 'unset';
    return {
      phase: this.phaseState,
      offsetSeconds: unset ? 0 : this.predictedOffset(),
      boundSeconds: unset ? Number.POSITIVE_INFINITY : Math.abs(this.predictedOffset()) + this.doubt(),
      frequency: unset
        ? (this.saved?.frequency ?? this.clock.frequency)
        : this.phaseState === 'holdover'
          ? this.holdover.frequency
          : this.bank.frequency,
      frequencyUncertainty: unset
        ? (this.saved?.frequencyUncertainty ?? UNKNOWN_FREQUENCY)
        : this.bank.frequencyDeviation(),
      noiseSeconds: unset ? 0 : this.bank.noiseDeviation(),
      wander: unset ? (this.saved?.wander ?? 0) : this.bank.wander(),
      holdoverSeconds:
        this.phaseState === 'holdover' ? Number(this.movement.accountedNs - this.lastMeasurementNs) / 1e9 : 0,
      celsius: this.holdover.celsius,
      thermometer: this.holdover.thermometer,
    };
  }

  /** A reading of a thermometer beside the oscillator, degrees Celsius; about once a second, or whenever it has one. */
  feel(celsius: number): void {
    this.account();
    this.holdover.feel(celsius, secondsOf(this.movement.accountedNs));
  }

  /** What to keep over a restart; undefined while nothing worth keeping is known. */
  drift(savedAtUnixNs: bigint): DriftState | undefined {
    // A holdover may begin before anything was learned, and noise may undo what was.
    const isSettled = this.phaseState === 'locked' || this.phaseState === 'holdover';
    const isWorthKeeping = this.bank.frequencyDeviation() < WORTH_KEEPING * UNKNOWN_FREQUENCY;
    return isSettled && isWorthKeeping ? this.known(savedAtUnixNs) : undefined;
  }

  private known(savedAtUnixNs: bigint): DriftState {
    return {
      frequency: this.bank.frequency,
      frequencyUncertainty: this.bank.frequencyDeviation(),
      wander: this.bank.wander(),
      thermal: this.holdover.thermalState,
      savedAtUnixNs,
    };
  }

  private first(measurement: Measurement, offsetNow: number, measured: number): DisciplineAction {
    const { policy } = this;
    const size = Math.abs(offsetNow);
    if (policy.panicSeconds > 0 && size > policy.panicSeconds && !policy.firstMayExceedPanic)
      return this.panic(offsetNow);
    const saved = this.saved;
    const frequency = saved?.frequency ?? this.clock.frequency;
    const threshold =
      policy.stepSeconds > 0 ? Math.min(FIRST_STEP_SECONDS, policy.stepSeconds) : Number.POSITIVE_INFINITY;
    const stepped = size > threshold;
    if (stepped) this.movement.step(offsetNow);
    if (saved !== undefined && saved.wander > 0) this.bank.expectWander(saved.wander);
    // Reckoned after the step, because a float cannot hold decades and nanoseconds at once.
    const deviation = saved === undefined ? UNKNOWN_FREQUENCY : frequencyDoubt(saved, this.clock.now());
    this.renewal.begun(frequency, deviation);
    this.bank.reset(
      stepped ? measured - offsetNow : measured,
      measurement.noiseSeconds,
      frequency,
      deviation,
      regimeOf(measurement).expectedNoise,
    );
    this.taken = 1;
    this.bankNs = measurement.monoNs;
    this.lastMeasurementNs = measurement.monoNs;
    this.regime = regimeOf(measurement);
    this.phaseState = 'acquiring';
    this.steer();
    return stepped ? { type: 'stepped', seconds: offsetNow } : { type: 'tracked' };
  }

  private outlier(measurement: Measurement, innovation: number, measured: number): DisciplineAction {
    const beyondStep = this.policy.stepSeconds > 0 && Math.abs(innovation) > this.policy.stepSeconds;
    // A numbered pulse that is off nine times running has jumped; a network source must insist for the stepout time.
    const patience = this.regime.kind === 'network' && beyondStep ? this.policy.stepoutSeconds : 0;
    const { monoNs } = measurement;
    const verdict = this.outliers.take(innovation, monoNs, JUMP_CONFIRMED[this.regime.kind], patience);
    if (verdict === undefined) {
      this.steer();
      return { type: 'ignored', reason: 'outlier' };
    }
    this.lastMeasurementNs = monoNs;
    const { median, spread } = verdict;
    if (spread > Math.abs(median)) {
      this.log.write(
        'notice',
        'noise-grew',
        `the source has become noisier (spread ${formatSeconds(spread)}); learning it anew`,
      );
      this.renewal.grown(Math.max(spread, this.bank.noiseDeviation()), this.regime);
      this.steer();
      return { type: 'tracked' };
    }
    this.log.write('warning', 'source-jumped', `the source jumped by ${formatSeconds(median)}; following it`);
    const offset = measured - this.movement.correction;
    if (this.policy.panicSeconds > 0 && Math.abs(offset) > this.policy.panicSeconds)
      return this.panic(offset);
    this.bank.relocate(measured);
    this.holdover.interrupt();
    if (beyondStep) return this.step(offset);
    this.steer();
    return { type: 'tracked' };
  }

  private panic(seconds: number): DisciplineAction {
    if (!this.panicked) {
      this.panicked = true;
      this.log.write(
        'error',
        'panic',
        `the offset of ${formatSeconds(seconds)} exceeds the panic threshold of ${this.policy.panicSeconds} s; ` +
          "set the clock by hand, start noonmarkd with -g, or write 'tinker panic 0'",
      );
    }
    return { type: 'panic', seconds };
  }

  /** The source is quiet again: the newest measurements set the clock. */
  private beginWith(line: Line, measurement: Measurement): DisciplineAction {
    const [begin, end] = [line.measured[0]?.at ?? 0, line.measured.at(-1)?.at ?? 0];
    const away = line.phase + line.slope * (end - begin) - this.movement.correction;
    if (this.policy.panicSeconds > 0 && Math.abs(away) > this.policy.panicSeconds) return this.panic(away);
    this.renewal.begin(line, this.regime);
    this.log.write(
      'notice',
      'noise-over',
      `the source is quiet again (spread ${formatSeconds(line.spread)}); the clock is set by its newest measurements`,
    );
    this.outliers.clear();
    this.lastMeasurementNs = measurement.monoNs;
    if (this.phaseState === 'holdover') this.holdover.end();
    this.holdover.interrupt();
    this.phaseState = this.isLocked() ? 'locked' : 'acquiring';
    const offset = this.bank.phase - this.movement.correction;
    if (this.policy.stepSeconds > 0 && Math.abs(offset) > this.policy.stepSeconds) return this.step(offset);
    this.steer();
    return { type: 'tracked' };
  }

  private step(seconds: number): DisciplineAction {
    this.movement.step(seconds);
    this.bank.shift(-seconds);
    this.renewal.shift(-seconds);
    this.holdover.interrupt();
    this.steer();
    return { type: 'stepped', seconds };
  }

  private changeSource(measurement: Measurement): void {
    this.regime = regimeOf(measurement);
    this.outliers.clear();
    this.renewal.changed(this.regime.expectedNoise);
  }

  /**
   * Two sources differ by more than their noise: by the asymmetry of their ways, or because one is wrong. That is a
   * difference of phase, of which the oscillator's frequency must learn nothing. (What is beyond the step threshold has to
   * be confirmed as a jump first.)
   */
  private meetSource(measured: number): void {
    const apart = Math.abs(measured - this.bank.phase);
    const { stepSeconds } = this.policy;
    if (stepSeconds > 0 && apart > stepSeconds) return;
    if (apart > MEETING_GATE * this.bank.innovationDeviation(1)) {
      this.bank.relocate(measured);
      this.holdover.interrupt();
    }
  }

  /** The first samples contradict the saved frequency: another board, another crystal, a damaged file. */
  private doubtSaved(innovation: number, dt: number, measured: number, noiseSeconds: number): number {
    if (Math.abs(innovation) <= EARLY_GATE * this.bank.innovationDeviation(1)) return innovation;
    const { frequency } = this.bank;
    const deviation = Math.max(UNKNOWN_FREQUENCY, (2 * Math.abs(innovation)) / dt);
    this.bank.reset(measured, noiseSeconds, frequency, deviation, noiseSeconds);
    this.renewal.begun(frequency, deviation);
    this.saved = undefined;
    return 0;
  }

  /** The frequency that `moved` is reckoned against. */
  private appliedFrequency(): number {
    if (this.phaseState === 'unset') return this.clock.frequency;
    if (this.phaseState === 'holdover') return this.holdover.frequency;
    return this.bank.frequency + this.bank.drift * this.ahead();
  }

  /** Seconds since the estimate. */
  private ahead(): number {
    return Number(this.movement.accountedNs - this.bankNs) / 1e9;
  }

  /** What the estimate of the offset now may be off by, 95 %, s. */
  private doubt(): number {
    return this.phaseState === 'holdover'
      ? this.holdover.boundAt(secondsOf(this.movement.accountedNs), this.bank)
      : 2 * this.bank.phaseDeviation(this.ahead());
  }

  /** After a long coast: its phase, and all that it may be wrong by, are the estimate at `monoNs`. */
  private resume(monoNs: bigint): void {
    const { bank, holdover } = this;
    const at = secondsOf(monoNs);
    const wander = bank.wander();
    const frequencyDeviation = Math.hypot(
      bank.frequencyDeviation(),
      wander * Math.sqrt(Number(monoNs - this.bankNs) / 1e9),
      holdover.boundAt(at, bank) / (Number(monoNs - this.bankNs) / 1e9),
    );
    bank.expectWander(wander);
    this.renewal.begun(holdover.frequency, frequencyDeviation);
    bank.reset(
      holdover.phaseAt(at),
      holdover.boundAt(at, bank),
      holdover.frequency,
      frequencyDeviation,
      bank.noiseDeviation(),
    );
  }

  private predictedOffset(): number {
    const phase =
      this.phaseState === 'holdover'
        ? this.holdover.phaseAt(secondsOf(this.movement.accountedNs))
        : this.bank.phase + this.ahead() * this.bank.frequency;
    return phase - this.movement.correction;
  }

  private isLocked(): boolean {
    if (this.bank.samples < 8) return false;
    const noise = this.bank.noiseDeviation();
    return (
      Math.abs(this.predictedOffset()) < Math.max(10 * noise, 1e-6) && this.bank.phaseDeviation(0) < 2 * noise
    );
  }

  /** Writes the correction: the frequency, and a share of the remaining offset. */
  private steer(): void {
    this.account();
    const { bank, intervalSeconds } = this;
    const slew = slewOf(this.predictedOffset(), bank.memorySeconds(), intervalSeconds, bank.driftShare());
    this.clock.setFrequency(this.appliedFrequency() + slew);
  }

  /** Brings the integrals up to now. */
  private account(): void {
    this.movement.account(this.appliedFrequency());
  }
}

/** Monotonic seconds; only their differences mean anything. */
const secondsOf = (monoNs: bigint): number => Number(monoNs) / 1e9;
