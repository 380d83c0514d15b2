/** Noise that comes for a while, or that lasts as no white noise does: what was known before it is still known after it. */
import { Discipline } from '../../src/discipline/discipline.js';
import type { Measurement } from '../../src/discipline/types.js';
import { silentLog } from '../../src/ports/log.js';
import { runDiscipline } from '../../src/sim/discipline-run.js';
import type { PulseNoise } from '../../src/sim/noise.js';
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { RandomStream } from '../../src/sim/random.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, record, test } from '../support/suite.js';

const FREQUENCY = 50e-6;
const OSCILLATOR = { offset: FREQUENCY, wander: 1e-10, amplitude: 0, periodSeconds: 1, drift: 0 };
const POLICY = { stepSeconds: 0.128, panicSeconds: 1000, stepoutSeconds: 300, firstMayExceedPanic: true };
const STREAM = 99;

/** 1 µs; from second `from` on each pulse is late by up to 20 ms, for nine or ten of them. */
function burst(seed: number, from: number, seconds: number): PulseNoise {
  const random = new RandomStream(seed, STREAM);
  let k = 0;
  return {
    next() {
      const usual = 1e-6 * random.normal();
      const late = 0.02 * random.uniform();
      const isLate = k >= from && k < from + seconds;
      k += 1;
      return isLate ? usual + late : usual;
    },
  };
}

for (const [from, seconds] of [
  [45, 10],
  [3000, 9],
] as const)
  test(`${seconds} late pulses in a row, ${from} s after the start, cost less than 20 us`, () => {
    let worst = 0;
    for (let seed = 1; seed <= 15; seed += 1)
      runDiscipline({
        ...{ oscillator: OSCILLATOR, noise: burst(seed, from, seconds), seed, policy: POLICY },
        ...{ seconds: from + 150, evaluateFrom: from, startErrorSeconds: 0.05, lateness: () => 0.5 },
        observe: (k, error) => {
          if (k >= from) worst = Math.max(worst, Math.abs(error));
        },
      });
    record(`discipline burst ${from}`, { worstUs: worst * 1e6 });
    assert.ok(worst < 20e-6, `${worst} s`);
  });

for (const lasts of [60, 120])
  test(`a pulse whose error of 1 ms lasts ${lasts} s is not taken for a quiet one`, () => {
    for (const seed of [1, 2, 3, 4]) {
      const random = new RandomStream(seed, STREAM);
      const keep = Math.exp(-1 / lasts);
      let error = 0;
      let over = 0;
      const noise: PulseNoise = {
        next() {
          error = keep * error + 1e-3 * Math.sqrt(1 - keep * keep) * random.normal();
          return error + 1e-6 * random.normal();
        },
      };
      runDiscipline({
        ...{ oscillator: OSCILLATOR, noise, seed, policy: POLICY, seconds: 3000, evaluateFrom: 1000 },
        ...{ startErrorSeconds: 0.05, lateness: () => 0.5 },
        log: {
          write(_level, event) {
            if (event === 'noise-over') over += 1;
          },
        },
      });
      assert.is(over, 0, `seed ${seed}`);
    }
  });

/** Measures by hand each `every` s; `offset(k)`: the error of the k-th measurement, s. */
function measure(
  options: Pick<Measurement, 'kind' | 'noiseSeconds'> & {
    readonly every: number;
    readonly count: number;
    readonly offset: (k: number) => number;
    readonly observe: (k: number, error: number, discipline: Discipline, stepped: boolean) => void;
  },
): void {
  const { every, count, offset, observe, ...kind } = options;
  const world = new VirtualWorld({ startUnixSecond: 1_767_225_600 });
  const oscillator = steadyOscillator(FREQUENCY);
  const { clock } = world.addHost({ oscillator, startErrorSeconds: 0.05, stamps: 'served' });
  const discipline = new Discipline(clock, POLICY, undefined, silentLog);
  world.onSecond((second) => {
    if (second > 0 && second % every === 0 && second <= every * count) {
      const k = second / every;
      const error = clock.errorSeconds();
      const action = discipline.update({
        ...kind,
        offsetSeconds: offset(k) - error,
        monoNs: clock.monotonic(),
        movedSeconds: discipline.movedSeconds(),
        sourceId: 5,
      });
      observe(k, error, discipline, action.type === 'stepped');
    }
    discipline.tick();
  });
  world.runUntil(every * count + 1);
}

test('a server that is bad for six polls costs nothing of the frequency, nor of the drift file', () => {
  for (const seed of [1, 2, 3]) {
    const random = new RandomStream(seed, STREAM);
    const bad = (k: number) => k >= 40 && k < 46;
    measure({
      ...{ kind: 'network', noiseSeconds: 3e-4, every: 64, count: 70 },
      offset: (k) =>
        2e-4 * random.normal() +
        (bad(k) ? (random.uniform() < 0.5 ? -1 : 1) * (0.02 + 0.04 * random.uniform()) : 0),
      observe: (k, error, discipline) => {
        if (k < 40) return;
        assert.ok(Math.abs(error) < 1e-3, `${error} s at poll ${k}, seed ${seed}`);
        // While it acquires anew the file stays as it is.
        const saved = discipline.drift(0n)?.frequency ?? -FREQUENCY;
        assert.ok(Math.abs(saved + FREQUENCY) < 1e-6, `${saved} would be saved at poll ${k}, seed ${seed}`);
      },
    });
  }
});

test('a noisy pulse that is quiet again beyond the panic threshold is not followed', () => {
  const random = new RandomStream(1, STREAM);
  let steps = 0;
  measure({
    ...{ kind: 'pulse', noiseSeconds: 2e-6, every: 1, count: 400 },
    offset: (k) => (k < 300 ? 1e-3 * random.normal() : 1e-6 * random.normal() + (k % 8 === 0 ? 0 : 2000)),
    observe: (k, _error, _discipline, stepped) => {
      if (k > 300 && stepped) steps += 1;
    },
  });
  assert.is(steps, 0);
});

test.run();
