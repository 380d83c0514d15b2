/**
 * A machine that had no time for its pulses, and then has: an emulated board, a board at its start. Stamps are late by up to
 * a quarter of a second, one-sided, many of them; a frequency must not be learned from them, nor they be waited for long.
 */
import { runDiscipline } from '../../src/sim/discipline-run.js';
import type { PulseNoise } from '../../src/sim/noise.js';
import { RandomStream } from '../../src/sim/random.js';
import { assert, record, test } from '../support/suite.js';

const BUSY_SECONDS = 100;
const JITTER = 150e-6;
const LATEST = 0.24;
const FAST = { offset: 50e-6, wander: 0, amplitude: 0, periodSeconds: 1, drift: 0 };
const STREAM = 99;

/** `share` of the pulses is late by `mean` s on average while the machine is busy; later a tenth, by 3 ms. */
function lateness(seed: number, share: number, mean: number): PulseNoise {
  const random = new RandomStream(seed, STREAM);
  let k = 0;
  return {
    next() {
      const busy = k < BUSY_SECONDS;
      k += 1;
      const jitter = JITTER * random.normal();
      if (random.uniform() >= (busy ? share : 0.1)) return jitter;
      return jitter + Math.min(LATEST, -(busy ? mean : 3e-3) * Math.log(1 - random.uniform()));
    },
  };
}

for (const [share, mean] of [
  [0.3, 0.06],
  [0.5, 0.02],
  [0.5, 0.06],
  [0.7, 0.02],
  [0.7, 0.06],
  [0.9, 0.03],
] as const)
  test(`${share * 100} % of the pulses ${mean * 1e3} ms late for ${BUSY_SECONDS} s: right within 1 ms after three minutes more, and the bound holds`, () => {
    let worst = 0;
    let looks = 0;
    let covered = 0;
    for (let seed = 1; seed <= 12; seed += 1)
      runDiscipline({
        ...{ oscillator: FAST, noise: lateness(seed, share, mean), seed, seconds: 500, evaluateFrom: 300 },
        ...{ startErrorSeconds: 0.3, lateness: () => 0.5 },
        policy: { stepSeconds: 0.128, panicSeconds: 1000 },
        observe: (k, error, { boundSeconds }) => {
          if (k < BUSY_SECONDS + 180) return;
          worst = Math.max(worst, Math.abs(error));
          looks += 1;
          if (Math.abs(error) <= boundSeconds) covered += 1;
        },
      });
    record(`discipline late-pulses ${share}/${mean}`, {
      worstMs: worst * 1e3,
      coveredShare: covered / looks,
    });
    assert.ok(worst < 1e-3, `${worst} s`);
    assert.ok(covered / looks > 0.9, `${covered} of ${looks}`);
  });

test.run();
