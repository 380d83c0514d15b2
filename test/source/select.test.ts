import fc from 'fast-check';
import { selectSources } from '../../src/source/select.js';
import type { Candidate, SelectionResult } from '../../src/source/types.js';
import { assert, test } from '../support/suite.js';
import { candidate, pulse, tos } from './support.js';

const fatesOf = (result: SelectionResult) =>
  [...result.fates].sort(([a], [b]) => a - b).map(([, fate]) => fate);

test('three that agree are combined, the nearest is the system peer', () => {
  const result = selectSources(
    [candidate(1, 0.001), candidate(2, 0.002, { rootDispersionSeconds: 0.001 }), candidate(3, 0.003)],
    tos,
    undefined,
  );
  assert.equal(fatesOf(result), ['candidate', 'sys.peer', 'candidate']);
  assert.is(result.systemPeer, 2);
  assert.equal([...result.survivors], [2, 1, 3]);
  assert.ok(Math.abs(result.offsetSeconds - 0.002) < 1e-6);
});

test('a server that lies by 200 ms is outvoted by two', () => {
  const result = selectSources([candidate(1, 0.2), candidate(2, 0.001), candidate(3, -0.001)], tos, 1);
  assert.equal(fatesOf(result)[0], 'falsetick');
  assert.ok(Math.abs(result.offsetSeconds) < 0.0011);
});

test('two that contradict each other are both falsetickers', () => {
  const result = selectSources([candidate(1, 0.2), candidate(2, 0)], tos, 2);
  assert.equal(fatesOf(result), ['falsetick', 'falsetick']);
  assert.is(result.systemPeer, undefined);
});

test('a liar whose interval is wide enough to overlap does not pull the mean', () => {
  const wide = candidate(1, 0.2, { rootDispersionSeconds: 0.3 });
  const result = selectSources([wide, candidate(2, 0), candidate(3, 0.0005)], tos, undefined);
  assert.is(fatesOf(result)[0], 'outlier');
  assert.ok(Math.abs(result.offsetSeconds) < 0.0006);
});

test('at a start what was measured decides, not how much is still to be measured', () => {
  // Four samples of eight: RFC 5905 adds almost a second to each, and anybody would agree with anybody.
  const young = { rootDispersionSeconds: 0.95, errorSeconds: 0.011 };
  const two = selectSources([candidate(1, 0.2, young), candidate(2, 0, young)], tos, undefined);
  assert.equal(fatesOf(two), ['falsetick', 'falsetick']);
  const three = [candidate(1, 0.2, young), candidate(2, 0, young), candidate(3, 0.001, young)];
  assert.is(fatesOf(selectSources(three, tos, undefined))[0], 'falsetick');
  const grown = { rootDispersionSeconds: 0.005, errorSeconds: 0.5 };
  assert.equal(fatesOf(selectSources([candidate(1, 0.2, grown), candidate(2, 0, grown)], tos, undefined)), [
    'falsetick',
    'falsetick',
  ]);
});

test('what is nearer than mindist is no contradiction, however well it was measured', () => {
  const near = {
    rootDelaySeconds: 2e-5,
    rootDispersionSeconds: 1e-6,
    jitterSeconds: 1e-6,
    errorSeconds: 1e-5,
  };
  const result = selectSources([candidate(1, 0.0005, near), candidate(2, 0, near)], tos, undefined);
  assert.equal(fatesOf(result), ['sys.peer', 'candidate']);
});

test('two that contradict each other are not averaged because a third cannot tell which is right', () => {
  const vague = candidate(3, 0, { rootDispersionSeconds: 0.5 });
  const result = selectSources([candidate(1, 0.2), candidate(2, 0), vague], tos, undefined);
  assert.equal(fatesOf(result), ['falsetick', 'falsetick', 'sys.peer']);
  const outvoted = selectSources(
    [candidate(1, 0.2), candidate(2, 0), vague, candidate(4, 0)],
    tos,
    undefined,
  );
  assert.is(fatesOf(outvoted)[0], 'falsetick');
  assert.ok(Math.abs(outvoted.offsetSeconds) < 0.001);
});

test('nobody is followed while another is in its first burst, unless somebody was before or a refclock speaks', () => {
  const slow = candidate(1, 0, { unfit: 'distance', settling: true });
  const quick = candidate(2, 0.2);
  assert.is(selectSources([slow, quick], tos, undefined).systemPeer, undefined);
  assert.is(selectSources([slow, quick], tos, 2).systemPeer, 2);
  assert.is(selectSources([slow, quick, pulse(3, 0.2)], tos, undefined).systemPeer, 3);
  assert.is(selectSources([{ ...slow, settling: false }, quick], tos, undefined).systemPeer, 2);
});

test('unfit, unsynchronised, too distant and stratum out of floor and ceiling are rejected', () => {
  const result = selectSources(
    [
      candidate(1, 0),
      candidate(2, 0, { unfit: 'loop' }),
      candidate(3, 0, { leap: 3 }),
      candidate(4, 0, { stratum: 16 }),
      candidate(5, 0, { rootDispersionSeconds: 1.6 }),
      candidate(6, 0, { stratum: 12 }),
      candidate(7, 0, { offsetSeconds: Number.NaN }),
      candidate(8, 0, { stratum: 1 }),
    ],
    { ...tos, ceiling: 12, floor: 2 },
    undefined,
  );
  assert.equal(fatesOf(result), ['sys.peer', ...new Array(7).fill('reject')]);
});

test('minsane: fewer survivors than asked for leave the building dark', () => {
  const two = [candidate(1, 0), candidate(2, 0.001)];
  assert.is(selectSources(two, { ...tos, minsane: 3 }, 1).systemPeer, undefined);
  assert.is(selectSources(two, { ...tos, minsane: 2 }, undefined).systemPeer, 1);
});

test('minclock: outliers leave until three remain; maxclock: what is beyond is a backup', () => {
  const six = [0, 0.0001, -0.0001, 0.004, 0.006, 0.008].map((offset, i) => candidate(i + 1, offset));
  const result = selectSources(six, tos, undefined);
  assert.equal(fatesOf(result).slice(3), ['outlier', 'outlier', 'outlier']);
  const four = selectSources(six, { ...tos, minclock: 4, maxclock: 5 }, undefined);
  assert.equal(fatesOf(four), ['sys.peer', 'candidate', 'candidate', 'candidate', 'outlier', 'backup']);
});

test('a preferred survivor alone gives the offset and is never voted out', () => {
  const five = [0, 0.0001, -0.0001, 0.0002, 0.008].map((offset, i) =>
    candidate(i + 1, offset, { prefer: i === 4 }),
  );
  const result = selectSources(five, tos, 1);
  assert.is(result.systemPeer, 5);
  assert.is(result.offsetSeconds, 0.008);
  const lying = [...five.slice(0, 4), candidate(5, 0.8, { prefer: true })];
  assert.is(fatesOf(selectSources(lying, tos, 5))[4], 'falsetick');
});

test('`true` survives without a majority', () => {
  const result = selectSources([candidate(1, 0.5), candidate(2, 0, { alwaysTrue: true })], tos, undefined);
  assert.equal(fatesOf(result), ['falsetick', 'sys.peer']);
});

test('the previous peer stays unless another of its stratum is four times nearer and more than mindist apart', () => {
  const at = (one: number, two: number) => [
    candidate(1, 0, { rootDispersionSeconds: one }),
    candidate(2, 0.0005, { rootDispersionSeconds: two }),
  ];
  assert.is(selectSources(at(0.005, 0.004), tos, 1).systemPeer, 1);
  assert.is(selectSources(at(0.004, 0.005), tos, 2).systemPeer, 2);
  assert.is(selectSources(at(0.005, 0.004), tos, undefined).systemPeer, 2);
  const apart = (dispersion: number, offset: number) => [
    candidate(1, 0, { rootDispersionSeconds: dispersion }),
    candidate(2, offset),
  ];
  assert.is(selectSources(apart(0.02, 0.002), tos, 1).systemPeer, 1);
  assert.is(selectSources(apart(0.08, 0.0005), tos, 1).systemPeer, 1);
  assert.is(selectSources(apart(0.08, 0.002), tos, 1).systemPeer, 2);
  const stratum = [candidate(1, 0, { stratum: 3 }), candidate(2, 0.0001)];
  assert.is(selectSources(stratum, tos, 1).systemPeer, 2);
});

test('a pulse that numbers itself wins over servers that it agrees with', () => {
  const result = selectSources([pulse(1, 0.000002), candidate(2, 0.004), candidate(3, -0.003)], tos, 2);
  assert.is(fatesOf(result)[0], 'pps.peer');
  assert.is(result.offsetSeconds, 0.000002);
  assert.is(result.jitterSeconds, 1e-6);
});

test('a receiver off by a second is outvoted by two servers, its pulse with it', () => {
  const serial = candidate(1, 1, { stratum: 0, rootDelaySeconds: 0, jitterSeconds: 0.01 });
  const edge = pulse(2, 1, { numberedBy: 1 });
  const result = selectSources([serial, edge, candidate(3, 0), candidate(4, 0.001)], tos, undefined);
  assert.equal(fatesOf(result).slice(0, 2), ['falsetick', 'falsetick']);
  assert.is(result.systemPeer, 3);
  const agreeing = selectSources(
    [candidate(1, 0.01, { stratum: 0 }), pulse(2, 0, { numberedBy: 1 })],
    tos,
    undefined,
  );
  assert.is(agreeing.systemPeer, 2);
});

test('the messages of the receiver that numbers a pulse do not refute its phase; other sources do', () => {
  const messages = candidate(1, 0.13, { stratum: 0, rootDelaySeconds: 0, rootDispersionSeconds: 0.04 });
  const edge = pulse(2, 0, { numberedBy: 1 });
  assert.is(selectSources([messages, edge], tos, 1).systemPeer, 2);
  const servers = [candidate(3, 0.13), candidate(4, 0.131)];
  const refuted = selectSources([messages, edge, ...servers], tos, 2);
  assert.is(fatesOf(refuted)[1], 'falsetick');
  assert.is(selectSources([{ ...messages, offsetSeconds: 0.6 }, edge], tos, 2).systemPeer, 1);
});

test('a pulse numbered by survivors needs one within 0.4 s, or minsane 0', () => {
  const edge = pulse(1, 0, { numberedBy: 'survivors' });
  assert.is(selectSources([edge], tos, undefined).systemPeer, undefined);
  assert.is(selectSources([edge], { ...tos, minsane: 0 }, undefined).systemPeer, 1);
  assert.is(selectSources([edge, candidate(2, 0.01)], tos, undefined).systemPeer, 1);
  const far = candidate(2, 0.45, { rootDispersionSeconds: 0.5 });
  assert.is(selectSources([edge, far], tos, undefined).systemPeer, 2);
});

test('LOCAL and orphan parents speak only when nothing else is left', () => {
  const local = candidate(1, 0, { stratum: 10, lastResort: true });
  const orphans = [
    candidate(2, 0.3, { stratum: 5, lastResort: true, orphanMetric: 9 }),
    candidate(3, 0.4, { stratum: 5, lastResort: true, orphanMetric: 7 }),
  ];
  assert.is(selectSources([local, ...orphans, candidate(4, 0.2)], tos, 1).systemPeer, 4);
  assert.is(selectSources([local, ...orphans], tos, undefined).systemPeer, 1);
  assert.is(selectSources(orphans, tos, undefined).systemPeer, 3);
  const preferredLocal = { ...local, prefer: true };
  assert.is(selectSources([preferredLocal, candidate(4, 0.001)], tos, undefined).systemPeer, 1);
});

const anyCandidate = fc
  .record({
    offset: fc.double({ min: -0.05, max: 0.05, noNaN: true }),
    dispersion: fc.double({ min: 0, max: 2, noNaN: true }),
    jitter: fc.double({ min: 0, max: 0.01, noNaN: true }),
    stratum: fc.integer({ min: 0, max: 16 }),
    flags: fc.integer({ min: 0, max: 63 }),
  })
  .map(({ offset, dispersion, jitter, stratum, flags }) => ({ offset, dispersion, jitter, stratum, flags }));
const candidates = fc.array(anyCandidate, { maxLength: 12 }).map((all) =>
  all.map(
    ({ offset, dispersion, jitter, stratum, flags }, i): Candidate =>
      candidate(i + 1, offset, {
        rootDispersionSeconds: dispersion,
        jitterSeconds: jitter,
        stratum,
        prefer: (flags & 7) === 1,
        alwaysTrue: (flags & 7) === 2,
        pulse: (flags & 7) === 3,
        lastResort: (flags & 7) === 4,
        ...((flags & 15) === 11 ? { numberedBy: 'survivors' as const } : {}),
        unfit: flags > 56 ? 'unreachable' : undefined,
      }),
  ),
);

test('the result holds together and does not depend on the order of the candidates', () => {
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 12 }), (all, previous) => {
      const result = selectSources(all, tos, previous);
      assert.is(result.fates.size, all.length);
      assert.ok(Number.isFinite(result.offsetSeconds) && result.jitterSeconds >= 0);
      const peers = [...result.fates].filter(([, fate]) => fate === 'sys.peer' || fate === 'pps.peer');
      assert.equal(
        peers.map(([id]) => id),
        result.systemPeer === undefined ? [] : [result.systemPeer],
      );
      for (const c of all) if (c.unfit !== undefined) assert.is(result.fates.get(c.id), 'reject');
      const again = selectSources([...all].reverse(), tos, previous);
      assert.is(again.systemPeer, result.systemPeer);
      assert.is(again.offsetSeconds, result.offsetSeconds);
      assert.equal(fatesOf(again), fatesOf(result));
    }),
    { numRuns: 1000 },
  );
});

test('one server that a receiver overlaps does not unseat its pulse, two do', () => {
  const receiver = candidate(1, -0.015, { stratum: 0, rootDispersionSeconds: 0.04 });
  const edge = pulse(2, -0.02, { numberedBy: 1 });
  const server = (id: number) =>
    candidate(id, 0.02, { rootDelaySeconds: 0.0002, rootDispersionSeconds: 0.005 });
  assert.is(selectSources([receiver, edge, server(3)], tos, undefined).systemPeer, 2);
  assert.is(selectSources([receiver, edge, server(3), server(4)], tos, undefined).fates.get(2), 'falsetick');
});

test('a receiver without a pulse ranks behind a near server, and is not averaged in', () => {
  const receiver = candidate(1, 0.004, { stratum: 0, rootDelaySeconds: 0, rootDispersionSeconds: 0.05 });
  const server = candidate(2, 0, { stratum: 1, rootDelaySeconds: 0.0002, rootDispersionSeconds: 0.005 });
  const result = selectSources([receiver, server], tos, undefined);
  assert.equal([result.systemPeer, result.survivors, result.offsetSeconds], [2, [2], 0]);
});

test.run();
