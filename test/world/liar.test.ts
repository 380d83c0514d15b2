/** One of three servers lies, from the very first packet on: the clock is never set by it. In virtual time. */
import { LAN } from '../../src/sim/network.js';
import { SimServer, type SimServerOptions } from '../../src/sim/ntp-server.js';
import { assert, record, test } from '../support/suite.js';
import { type Look, virtualBoard } from '../support/virtual-board.js';

const START = 1_767_225_600;
const ADDRESSES = ['192.0.2.10', '192.0.2.11', '192.0.2.12'] as const;

/** Seconds at which a wrong time was served, and the worst error served. */
function run(seed: number, servers: readonly SimServerOptions[], words: string, seconds: number) {
  const board = virtualBoard({
    startUnixSecond: START,
    hardware: { seed },
    config: `board simulated\nclock simulated\n${ADDRESSES.map((a) => `server ${a} ${words}\n`).join('')}`,
    network: (network, world) => {
      for (const [i, address] of ADDRESSES.entries())
        network.addServer(address, new SimServer(world, servers[i]), LAN);
    },
  });
  const looks: Look[] = [];
  board.run(seconds, (look) => looks.push(look));
  const served = looks.filter(({ system }) => system.leap !== 3);
  return {
    first: served[0]?.k ?? Number.POSITIVE_INFINITY,
    worst: Math.max(0, ...served.map(({ errorSeconds }) => Math.abs(errorSeconds))),
    // More wrong than a client could reckon from what was served.
    dishonest: served.filter((look) => Math.abs(look.errorSeconds) > look.rootDistanceSeconds).length,
    last: looks.at(-1),
  };
}

for (const lie of [0.2, -0.2, 0.1, -0.05]) {
  test(`a server that lies by ${lie * 1000} ms is outvoted from the first second served`, () => {
    let worst = 0;
    let latest = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const servers: SimServerOptions[] = [{}, {}, {}];
      servers[seed % 3] = { errorSeconds: lie };
      const result = run(seed, servers, 'iburst', 400);
      worst = Math.max(worst, result.worst);
      latest = Math.max(latest, result.first);
      assert.is(result.last?.system.leap, 0);
      assert.is(result.dishonest, 0, `seed ${seed}`);
    }
    record(`liar ${lie * 1000} ms`, { worstMs: worst * 1e3, servedAfterSeconds: latest });
    assert.ok(worst < 0.005, `${worst} s`);
    assert.ok(latest <= 20, `served after ${latest} s`);
  });
}

test('a silent server delays the first setting by its burst, not longer', () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const { first, worst } = run(seed, [{}, { behaviour: 'silent' }, {}], 'iburst', 300);
    assert.ok(first <= 20, `served after ${first} s, seed ${seed}`);
    assert.ok(worst < 0.005, `${worst} s, seed ${seed}`);
  }
});

test('three honest servers keep the clock within a millisecond from the start, and better with time', () => {
  let early = 0;
  let late = 0;
  for (let seed = 1; seed <= 4; seed += 1) {
    const result = run(seed, [{}, {}, {}], 'iburst', 6000);
    assert.is(result.dishonest, 0, `seed ${seed}`);
    early = Math.max(early, result.worst);
    late = Math.max(late, Math.abs(result.last?.errorSeconds ?? 1));
  }
  record('three honest servers', { worstUs: early * 1e6, after100minUs: late * 1e6 });
  assert.ok(early < 0.0015, `${early} s`);
  assert.ok(late < 300e-6, `${late} s`);
});

test('while the third is too vague to tell, neither of two that contradict each other is followed', () => {
  // As a daemon that has just taken its own clock for a source.
  const vague = (k: number): SimServerOptions => ({ rootDispersionSeconds: k });
  for (let seed = 1; seed <= 4; seed += 1) {
    for (const dispersion of [4, 0.9, 0.4]) {
      const { worst, dishonest } = run(seed, [{ errorSeconds: 0.2 }, vague(dispersion), {}], 'iburst', 300);
      assert.is(dishonest, 0, `seed ${seed}`);
      assert.ok(worst < 0.005, `${worst} s, seed ${seed}, dispersion ${dispersion} s`);
    }
  }
});

test.run();
