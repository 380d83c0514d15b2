/**
 * Pulses of a line numbered by a receiver's messages: joins a PulseTrain and a GpsReceiver through the Pairer, and makes
 * one measurement of each numbered pulse. Owns when a pulse may be used and what is said when it may not.
 */
import { NS_PER_SECOND, nsDifferenceSeconds } from '../../units/time.js';
import type { Sample } from '../types.js';
import type { RefclockEnvironment } from './environment.js';
import type { GpsReceiver } from './gps-receiver.js';
import type { Evidence } from './numbering-votes.js';
import { Pairer } from './pairer.js';
import { PulseErrors } from './pulse-errors.js';
import type { PulseTrain, StampedEdge } from './pulse-train.js';
import type { Refusal } from './refclock-source.js';

/** Pulses missing for this long are gone, s. */
export const PULSE_SILENCE = 8;
/** How long an ambiguous delay is remembered when the pulses fall silent, s. */
const AMBIGUITY_SECONDS = 3600;

const DECIDED_BY: Readonly<Record<Evidence, string>> = {
  fixed: 'configuration',
  reference: 'other sources',
  range: 'the receiver’s kind',
  saved: 'the delay learned before',
  announced: 'its announced pulses',
};

export interface NumberedPulsesOptions {
  /** fudge time1, s */
  readonly offsetSeconds: number;
  /** fudge time2, s: delay of the end of the time message, as ntpd has it; undefined: learned */
  readonly fixedDelaySeconds: number | undefined;
  readonly savedDelaySeconds: number | undefined;
  /** error bound of one pulse's stamp, s */
  readonly dispersionSeconds: number;
  /** the source on which none of the references asked for may depend */
  readonly dependsOn: number;
}

export class NumberedPulses {
  readonly pairer: Pairer;
  private readonly errors = new PulseErrors();
  private said = '';

  constructor(
    private readonly receiver: GpsReceiver,
    private readonly train: PulseTrain,
    private readonly environment: RefclockEnvironment,
    private readonly options: NumberedPulsesOptions,
    private readonly measured: (sample: Sample) => void,
  ) {
    this.pairer = new Pairer(options.savedDelaySeconds);
    receiver.listen({
      epoch: ({ epoch, labelNs, firstMonoNs }) => {
        this.pairer.range = receiver.delayRange;
        if (options.fixedDelaySeconds !== undefined) {
          const burst = nsDifferenceSeconds(epoch.arrivalNs, epoch.firstByteNs);
          this.pairer.fixedDelay = options.fixedDelaySeconds - burst;
        }
        this.pairer.message(labelNs, firstMonoNs);
        this.announceChange();
      },
      pulseError: ({ quantisationErrorPs }, second, monoNs) => {
        if (quantisationErrorPs !== undefined) this.errors.heard(quantisationErrorPs, second, monoNs);
        if (second !== undefined) this.pairer.announce(second, monoNs);
      },
      changed: () => {
        if (receiver.saved === undefined) this.pairer.forgetSaved();
      },
    });
  }

  /** Of each accepted edge, in order. */
  edge(edge: StampedEdge, regridded: boolean): void {
    const { periodNs } = this.train.filter;
    if (regridded) this.pairer.regrid(edge, periodNs);
    else this.pairer.edge(edge, periodNs);
    this.refer(edge);
    this.announceChange();
    const { numbering } = this.pairer;
    if (!numbering.numbered || !this.receiver.valid() || !this.receiver.trust.trusted) return;
    const continuous = numbering.zeroSecond + BigInt(edge.index);
    const { second, doubtful } = this.receiver.leapScale.unix(continuous);
    if (doubtful) return;
    const late = this.errors.of(continuous, edge.monoNs);
    const { options } = this;
    this.measured({
      offsetSeconds:
        nsDifferenceSeconds(second * NS_PER_SECOND, edge.servedNs) + late + options.offsetSeconds,
      delaySeconds: 0,
      dispersionSeconds: options.dispersionSeconds,
      monoNs: edge.monoNs,
      atNs: edge.servedNs,
      movedSeconds: edge.movedSeconds,
    });
  }

  /** Why no pulse is used now; undefined when they are. */
  refusal(): Refusal | undefined {
    const { receiver, train, pairer } = this;
    if (!receiver.lineUp) return { unfit: 'unreachable', why: receiver.complaint() ?? 'the line is down' };
    if (!receiver.valid()) return { unfit: 'no-fix', why: receiver.complaint() ?? 'no fix' };
    if (train.trouble !== undefined) return { unfit: 'no-pulse', why: train.trouble };
    const { numbering } = pairer;
    const silence = train.silence();
    // What was ambiguous a moment ago is so still; messages alone would only hide it.
    const open = !numbering.numbered && numbering.cause !== 'waiting' && silence < AMBIGUITY_SECONDS;
    if (silence > PULSE_SILENCE && !open) return { unfit: 'no-pulse', why: train.complaint() };
    if (!numbering.numbered) return { unfit: 'numbering-ambiguous', why: numbering.why };
    if (!receiver.trust.trusted) return { unfit: 'utc-unknown', why: receiver.trust.why };
    return undefined;
  }

  private refer(edge: StampedEdge): void {
    const reference = this.environment.reference(this.options.dependsOn);
    if (reference === undefined) return;
    const { offsetSeconds } = reference;
    const whole = Math.trunc(offsetSeconds);
    const trueNs =
      edge.servedNs + BigInt(whole) * NS_PER_SECOND + BigInt(Math.round((offsetSeconds - whole) * 1e9));
    const second = (trueNs + NS_PER_SECOND / 2n) / NS_PER_SECOND;
    if (this.receiver.leapScale.unix(second).doubtful) return;
    const continuousNs = this.receiver.leapScale.continuous(trueNs, false);
    this.pairer.refer(edge, continuousNs, reference);
  }

  /** Logs each new decision and each new reason for none, once. */
  private announceChange(): void {
    const { numbering } = this.pairer;
    const key = numbering.numbered ? `numbered ${numbering.zeroSecond}` : numbering.cause;
    if (key === this.said || key === 'waiting' || key === 'changed') return;
    this.said = key;
    const { log } = this.environment;
    if (numbering.numbered) {
      const delay = (numbering.delaySeconds * 1e3).toFixed(0);
      const text = `${this.train.source.name}: pulses are numbered; messages come ${delay} ms after them (decided by ${numbering.evidence.map((item) => DECIDED_BY[item]).join(', ')})`;
      log.write('notice', 'pulse-numbered', text);
    } else {
      log.write('warning', 'pulse-not-numbered', `${this.train.source.name}: ${numbering.why}`);
    }
  }
}
