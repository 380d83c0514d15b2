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

test.run();
