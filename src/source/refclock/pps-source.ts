/**
 * A pulse line as a source of its own (127.127.22.u, `refclock pps`). Its seconds are numbered by the messages of a GPS
 * source where there is one, else by what the other sources agree on.
 */
import type { RefclockConfig } from '../../config/types.js';
import type { PulseSource } from '../../ports/pulse-source.js';
import { NS_PER_SECOND, nsDifferenceSeconds } from '../../units/time.js';
import type { RefclockView } from '../types.js';
import type { RefclockEnvironment } from './environment.js';
import type { GpsSource } from './gps-source.js';
import { NumberedPulses, PULSE_SILENCE } from './numbered-pulses.js';
import { PulseTrain, type StampedEdge } from './pulse-train.js';
import { type RefclockFacts, RefclockSource, type Refusal } from './refclock-source.js';
import { ReferenceNumbering } from './reference-numbering.js';

const PULSE_DISPERSION = 2e-6;

export interface PpsSourceOptions {
  readonly pulse: PulseSource;
  /** the receiver that gives these pulses; undefined: other sources number them */
  readonly gps?: GpsSource | undefined;
}

export class PpsSource extends RefclockSource {
  private readonly train: PulseTrain;
  private readonly byMessages: NumberedPulses | undefined;
  private readonly byReference = new ReferenceNumbering();

  constructor(
    id: number,
    config: RefclockConfig,
    environment: RefclockEnvironment,
    private readonly options: PpsSourceOptions,
  ) {
    super(id, config, environment);
    const { pulse, gps } = options;
    this.train = new PulseTrain(pulse, environment, this.frame, {
      edge: (edge, regridded) => this.edge(edge, regridded),
    });
    if (gps === undefined) return;
    const pulseOptions = {
      offsetSeconds: config.time1,
      fixedDelaySeconds: gps.fixedDelay,
      savedDelaySeconds: gps.savedDelay,
      dispersionSeconds: PULSE_DISPERSION,
      dependsOn: gps.id,
    };
    this.byMessages = new NumberedPulses(gps.receiver, this.train, environment, pulseOptions, (sample) => {
      gps.pulseUsed(sample.monoNs);
      this.measured(sample);
    });
    gps.lend(this.byMessages);
  }

  override get taiOffsetSeconds(): number | undefined {
    return this.options.gps?.taiOffsetSeconds;
  }

  protected open(): void {
    this.warnOfKernelDiscipline();
    this.train.start();
  }

  protected close(): void {
    this.train.stop();
    this.byReference.reset();
  }

  protected facts(): RefclockFacts {
    const { gps } = this.options;
    // Beside a receiver that is only there for its messages (noselect), these numbered pulses are the source.
    const numberedBy = gps === undefined ? 'survivors' : gps.votes ? gps.id : undefined;
    return {
      pulse: true,
      lastResort: false,
      numberedBy,
      leap: 0,
      staleAfterSeconds: PULSE_SILENCE,
    };
  }

  protected refusal(): Refusal | undefined {
    if (this.byMessages !== undefined) return this.byMessages.refusal();
    const { train } = this;
    if (train.trouble !== undefined) return { unfit: 'no-pulse', why: train.trouble };
    if (train.silence() > PULSE_SILENCE) return { unfit: 'no-pulse', why: train.complaint() };
    const { why } = this.byReference;
    return why === undefined ? undefined : { unfit: 'numbering-ambiguous', why };
  }

  protected activity(): string {
    const numbered =
      this.options.gps === undefined ? this.byReference.numberedBy : this.options.gps.receiver.name;
    return `pulses on ${this.train.source.name}, numbered by ${numbered}`;
  }

  protected refclockView(): Partial<RefclockView> & { readonly device: string } {
    const { accepted, missed, duplicates, glitches } = this.train.filter.counters;
    return {
      device: this.config.device ?? this.train.source.name,
      timecode: `edges=${accepted} missed=${missed} duplicate=${duplicates} glitch=${glitches}`,
      badData: glitches,
      messageDelaySeconds: this.byMessages?.pairer.learnedDelay,
      pulseJitterSeconds: this.samples.jitter(this.environment.phase.movedSeconds()),
    };
  }

  private edge(edge: StampedEdge, regridded: boolean): void {
    if (this.byMessages !== undefined) this.byMessages.edge(edge, regridded);
    else this.numberByReference(edge, regridded);
    this.checkFitness();
  }

  private numberByReference(edge: StampedEdge, regridded: boolean): void {
    if (regridded) this.byReference.reset();
    const { environment, config } = this;
    // Next to a leap second the served clock is between two scales.
    const leap = environment.armedLeap();
    if (leap !== undefined && Math.abs(Number(edge.servedNs - leap.atNs)) < 3e9) {
      this.byReference.reset();
      return;
    }
    const second = this.byReference.number(edge, environment.reference(this.id));
    if (second === undefined) return;
    this.measured({
      offsetSeconds: nsDifferenceSeconds(second * NS_PER_SECOND, edge.servedNs) + config.time1,
      delaySeconds: 0,
      dispersionSeconds: PULSE_DISPERSION,
      monoNs: edge.monoNs,
      atNs: edge.servedNs,
      movedSeconds: edge.movedSeconds,
    });
  }
}
