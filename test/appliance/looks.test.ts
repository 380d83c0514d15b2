import { assert, test } from '../support/suite.js';
import { inGoodSeconds, type Look, secondOf } from './looks.js';
import { TimeScale } from './time-scale.js';

const scale = new TimeScale(50e-6);
const lookIn = (second: number): Look => ({
  ...{ leap: 0, stratum: 1, refid: 'PPS', rootDispersionSeconds: 0, delaySeconds: 0 },
  ...{ atNs: 0n, monotonicNs: scale.dueNs(second) + 400_000_000n, servedNs: 0n },
});
const record = (second: number, waitedNs: number) => ({
  ...{ second, isSent: true, lateNs: 0, answerNs: 0, waitedNs },
});
const looks = [1, 2, 3, 4].map(lookIn);
const secondsOf = (kept: readonly Look[]) => kept.map((look) => secondOf(look, scale));

test('only looks in seconds whose pulse is on record as in time count', () => {
  const kept = inGoodSeconds(looks, [record(1, 0), record(2, 9e6), record(4, 0)], scale);
  assert.equal(secondsOf(kept), [1, 4], 'of 2 it is known that this machine was late, of 3 nothing');
});

test('where all were late, or no pulse was made, nothing is known', () => {
  assert.equal(
    inGoodSeconds(
      looks,
      looks.map((_, i) => record(i + 1, 9e6)),
      scale,
    ),
    [],
  );
  assert.equal(inGoodSeconds(looks, [], scale), []);
});

test.run();
