/** How a board comes up: years wrong, milliseconds wrong, disturbed. The whole board in virtual time. */
import { assert, record, test } from '../support/suite.js';
import { type Look, virtualBoard } from '../support/virtual-board.js';

const START = 1_767_225_600;
const first1 = (looks: readonly Look[]) => looks.find(({ system }) => system.stratum === 1);

test('a board without a clock of its own, decades off, serves the right time within 30 s', () => {
  const board = virtualBoard({ startUnixSecond: START, hardware: { seed: 3, startErrorSeconds: -1.5e9 } });
  const looks: Look[] = [];
  board.run(240, (look) => looks.push(look));
  const locked = first1(looks);
  record('first-setting decades-off', {
    stratum1AfterSeconds: locked?.k ?? Number.POSITIVE_INFINITY,
    errorAfter4minNs: Math.abs(looks.at(-1)?.errorSeconds ?? 1) * 1e9,
  });
  assert.ok(locked !== undefined && locked.k <= 30, `stratum 1 after ${locked?.k} s`);
  const wrong = looks.filter(
    ({ system, errorSeconds }) => system.leap !== 3 && Math.abs(errorSeconds) > 0.001,
  );
  assert.is(wrong.length, 0, `wrong time was served ${wrong.length} times`);
  assert.ok(Math.abs(looks.at(-1)?.errorSeconds ?? 1) < 5e-6);
});

for (const startErrorSeconds of [0.4, -0.6, 0.999, 3600, -90_000]) {
  test(`started ${startErrorSeconds} s off, no wrong second is ever served`, () => {
    const board = virtualBoard({ startUnixSecond: START, hardware: { seed: 4, startErrorSeconds } });
    const looks: Look[] = [];
    board.run(120, (look) => looks.push(look));
    assert.ok(first1(looks) !== undefined);
    const wrong = looks.filter(
      ({ system, errorSeconds }) => system.leap !== 3 && Math.abs(errorSeconds) > 0.001,
    );
    assert.is(wrong.length, 0);
    assert.ok(Math.abs(looks.at(-1)?.errorSeconds ?? 1) < 1e-5);
  });
}

test('another hand on the clock is noticed, named, and made good', () => {
  const board = virtualBoard({ startUnixSecond: START, hardware: { seed: 5 } });
  const looks: Look[] = [];
  board.run(300, () => {});
  board.clock.interfere({ frequency: 50e-6 });
  board.run(600, (look) => looks.push(look));
  const said = board.events.filter(({ event }) => event === 'clock-steered-by-another');
  assert.is(said.length, 1);
  assert.match(said[0]?.text ?? '', /chronyd/);
  assert.ok(Math.abs(looks.at(-1)?.errorSeconds ?? 1) < 5e-6, `${looks.at(-1)?.errorSeconds}`);
});

test('a foreign step of the clock by a minute is put right, and the wrong time is not served for long', () => {
  const board = virtualBoard({ startUnixSecond: START, hardware: { seed: 6 } });
  board.run(300, () => {});
  board.clock.interfere({ stepSeconds: 60 });
  const looks: Look[] = [];
  board.run(420, (look) => looks.push(look));
  const wrong = looks.filter(({ system, errorSeconds }) => system.leap !== 3 && Math.abs(errorSeconds) > 0.1);
  record('first-setting foreign-step', { wrongSeconds: wrong.length });
  assert.ok(wrong.length <= 30, `${wrong.length} s`);
  assert.ok(Math.abs(looks.at(-1)?.errorSeconds ?? 1) < 1e-5, `${looks.at(-1)?.errorSeconds}`);
});

test('with LOCAL alone the clock is served as it runs, one stratum below what fudge says', () => {
  const board = virtualBoard({
    startUnixSecond: START,
    config: 'board simulated\nclock simulated\nserver 127.127.1.0\nfudge 127.127.1.0 stratum 10\n',
  });
  const looks: Look[] = [];
  board.run(60, (look) => looks.push(look));
  const last = looks.at(-1);
  assert.is(last?.system.stratum, 11);
  assert.is(last?.system.leap, 0);
  assert.ok(Math.abs((last?.errorSeconds ?? 0) - 0.05) < 0.002, 'it is not corrected by anything');
});

test('LOCAL beside a GPS is used by nobody once the GPS has locked', () => {
  const board = virtualBoard({
    startUnixSecond: START,
    config:
      'board simulated\nclock simulated\nrefclock gps device simulated\nrefclock pps device simulated\n' +
      'server 127.127.1.0\nfudge 127.127.1.0 stratum 10\n',
  });
  const looks: Look[] = [];
  board.run(60, (look) => looks.push(look));
  assert.is(looks.at(-1)?.system.stratum, 1);
  assert.ok(Math.abs(looks.at(-1)?.errorSeconds ?? 1) < 5e-6);
});

test('with messages alone, their delay not known, the bound that is shown covers the error', () => {
  const config = 'board simulated\nclock simulated\nrefclock gps device simulated\n';
  const board = virtualBoard({ startUnixSecond: START, hardware: { seed: 3 }, config });
  const looks: Look[] = [];
  board.run(1200, (look) => looks.push(look));
  const uncovered = looks.filter(
    ({ system, errorSeconds, boundSeconds }) => system.leap !== 3 && Math.abs(errorSeconds) > boundSeconds,
  );
  assert.equal(uncovered, []);
  assert.ok(looks.some(({ system }) => system.stratum === 1));
});

test.run();
