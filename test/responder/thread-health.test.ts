import { ThreadHealth } from '../../src/responder/thread-health.js';
import { assert, test } from '../support/suite.js';

/** Looks so often while the thread has made so many turns; the first complaint. */
function looks(health: ThreadHealth, count: number, beats: number): string | undefined {
  for (let i = 0; i < count; i += 1) {
    const fault = health.look(beats);
    if (fault !== undefined) return fault.message;
  }
  return undefined;
}

test('a thread that turned is stuck after ten seconds without a turn', () => {
  const health = new ThreadHealth();
  health.started();
  assert.is(looks(health, 1, 5), undefined);
  assert.is(looks(health, 9, 5), undefined);
  assert.match(looks(health, 1, 5) ?? '', /has stood still for 10 s/);
});

test('one that begins has a minute and a half for it, each time it is started', () => {
  const health = new ThreadHealth();
  health.started();
  assert.is(looks(health, 89, 0), undefined);
  assert.is(looks(health, 1, 1), undefined);
  health.started();
  assert.is(looks(health, 89, 1), undefined);
  assert.match(looks(health, 1, 1) ?? '', /has not begun within 90 s/);
});

test('ends are counted, and forgotten', () => {
  const health = new ThreadHealth();
  assert.equal(
    [1, 2, 3, 4, 5].map(() => health.ended('it broke', undefined)),
    [0, 1, 2, 3, 4],
  );
  health.forget();
  assert.is(health.ended('it broke', undefined), 4);
  assert.instance(health.ended('it broke', undefined), Error);
});

test.run();
