/** SIGN and LEAP: one that is refused waits by itself, one without an answer holds both up, ever longer. */
import { LateQuestions, lateOperation } from '../../../src/autokey/dance/late-questions.js';
import { assert, test } from '../../support/suite.js';

const NOW = 900;
const due = (late: LateQuestions, now: number) => [late.isDue('sign', now), late.isDue('leap', now)];

test('what was refused is not asked for 4096 s, the other is', () => {
  const late = new LateQuestions();
  assert.equal(due(late, NOW), [true, true]);
  late.refused('sign', NOW);
  assert.equal(due(late, NOW + 4095), [false, true]);
  late.unanswered(NOW);
  assert.equal(due(late, NOW + 8), [false, true], 'a shorter pause ends no longer one');
  assert.equal(due(late, NOW + 4096), [true, true]);
});

test('without an answer the pause doubles from 8 s to 64 s', () => {
  const late = new LateQuestions();
  let now = NOW;
  for (const pause of [8, 16, 32, 64, 64]) {
    late.unanswered(now);
    assert.equal(due(late, now + pause - 1), [false, false], `${pause}`);
    now += pause;
    assert.equal(due(late, now), [true, true], `${pause}`);
  }
  late.forget();
  late.unanswered(now);
  assert.equal(due(late, now + 8), [true, true]);
});

test('all other questions are not late', () => {
  assert.is(lateOperation(undefined), undefined);
  assert.is(lateOperation({ operation: 'cookie' }), undefined);
  assert.is(lateOperation({ operation: 'leap' }), 'leap');
});

test.run();
