import { Persistence } from '../../src/daemon/persistence.js';
import { loadState } from '../../src/daemon/saved-state.js';
import { MemoryStateStore } from '../../src/daemon/state-store.js';
import { silentLog } from '../../src/ports/log.js';
import { SimServer } from '../../src/sim/ntp-server.js';
import { assert, test } from '../support/suite.js';
import { virtualBoard } from '../support/virtual-board.js';

const START = 1_767_225_600;

test('the floor for receivers is not set by a server, which may be decades wrong', () => {
  const store = new MemoryStateStore();
  const persistence = new Persistence(store, 'drift', silentLog);
  const board = virtualBoard({
    startUnixSecond: START,
    config: 'board simulated\nclock simulated\ntinker panic 0\nserver 192.0.2.10 iburst\n',
    network: (network, world) =>
      network.addServer('192.0.2.10', new SimServer(world, { errorSeconds: 25 * 365 * 86_400 })),
  });
  board.run(120, () => {});
  assert.is(board.engine.system().state, 'synchronised');
  persistence.save(board.engine, board.clock.now());
  assert.is(loadState(store, silentLog, 9_000_000_000_000_000_000n).lastRightNs, 0n);
});

test('the floor stays where the receiver set it, also when the daemon ends in holdover', () => {
  const store = new MemoryStateStore();
  const persistence = new Persistence(store, 'drift', silentLog);
  const board = virtualBoard({
    startUnixSecond: START,
    hardware: { gps: { outages: [{ from: 100, to: 1000 }] } },
  });
  board.run(60, () => {});
  persistence.save(board.engine, board.clock.now());
  const { lastRightNs } = loadState(store, silentLog, 9_000_000_000_000_000_000n);
  assert.ok(lastRightNs > BigInt(START) * 1_000_000_000n);
  board.run(200, () => {});
  persistence.save(board.engine, board.clock.now());
  assert.is(loadState(store, silentLog, 9_000_000_000_000_000_000n).lastRightNs, lastRightNs);
});

test('a frequency that is known much better than what was saved is saved at once, then not again and again', () => {
  const store = new MemoryStateStore();
  const persistence = new Persistence(store, 'drift', silentLog);
  persistence.readDrift();
  const board = virtualBoard({ startUnixSecond: START });
  let writes = 0;
  const write = store.write.bind(store);
  store.write = (path, text) => {
    if (path === 'drift') writes += 1;
    write(path, text);
  };
  const minutes = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      board.run(board.world.now() + 60, () => {});
      persistence.saveNews(board.engine, board.clock.now());
    }
  };
  minutes(3);
  assert.ok(writes >= 1, `${writes} after 3 minutes`);
  assert.ok(store.read('drift') !== undefined);
  minutes(57);
  assert.ok(writes <= 8, `${writes} in an hour`);
  const again = new Persistence(store, 'drift', silentLog);
  assert.ok(again.readDrift() !== undefined);
  const before = writes;
  again.saveNews(board.engine, board.clock.now());
  assert.is(writes, before, 'what is on the disk is as good');
});

test.run();
