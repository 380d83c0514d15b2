/** A server without a receiver, in virtual time: what it says of itself while its sources, or others, mislead it. */
import { LAN, WAN } from '../../src/sim/network.js';
import { SimServer, type SimServerOptions } from '../../src/sim/ntp-server.js';
import { assert, record, test } from '../support/suite.js';
import { type Look, type VirtualBoardOptions, virtualBoard } from '../support/virtual-board.js';

const START = 1_767_225_600;

function client(server: SimServerOptions, more: Partial<VirtualBoardOptions> = {}) {
  const board = virtualBoard({
    startUnixSecond: START,
    hardware: { seed: 3 },
    config: 'board simulated\nclock simulated\nserver 192.0.2.10 iburst\n',
    network: (network, world) => network.addServer('192.0.2.10', new SimServer(world, server), LAN),
    ...more,
  });
  const looks: Look[] = [];
  return { ...board, looks, go: (end: number) => board.run(end, (look) => looks.push(look)) };
}
const dishonest = (looks: readonly Look[]) =>
  looks.filter(
    ({ system, errorSeconds, rootDistanceSeconds }) =>
      system.leap !== 3 && Math.abs(errorSeconds) > rootDistanceSeconds,
  );

test('a leap announced by servers in the middle of a month is neither armed nor passed on', () => {
  const board = client({ leap: 1 }, { startUnixSecond: Date.UTC(2026, 0, 10, 22) / 1000 });
  board.go(3 * 3600);
  assert.ok(board.looks.every(({ system }) => system.leap === 0 || system.leap === 3));
  assert.ok(board.looks.slice(60).every(({ errorSeconds }) => Math.abs(errorSeconds) < 0.001));
});

test('a leap announced on the last day of the month is armed, and taken though the server falls silent before', () => {
  const startUnixSecond = Date.UTC(2026, 5, 30, 22) / 1000;
  const board = client(
    { leap: 1, behaviour: (t) => (t < 3600 ? 'serve' : 'silent') },
    { startUnixSecond, leaps: [{ atUnixSecond: Date.UTC(2026, 6, 1) / 1000, change: 1 }] },
  );
  board.go(2 * 3600 + 600);
  assert.is(board.looks[7100]?.system.leap, 1);
  assert.ok(Math.abs(board.looks.at(-1)?.errorSeconds ?? 1) < 0.01, `${board.looks.at(-1)?.errorSeconds}`);
});

test('a clock that somebody moved by a minute is not served until its server was asked again', () => {
  const board = client({});
  board.go(20_000);
  board.clock.interfere({ stepSeconds: 60 });
  board.go(21_000);
  record('network-only foreign-step', { dishonestSeconds: dishonest(board.looks).length });
  assert.equal(dishonest(board.looks), []);
  const after = board.looks.filter(({ k }) => k > 20_030);
  assert.ok(after.every(({ system, errorSeconds }) => system.leap === 0 && Math.abs(errorSeconds) < 0.001));
});

test('two foreign steps in a row are both noticed', () => {
  const board = client({});
  board.go(2000);
  board.clock.interfere({ stepSeconds: 5 });
  board.go(2001);
  board.clock.interfere({ stepSeconds: 7 });
  board.go(2100);
  assert.equal(dishonest(board.looks), []);
  assert.ok(Math.abs(board.looks.at(-1)?.errorSeconds ?? 1) < 0.001);
});

test('with tinker step 0 a clock that is an hour off is not served while it is slewed', () => {
  const config = 'board simulated\nclock simulated\ntinker step 0 panic 0\nserver 192.0.2.10 iburst\n';
  const board = client({}, { config, hardware: { seed: 3, startErrorSeconds: 3600 } });
  board.go(1000);
  assert.ok(board.looks.every(({ system }) => system.leap === 3));
});

test('a drift file that is 400 ppm wrong makes no dishonest second', () => {
  const drift = { frequency: 400e-6, frequencyUncertainty: 0, wander: 0, savedAtUnixNs: 0n };
  const board = virtualBoard({ startUnixSecond: START, hardware: { seed: 3 }, drift });
  const looks: Look[] = [];
  board.run(300, (look) => looks.push(look));
  assert.equal(dishonest(looks), []);
  assert.ok(Math.abs(looks.at(-1)?.errorSeconds ?? 1) < 5e-6);
});

test('three servers far away speak together: within a millisecond in ten minutes, without leading one another on', () => {
  const hosts = ['192.0.2.10', '192.0.2.11', '192.0.2.12'];
  const lines = hosts.map((host) => `server ${host} iburst\n`).join('');
  const board = client(
    {},
    {
      config: `board simulated\nclock simulated\n${lines}`,
      network: (network, world) => {
        for (const host of hosts) network.addServer(host, new SimServer(world), WAN);
      },
    },
  );
  board.go(7200);
  const settled = board.looks.filter(({ k }) => k >= 600).map(({ errorSeconds }) => errorSeconds);
  const rms = Math.sqrt(settled.reduce((sum, error) => sum + error ** 2, 0) / settled.length);
  record('network-only three-far', { rmsUs: rms * 1e6 });
  assert.ok(rms < 3e-4, `${rms}`);
  assert.equal(dishonest(board.looks), []);
});

test('a receiver’s messages without a pulse do not lead a good server astray', () => {
  const config =
    'board simulated\nclock simulated\nrefclock gps device simulated\nserver 192.0.2.10 iburst\n';
  const board = client({}, { config });
  board.go(7200);
  const settled = board.looks.filter(({ k }) => k >= 600);
  const worst = Math.max(...settled.map(({ errorSeconds }) => Math.abs(errorSeconds)));
  record('network-only beside-messages', { worstUs: worst * 1e6 });
  assert.ok(worst < 2e-4, `${worst}`);
  assert.ok(board.events.filter(({ event }) => event === 'source-selected').length < 10);
});

test('a single server that is 20 ms wrong does not unseat a pulse', () => {
  const config =
    'board simulated\nclock simulated\nrefclock gps device simulated\nrefclock pps device simulated\nserver 192.0.2.10 iburst\n';
  const board = client({ errorSeconds: 0.02 }, { config });
  board.go(3600);
  const settled = board.looks.filter(({ k }) => k >= 60);
  assert.ok(settled.every(({ system }) => system.stratum === 1));
  assert.ok(settled.every(({ errorSeconds }) => Math.abs(errorSeconds) < 5e-6));
});

for (const [name, far, second, atMost] of [
  ['a near server and one far away that is 3 ms off', { errorSeconds: 0.003, path: WAN }, '192.0.2.11', 3e-3],
  ['two near servers half a millisecond apart', { errorSeconds: 0.0005, path: LAN }, '10.9.0.11', 8e-4],
] as const) {
  test(`${name}: their difference is not taken for a frequency`, () => {
    const board = client(
      {},
      {
        config: `board simulated\nclock simulated\nserver 10.9.0.10 iburst\nserver ${second} iburst\n`,
        network: (network, world) => {
          network.addServer('10.9.0.10', new SimServer(world), LAN);
          network.addServer(second, new SimServer(world, { errorSeconds: far.errorSeconds }), far.path);
        },
      },
    );
    board.go(3600);
    const settled = board.looks.filter(({ k }) => k >= 30);
    const worst = Math.max(...settled.map(({ errorSeconds }) => Math.abs(errorSeconds)));
    assert.ok(worst < atMost, `${worst}`);
  });
}

test('LOCAL beside a server waits until the server has had its time, and while the clock coasts', () => {
  const board = client(
    { behaviour: (t) => (t < 2000 ? 'serve' : 'silent') },
    { config: 'board simulated\nclock simulated\nserver 192.0.2.10 iburst\nserver 127.127.1.0\n' },
  );
  board.go(6000);
  const states = (from: number, to: number) =>
    new Set(board.looks.filter(({ k }) => k >= from && k < to).map(({ system }) => system.stratum));
  assert.equal([...states(0, 6)], [16]);
  assert.equal([...states(10, 2000)], [2]);
  const last = board.looks.at(-1)?.system;
  assert.equal([last?.stratum, last?.leap], [6, 0]);
  const local = board.looks.find(({ k, system }) => k > 2000 && system.stratum === 6)?.k ?? 0;
  const lost = board.looks.find(({ system }) => system.state === 'holdover')?.k ?? 0;
  assert.ok(local - lost >= 299, `${lost} ${local}`);
});

test.run();
