/** What a board's definition allows Autokey's public-key work reaches the desk and the crypto thread. */
import type { BoardDefinition } from '../../boards/board.js';
import { resolveBoard } from '../../boards/detect.js';
import { simulatedInVirtualTime } from '../../boards/simulated.js';
import { readConfig } from '../../src/config/read.js';
import { AutokeyRoom } from '../../src/daemon/autokey-room.js';
import { MemoryStateStore } from '../../src/daemon/state-store.js';
import { LeapKeeper } from '../../src/discipline/leap.js';
import { silentLog } from '../../src/ports/log.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { initialSystem } from '../../src/source/system.js';
import { DaemonProcess, temporaryFolder } from '../support/daemon-process.js';
import { noonmarkKeygen } from '../support/keygen.js';
import { assert, test } from '../support/suite.js';
import { controlVariable } from './control-variable.js';

const small = resolveBoard('raspberry-pi-zero-2w').board;
const ordinary = resolveBoard('raspberry-pi-4b').board;
const keys = temporaryFolder();
const crypto = [`keysdir ${keys}`, 'crypto pw pw host peer1'];

test.before(async () => {
  // A GQ key of 1536 bits is the least one whose best table the two boards have no equal room for.
  await noonmarkKeygen(keys, '-T', '-G', '-H', '-m', '1024', '-b', '1536', '-s', 'peer1', '-p', 'pw');
});

/** What Autokey has on that board: share of a processor, bytes of its GQ key's table, and of table and pool. */
async function allowed(board: BoardDefinition, more = '') {
  const { config } = readConfig(`${crypto.join('\n')} ${more}\n`, 'ntp.conf');
  const { clock, scheduler } = simulatedInVirtualTime(new VirtualWorld({ startUnixSecond: 1_790_000_000 }));
  const room = new AutokeyRoom(config, {
    ...{ board, clock, scheduler, log: silentLog, store: new MemoryStateStore() },
    leap: new LeapKeeper(silentLog),
    system: () => initialSystem(0n, 0n, -20),
    note() {},
    responder: () => ({ setAutokey() {} }),
    port: () => ({ send: () => false, localAddressFor: () => undefined }),
  });
  room.start();
  const thread = room.service?.crypto;
  try {
    thread?.fill();
    const responder = () => thread?.status.workshop?.responders.find(({ scheme }) => scheme === 'gq');
    for (let turn = 0; turn < 3000 && responder() === undefined; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const { tableBytes = -1, poolBytes = -1 } = responder() ?? {};
    return { share: room.server?.view().share, tableBytes, bytes: tableBytes + poolBytes };
  } finally {
    await thread?.stop();
  }
}

test("a small board's share of the processor and its table are its definition's, not those of an ordinary one", async () => {
  assert.is.not(small.cryptoBudgetPercent, ordinary.cryptoBudgetPercent);
  const [own, other] = [await allowed(small), await allowed(ordinary)];
  assert.equal([own.share, other.share], [0.05, 0.1]);
  assert.ok(own.tableBytes > 0 && own.bytes <= small.powersBytes, `${own.bytes} bytes`);
  assert.ok(other.bytes <= ordinary.powersBytes, `${other.bytes} bytes`);
  assert.ok(other.tableBytes > own.tableBytes, 'twice the room has a larger table');
});

test('a budget that the configuration names goes before that of the board', async () => {
  assert.is((await allowed(small, 'budget 20%')).share, 0.2);
});

test('noonmarkd tells ntpq the share of the board that the configuration names', async () => {
  const daemon = await DaemonProcess.start({ lines: [`board ${small.id}`, 'clock none', ...crypto] });
  try {
    assert.is(await controlVariable(daemon.port, 'ak_budget'), small.cryptoBudgetPercent);
  } finally {
    await daemon.stop();
  }
});

test.run();
