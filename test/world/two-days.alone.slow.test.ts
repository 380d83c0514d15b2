/**
 * Forty-eight hours of a whole simulated board, around the change of NTP's era: a GPS outage of six hours, a leap
 * second and the era change; and a receiver's week rollover; each with its line in the results.
 */
import { parseLeapFile } from '../../src/discipline/leap-file.js';
import { NTP_UNIX_OFFSET_SECONDS, ntpEra, unixNsToNtp } from '../../src/units/time.js';
import { assert, record, test } from '../support/suite.js';
import { type Look, virtualBoard } from '../support/virtual-board.js';

const HOUR = 3600;
const unix = (iso: string) => Date.parse(iso) / 1000;
const start = unix('2036-02-06T06:28:16Z');
/** true seconds from the start; the leap makes what follows one second later than the calendar says */
const outage = { from: 4 * HOUR, to: 10 * HOUR };
const leapAt = unix('2036-02-07T00:00:00Z');
const leapTrue = leapAt - start;
const eraTrue = 24 * HOUR + 1;
const end = 48 * HOUR;

const ntp = (unixSecond: number) => String(BigInt(unixSecond) + NTP_UNIX_OFFSET_SECONDS);
const leapFile = parseLeapFile(
  `#$ ${ntp(start - 86_400)}\n#@ ${ntp(start + 100 * 86_400)}\n${ntp(unix('2017-01-01T00:00:00Z'))} 37\n${ntp(leapAt)} 38\n`,
);
if (!leapFile.ok) throw new Error(leapFile.message);

const board = virtualBoard({
  startUnixSecond: start,
  leaps: [{ atUnixSecond: leapAt, change: 1 }],
  leapTable: leapFile.table,
  hardware: {
    seed: 2,
    gps: { outages: [outage] },
  },
});
const looks: Look[] = [];
board.run(end, (look) => looks.push(look));
const between = (from: number, to: number) => looks.filter(({ k }) => k >= from && k < to);
const worst = (some: readonly Look[]) =>
  some.reduce((most, { errorSeconds }) => Math.max(most, Math.abs(errorSeconds)), 0);
const said = (event: string) => board.events.filter((entry) => entry.event === event);

test('it locks within 15 s and tracks within a microsecond', () => {
  const first = looks.find(({ system }) => system.stratum === 1)?.k ?? Number.POSITIVE_INFINITY;
  const quiet = between(600, outage.from);
  const rms = Math.sqrt(quiet.reduce((sum, { errorSeconds }) => sum + errorSeconds ** 2, 0) / quiet.length);
  record('two-days lock', { firstStratum1Seconds: first, rmsNs: rms * 1e9, maxNs: worst(quiet) * 1e9 });
  assert.ok(first <= 15);
  assert.ok(worst(quiet) < 2e-6, `${worst(quiet)}`);
});

test('through six hours without GPS the bound covers the error, and it is said that the clock coasts', () => {
  const coasting = between(outage.from + 30, outage.to - 1);
  const uncovered = coasting.filter(
    ({ errorSeconds, boundSeconds }) => Math.abs(errorSeconds) > boundSeconds,
  );
  record('two-days outage-6h', {
    worstErrorUs: worst(coasting) * 1e6,
    boundAtEndUs: (coasting.at(-1)?.boundSeconds ?? 0) * 1e6,
    coveredShare: 1 - uncovered.length / coasting.length,
  });
  assert.ok(
    coasting.every(({ system }) => system.state === 'holdover' && system.stratum === 1 && system.leap !== 3),
  );
  assert.ok(
    coasting.every(({ system, errorSeconds }) => system.rootDispersionSeconds >= Math.abs(errorSeconds)),
  );
  assert.ok(uncovered.length <= 0.1 * coasting.length, `${uncovered.length} of ${coasting.length}`);
  const back = between(outage.to + 120, outage.to + 1200);
  assert.ok(back.every(({ system }) => system.state === 'synchronised'));
  record('two-days outage-recovery', { worstAfter120sNs: worst(back) * 1e9 });
  assert.ok(worst(back) < 5e-6, `${worst(back)}`);
});

test('the leap second is announced on its day and taken without an error', () => {
  const before = between(leapTrue - HOUR, leapTrue - 2);
  const around = between(leapTrue - 60, leapTrue + 600);
  const after = between(leapTrue + 5, leapTrue + HOUR);
  record('two-days leap-second', { worstErrorNs: worst(around) * 1e9 });
  assert.ok(before.every(({ system }) => system.leap === 1));
  assert.ok(after.every(({ system }) => system.leap === 0));
  assert.ok(worst(around) < 2e-6, `${worst(around)}`);
  assert.is(board.engine.leap().taiOffsetSeconds, 38);
});

test('the change of era is not noticed', () => {
  const around = between(eraTrue - 600, eraTrue + 600);
  record('two-days era-2036', { worstErrorNs: worst(around) * 1e9 });
  const eras = new Set(around.map(({ system }) => ntpEra(system.nowNs)));
  assert.equal([...eras].sort(), [0, 1]);
  const later = around.at(-1)?.system.referenceTimeNs ?? 0n;
  assert.ok(unixNsToNtp(later) >> 32n < 1000n);
  assert.ok(around.every(({ system }) => system.state === 'synchronised'));
  assert.ok(worst(around) < 2e-6, `${worst(around)}`);
});

test('the week rollover of 2038-11-21, in a receiver that does not know better, is repaired and logged', () => {
  const from = unix('2038-11-20T20:00:00Z');
  const rollover = unix('2038-11-21T00:00:00Z') - from - 18;
  const old = virtualBoard({ startUnixSecond: from, hardware: { seed: 2, gps: { pivotWeek: 2048 } } });
  const seen: Look[] = [];
  old.run(8 * HOUR, (look) => seen.push(look));
  const around = seen.filter(({ k }) => k >= rollover - 600);
  const logged = old.events.filter(({ event }) => event === 'gps-week-rollover');
  record('two-days week-rollover', {
    worstErrorNs: worst(around) * 1e9,
    loggedAfterSeconds: (logged[0]?.at ?? 0) - rollover,
  });
  assert.ok(around.every(({ system }) => system.state === 'synchronised'));
  assert.ok(worst(around) < 2e-6, `${worst(around)}`);
  assert.is(logged.length, 1);
});

test('nothing was stepped after the first setting, and nothing panicked', () => {
  assert.is(said('clock-stepped').length, 1);
  assert.equal(board.panics, []);
});

test.run();
