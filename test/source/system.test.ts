import { refidText } from '../../src/source/refid.js';
import { selectSources } from '../../src/source/select.js';
import {
  initialSystem,
  nextSystem,
  type SystemInput,
  type SystemVariables,
} from '../../src/source/system.js';
import type { Candidate } from '../../src/source/types.js';
import { assert, test } from '../support/suite.js';
import { candidate, pulse, tos } from './support.js';

const s = 1_000_000_000n;
const epoch = BigInt(Date.UTC(2026, 4, 10)) * 1_000_000n;
const gps = pulse(1, 0);
const name = Uint8Array.from([0x47, 0x50, 0x53, 0]);

const input = (
  at: number,
  candidates: readonly Candidate[],
  more: Partial<SystemInput> = {},
): SystemInput => {
  const selection = selectSources(candidates, more.tos ?? tos, undefined);
  const id = selection.systemPeer;
  const nowNs = epoch + BigInt(at) * s;
  return {
    monoNs: BigInt(at) * s,
    nowNs,
    precisionLog2: -23,
    candidates,
    selection,
    peer: id === undefined ? undefined : { id, refid: name, updatedNs: nowNs },
    discipline: { phase: 'locked', offsetSeconds: 1e-6, boundSeconds: 5e-6 },
    leapNotice: undefined,
    kiss: 'INIT',
    tos,
    maximumDistanceSeconds: 1.5,
    ...more,
  };
};
const start = initialSystem(0n, epoch, -23);

test('a clock that was just started says leap 3, stratum 16, INIT', () => {
  assert.is(start.leap, 3);
  assert.is(start.stratum, 16);
  const still = nextSystem(start, input(1, []));
  assert.equal(
    [still.leap, still.stratum, refidText(still.refid), still.state],
    [3, 16, 'INIT', 'unsynchronised'],
  );
});

test('selected but not yet set is not synchronised', () => {
  const unset = { phase: 'unset', offsetSeconds: 0, boundSeconds: 1 } as const;
  assert.is(nextSystem(start, input(1, [gps], { discipline: unset })).leap, 3);
  assert.is(refidText(nextSystem(start, input(1, [gps], { discipline: unset, kiss: 'STEP' })).refid), 'STEP');
});

test('with a pulse: stratum 1, the refclock’s name, dispersion bounded below by mindist', () => {
  const v = nextSystem(start, input(1, [gps]));
  assert.equal([v.leap, v.stratum, refidText(v.refid), v.systemPeer], [0, 1, 'GPS', 1]);
  assert.ok(v.rootDispersionSeconds >= tos.mindist && v.rootDispersionSeconds < 1.1 * tos.mindist);
  assert.is(v.rootDelaySeconds, 0);
});

test('the offset still to be corrected counts as dispersion', () => {
  const discipline = { phase: 'acquiring', offsetSeconds: -0.05, boundSeconds: 0.01 } as const;
  assert.ok(nextSystem(start, input(1, [gps], { discipline })).rootDispersionSeconds >= 0.05);
});

test('so does the offset of a new peer of which the discipline has not heard yet', () => {
  const v = nextSystem(start, input(1, [candidate(1, 0.05)]));
  assert.ok(v.rootDispersionSeconds >= 0.05);
});

test('a clock that is farther off than the greatest distance is not synchronised, whatever it follows', () => {
  const discipline = { phase: 'acquiring', offsetSeconds: 40, boundSeconds: 40 } as const;
  const locked = nextSystem(start, input(1, [gps]));
  assert.equal(
    [
      nextSystem(start, input(1, [gps], { discipline })).leap,
      nextSystem(locked, input(2, [gps], { discipline })).leap,
    ],
    [3, 3],
  );
});

test('without a source dispersion grows at 15 ppm, stratum and leap stay, and reftime with them', () => {
  const locked = nextSystem(start, input(1, [gps]));
  let v: SystemVariables = locked;
  for (let at = 2; at <= 1001; at += 1) v = nextSystem(v, input(at, []));
  assert.equal([v.state, v.leap, v.stratum, v.systemPeer], ['holdover', 0, 1, undefined]);
  assert.ok(Math.abs(v.rootDispersionSeconds - locked.rootDispersionSeconds - 0.015) < 1e-9);
  assert.is(v.referenceTimeNs, locked.referenceTimeNs);
  assert.is(v.lostSinceNs, 2n * s);
});

test('without a majority the contradicting sources are within the root distance', () => {
  const locked = nextSystem(start, input(1, [gps]));
  const v = nextSystem(locked, input(2, [candidate(1, 0), candidate(2, 0.3)]));
  assert.is(v.state, 'holdover');
  assert.ok(v.rootDispersionSeconds >= 0.3);
});

test('a discipline that is less sure than 15 ppm is believed', () => {
  const v = nextSystem(start, input(1, [gps]));
  const discipline = { phase: 'holdover', offsetSeconds: 0, boundSeconds: 0.3 } as const;
  assert.ok(nextSystem(v, input(2, [], { discipline })).rootDispersionSeconds >= 0.3);
});

test('holdover ends when the root distance reaches its maximum, and says DROP', () => {
  let v = nextSystem(start, input(1, [gps]));
  const end = Math.floor((1.5 - v.rootDispersionSeconds) / 15e-6);
  v = nextSystem(v, input(end - 1, []));
  assert.is(v.state, 'holdover');
  v = nextSystem(v, input(end + 3, []));
  assert.equal([v.state, v.leap, v.stratum, refidText(v.refid)], ['unsynchronised', 3, 16, 'DROP']);
  v = nextSystem(v, input(end + 4, [gps]));
  assert.equal([v.state, v.stratum, v.lostSinceNs], ['synchronised', 1, undefined]);
});

test('the answer in holdover does not depend on how often it is asked', () => {
  const locked = nextSystem(start, input(1, [gps]));
  const once = nextSystem(locked, input(5001, []));
  let often = locked;
  for (let at = 2; at <= 5001; at += 7) often = nextSystem(often, input(at, []));
  often = nextSystem(often, input(5001, []));
  assert.ok(Math.abs(once.rootDispersionSeconds - often.rootDispersionSeconds) < 1e-9);
});

test('orphan: after orphanwait the host serves the orphan stratum from 127.0.0.1', () => {
  const orphanTos = { ...tos, orphan: 7 };
  let v = nextSystem(start, input(299, [], { tos: orphanTos }));
  assert.is(v.stratum, 16);
  v = nextSystem(v, input(300, [], { tos: orphanTos }));
  assert.equal([v.state, v.leap, v.stratum, [...v.refid]], ['orphan', 0, 7, [127, 0, 0, 1]]);
  const parent = candidate(4, 0.1, { stratum: 7, lastResort: true, orphanMetric: 1 });
  v = nextSystem(v, input(301, [parent], { tos: orphanTos }));
  assert.equal([v.state, v.stratum], ['synchronised', 8]);
});

test('a leap needs most of the survivors, or one refclock, or the schedule', () => {
  const votes = (leaps: readonly (0 | 1 | 2)[], more: Partial<SystemInput> = {}) =>
    nextSystem(
      start,
      input(
        1,
        leaps.map((leap, i) => candidate(i + 1, 0, { leap })),
        more,
      ),
    ).leap;
  assert.is(votes([1, 0, 0]), 0);
  assert.is(votes([1, 1, 0]), 1);
  assert.is(votes([2, 2, 2]), 2);
  assert.is(votes([1, 1, 1], { leapNotice: 0 }), 0);
  assert.is(votes([0, 0, 0], { leapNotice: 1 }), 1);
  assert.is(
    nextSystem(start, input(1, [pulse(1, 0, { leap: 1 }), candidate(2, 0), candidate(3, 0)])).leap,
    1,
  );
});

test('an announced leap outlives the source until the month ends', () => {
  const lastDay = (Date.UTC(2026, 4, 31) - Date.UTC(2026, 4, 10)) / 1000;
  let v = nextSystem(start, input(lastDay, [pulse(1, 0, { leap: 1 })]));
  assert.is(v.leap, 1);
  v = nextSystem(v, input(lastDay + 86_399, []));
  assert.is(v.leap, 1);
  v = nextSystem(v, input(lastDay + 86_400, []));
  assert.is(v.leap, 0);
});

test.run();
