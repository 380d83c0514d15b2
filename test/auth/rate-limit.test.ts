import { RateLimiter, VERDICT } from '../../src/auth/rate-limit.js';
import { assert, test } from '../support/suite.js';

/** Verdicts for packets at these gaps, the first free, as the client table calls it. */
function verdicts(gaps: readonly number[], averageLog2 = 3, minimumSeconds = 2): number[] {
  const limiter = new RateLimiter({ averageLog2, minimumSeconds });
  let score = 0;
  return gaps.map((gap) => {
    const verdict = limiter.judge(score, gap);
    score = limiter.score;
    return verdict;
  });
}

test('polling each 8 s and slower passes for ever', () => {
  assert.ok(verdicts(Array(500).fill(8)).every((v) => v === VERDICT.pass));
  assert.ok(verdicts(Array(500).fill(64)).every((v) => v === VERDICT.pass));
});

test('an iburst of eight packets, 2 s apart, passes', () => {
  assert.ok(verdicts(Array(8).fill(2)).every((v) => v === VERDICT.pass));
});

test('two packets in the same second are over the minimum, told once and then silent', () => {
  assert.equal(verdicts([0, 0, 0]), [VERDICT.tell, VERDICT.silent, VERDICT.silent]);
});

test('whoever goes on at 1 s is told at most once an average headway', () => {
  const told = verdicts(Array(600).fill(1)).filter((v) => v === VERDICT.tell).length;
  assert.ok(told >= 1 && told <= 600 / 8, `${told}`);
});

test('a longer average is asked for by its own headway', () => {
  assert.ok(verdicts(Array(100).fill(64), 6).every((v) => v === VERDICT.pass));
  assert.ok(verdicts(Array(100).fill(16), 6).some((v) => v === VERDICT.tell));
});

test('a clock stepped back is not the client’s fault', () => {
  assert.equal(verdicts([-3600]), [VERDICT.pass]);
});

test('silence for 72 s clears any score', () => {
  assert.equal(verdicts([0, 0, 0, 0, 72]).at(-1), VERDICT.pass);
});

test.run();
