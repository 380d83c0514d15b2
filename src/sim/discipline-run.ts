/**
 * One run of the real discipline on the stochastic model: a pulse a second, behind the pairer, as the peers' SHM
 * samples were in the reference study. Measures the true error, which only a simulation knows.
 * Source: shared/reference/discipline-baselines.md §2.
 */
import { Discipline } from '../discipline/discipline.js';
import { decodeDriftFile, encodeDriftFile } from '../discipline/drift-file.js';
import type { DisciplinePolicy, DisciplineState, DriftState } from '../discipline/types.js';
import { type Log, silentLog } from '../ports/log.js';
import { nsDifferenceSeconds } from '../units/time.js';
import { createNoise, type NoiseModel, type PulseNoise } from './noise.js';
import { createOscillator, type OscillatorModel } from './oscillator.js';
import { SimPulse, type Window } from './pulse.js';
import type { Thermometer } from './thermometer.js';
import { VirtualWorld } from './virtual-world.js';

export interface RunOptions {
  readonly oscillator: OscillatorModel | string;
  readonly noise: NoiseModel | PulseNoise | string;
  readonly seed: number;
  readonly seconds: number;
  /** figures count from here */
  readonly evaluateFrom: number;
  readonly startErrorSeconds?: number;
  readonly policy?: Partial<DisciplinePolicy>;
  readonly drift?: DriftState;
  /** true second at which the daemon is started again, with its drift file */
  readonly restartAt?: number;
  readonly outages?: readonly Window[];
  /** the reference is off by this from true second k on, seconds */
  readonly referenceError?: (k: number) => number;
  /** seconds after the pulse at which the daemon looks, by true second; default 1 ms always */
  readonly lateness?: (k: number) => number;
  /** what the discipline is told of the temperature in each second */
  readonly thermometer?: Thermometer;
  readonly log?: Log;
  /**
   * each second, all of it at its mark, before the pulse is looked at: true second, true error (positive: clock fast, s),
   * the discipline's view, rate error (fractional)
   */
  readonly observe?: (
    k: number,
    errorSeconds: number,
    state: DisciplineState,
    frequencyError: number,
  ) => void;
}

export interface RunFigures {
  readonly rmsNs: number;
  readonly maxNs: number;
  readonly meanNs: number;
  readonly frequencyRmsPpb: number;
  /** first second from which |error| <= bound holds for 600 s (or to the end); undefined: never */
  secondsTo(boundSeconds: number): number | undefined;
  /** |error| at each second */
  readonly errors: Float64Array;
}

/** The reference study's settings: `tinker step 0.001 panic 0`. */
const STUDY_POLICY: DisciplinePolicy = {
  stepSeconds: 0.001,
  panicSeconds: 0,
  stepoutSeconds: 300,
  firstMayExceedPanic: true,
};

export function runDiscipline(options: RunOptions): RunFigures {
  const { seed, seconds, evaluateFrom, observe, lateness = () => 1e-3, referenceError = () => 0 } = options;
  const world = new VirtualWorld({ startUnixSecond: 1_767_225_600 });
  const { clock } = world.addHost({
    oscillator: createOscillator(options.oscillator, seed),
    startErrorSeconds: options.startErrorSeconds ?? 0.05,
    stamps: 'served',
  });
  const pulse = new SimPulse(world, clock, {
    noise: createNoise(options.noise, seed),
    seed,
    ...(options.outages === undefined ? {} : { outages: options.outages }),
  });
  pulse.open();
  const policy = { ...STUDY_POLICY, ...options.policy };
  const begin = (drift: DriftState | undefined) =>
    new Discipline(clock, policy, drift, options.log ?? silentLog);
  let discipline = begin(options.drift);
  const errors = new Float64Array(seconds);
  let sumSquares = 0;
  let sum = 0;
  let sumFrequency = 0;
  let max = 0;
  let count = 0;

  world.onSecond((k) => {
    if (k >= seconds) return;
    const error = clock.errorSeconds();
    const frequencyError = clock.frequencyError();
    observe?.(k, error, discipline.state(), frequencyError);
    errors[k] = Math.abs(error);
    if (k >= evaluateFrom) {
      sumSquares += error * error;
      sum += error;
      sumFrequency += frequencyError ** 2;
      max = Math.max(max, Math.abs(error));
      count += 1;
    }
    if (k === options.restartAt) {
      const drift = discipline.drift(clock.now());
      discipline = begin(drift === undefined ? undefined : decodeDriftFile(encodeDriftFile(drift)));
    }
    const monoNs = clock.monotonic();
    const movedSeconds = discipline.movedSeconds();
    world.at(k + lateness(k), () => {
      const celsius = options.thermometer?.(k);
      if (celsius !== undefined) discipline.feel(celsius);
      for (const edge of pulse.poll()) {
        const servedNs = clock.toServed(edge.assertNs);
        const trueNs = world.kernelNs(k);
        discipline.update({
          offsetSeconds: -nsDifferenceSeconds(servedNs, trueNs) + referenceError(k),
          monoNs,
          movedSeconds,
          noiseSeconds: 1e-6,
          sourceId: 1,
          kind: 'pulse',
        });
      }
      discipline.tick();
    });
  });
  world.runUntil(seconds);

  return {
    rmsNs: Math.sqrt(sumSquares / count) * 1e9,
    maxNs: max * 1e9,
    meanNs: (sum / count) * 1e9,
    frequencyRmsPpb: Math.sqrt(sumFrequency / count) * 1e9,
    errors,
    secondsTo(bound) {
      let inside = 0;
      for (let k = 0; k < errors.length; k += 1) {
        inside = (errors[k] ?? 0) <= bound ? inside + 1 : 0;
        if (inside >= 600) return k - inside + 1;
      }
      return inside > 0 ? errors.length - inside : undefined;
    },
  };
}
