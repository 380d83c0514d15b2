import { join } from 'node:path';
import { sdNotifier } from '../../drivers/linux/sd-notify.js';
import { bindUnixDatagram } from '../../drivers/linux/unix.js';
import { compileAccess } from '../../src/auth/restrict.js';
import { BEAT_SECONDS, Heart } from '../../src/daemon/heart.js';
import { silentLog } from '../../src/ports/log.js';
import { CONTROL, type Command, DEFAULT_SETTINGS, type ThreadData } from '../../src/responder/messages.js';
import type { ThreadEvents } from '../../src/responder/platform.js';
import { ResponderThread } from '../../src/responder/server.js';
import { manualScheduler } from '../drivers/serial/manual-scheduler.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

/** A heart over a responder whose thread is the test's, told to a real datagram socket. */
function setUp() {
  const path = join(temporaryFolder(), 'notify');
  const systemd = bindUnixDatagram(path);
  const notifier = sdNotifier({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000000' });
  const commands: Command[] = [];
  let thread: { data: ThreadData; events: ThreadEvents } | undefined;
  const responder = new ResponderThread({
    platform: {
      openSocket: () => 10,
      closeSocket() {},
      openWaker: () => 5,
      wake() {},
      closeWaker() {},
      startThread: (data, events) => {
        thread = { data, events };
        return { post: (command) => commands.push(command) };
      },
      interfaces: () => ({}),
      interfaceIndex: () => 1,
      joinGroup() {},
      leaveGroup() {},
      formatAddress: String,
    },
    scheduler: manualScheduler(),
    random: { bytes: (n) => new Uint8Array(n), uniform: () => 0.5 },
    log: silentLog,
    port: 123,
    interfaces: [],
    access: compileAccess({ rules: [] }),
    keys: [],
    settings: DEFAULT_SETTINGS,
    clientCapacity: 64,
    toServed: (ns) => ns,
    onPacket() {},
    onSent() {},
    onFailure(error) {
      throw error;
    },
  });
  responder.start();
  const discipline = { ns: 0n };
  const state = { status: 'not synchronised: no source is configured, 0 clients' };
  const heart = new Heart({
    signs: () => ({
      isServing: responder.isServing,
      responderBeats: responder.beats,
      disciplineNs: discipline.ns,
    }),
    status: () => state.status,
    notify: (...assignments) => notifier.notify(...assignments),
  });
  const told = () => {
    const lines: string[] = [];
    for (let next = systemd.receive(); next !== undefined; next = systemd.receive())
      lines.push(...new TextDecoder().decode(next).split('\n'));
    return lines;
  };
  const takeSockets = () => {
    for (const command of commands.splice(0))
      if (command.type === 'sockets')
        thread?.events.notice({ type: 'sockets-applied', serial: command.serial });
  };
  const turn = () => Atomics.add(new Int32Array(thread!.data.memory.control), CONTROL.beats, 1);
  const tick = () => {
    discipline.ns += 1_000_000_000n;
  };
  return { heart, told, takeSockets, turn, tick, state, responder, thread: () => thread! };
}

test('systemd hears READY when the responder has its sockets, not before, and once', () => {
  const { heart, told, takeSockets } = setUp();
  assert.ok(heart.look() < 1, 'it looks again soon');
  assert.not.ok(told().includes('READY=1'));
  heart.look();
  assert.not.ok(told().includes('READY=1'));
  takeSockets();
  assert.is(heart.look(), BEAT_SECONDS);
  const lines = told();
  assert.is(lines[0], 'READY=1');
  assert.ok(lines.some((line) => line.startsWith('STATUS=')));
  heart.look();
  assert.not.ok(told().includes('READY=1'));
});

test('the watchdog is fed while responder and discipline both move', () => {
  const { heart, told, takeSockets, turn, tick } = setUp();
  takeSockets();
  heart.look();
  told();
  for (let i = 0; i < 3; i += 1) {
    turn();
    tick();
    heart.look();
    assert.equal(told(), ['WATCHDOG=1']);
  }
});

test('a stuck responder is not fed for, though main and the discipline go on', () => {
  const { heart, told, takeSockets, turn, tick } = setUp();
  takeSockets();
  turn();
  heart.look();
  told();
  for (let i = 0; i < 10; i += 1) {
    tick();
    heart.look();
    assert.equal(told(), []);
  }
  turn();
  tick();
  heart.look();
  assert.equal(told(), ['WATCHDOG=1'], 'and it is when it moves again');
});

test('a stuck discipline is not fed for, though requests are answered', () => {
  const { heart, told, takeSockets, turn } = setUp();
  takeSockets();
  heart.look();
  told();
  for (let i = 0; i < 10; i += 1) {
    turn();
    heart.look();
    assert.equal(told(), []);
  }
});

test('a new status is told with the next look, an old one is not told again', () => {
  const { heart, told, takeSockets, state } = setUp();
  takeSockets();
  heart.look();
  told();
  state.status = 'stratum 1, PPS locked, ±180 ns, 42 clients';
  heart.look();
  assert.equal(told(), ['STATUS=stratum 1, PPS locked, ±180 ns, 42 clients']);
  heart.look();
  assert.equal(told(), []);
});

test('a responder whose thread has ended does not serve until the next one has its sockets', () => {
  const { responder, takeSockets, thread } = setUp();
  takeSockets();
  assert.ok(responder.isServing);
  thread().events.ended(new Error('gone'));
  assert.not.ok(responder.isServing);
});

test.run();
