import { compileAccess } from '../../src/auth/restrict.js';
import type { InterfaceRule } from '../../src/config/types.js';
import { NoonmarkError } from '../../src/errors.js';
import type { Scheduler, Timer } from '../../src/ports/scheduler.js';
import type { InterfaceSnapshot, SocketPlan } from '../../src/responder/addresses.js';
import { CONTROL, type Command, DEFAULT_SETTINGS, type ThreadData } from '../../src/responder/messages.js';
import type { ResponderPlatform, ThreadEvents } from '../../src/responder/platform.js';
import { RingReader, RingWriter } from '../../src/responder/ring.js';
import { type ForwardedPacket, TransmissionSlot, writePacket } from '../../src/responder/ring-records.js';
import { clientCapacity, ResponderThread } from '../../src/responder/server.js';
import { assert, test } from '../support/suite.js';
import { Bench, request } from './fixture.js';

/** Time that the test moves. */
class ManualScheduler implements Scheduler {
  #now = 0;
  #queue: { at: number; action: () => void }[] = [];
  monotonic(): bigint {
    return BigInt(Math.round(this.#now * 1e9));
  }
  after(seconds: number, action: () => void): Timer {
    const entry = { at: this.#now + seconds, action };
    this.#queue.push(entry);
    return {
      cancel: () => {
        this.#queue = this.#queue.filter((other) => other !== entry);
      },
    };
  }
  pass(seconds: number): void {
    const until = this.#now + seconds;
    for (;;) {
      const next = this.#queue.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#queue = this.#queue.filter((other) => other !== next);
      this.#now = next.at;
      next.action();
    }
    this.#now = until;
  }
}

const four = (address: string) =>
  ({ address, family: 'IPv4', netmask: '', mac: '', internal: false, cidr: null }) as const;
const perAddress: InterfaceRule = {
  action: 'listen',
  match: { type: 'name', name: 'eth*' },
  origin: { file: 'test.conf', line: 1, column: 1 },
};

function setUp(rules: InterfaceRule[] = []) {
  const scheduler = new ManualScheduler();
  const log: string[] = [];
  const commands: Command[] = [];
  const started: { data: ThreadData; events: ThreadEvents }[] = [];
  const open = new Map<number, string>();
  const failing = new Map<string, NoonmarkError>();
  const failures: NoonmarkError[] = [];
  const packets: ForwardedPacket[] = [];
  let next = 10;
  let wakes = 0;
  const machine: { now: InterfaceSnapshot } = { now: { eth0: [four('192.0.2.1')] } };
  const nameOf = ({ address, family }: SocketPlan) => address ?? `*${family}`;
  const platform: ResponderPlatform = {
    joinGroup: () => {},
    leaveGroup: () => {},
    interfaceIndex: () => 1,
    openSocket: (plan) => {
      const error = failing.get(nameOf(plan));
      if (error !== undefined) throw error;
      open.set(next, nameOf(plan));
      next += 1;
      return next - 1;
    },
    closeSocket: (handle) => {
      open.delete(handle);
    },
    openWaker: () => 5,
    wake: () => {
      wakes += 1;
    },
    closeWaker: () => {},
    startThread: (data, events) => {
      started.push({ data, events });
      return { post: (command) => commands.push(command) };
    },
    interfaces: () => machine.now,
    formatAddress: (bytes) => bytes.join('.'),
  };
  const responder = new ResponderThread({
    platform,
    scheduler,
    random: { bytes: (n) => new Uint8Array(n).fill(7), uniform: () => 0.5 },
    log: { write: (level, event, text) => log.push(`${level} ${event} ${text}`) },
    port: 123,
    interfaces: rules,
    access: compileAccess({ rules: [] }),
    keys: [],
    settings: DEFAULT_SETTINGS,
    clientCapacity: 64,
    toServed: (ns) => ns + 1n,
    onPacket: (packet) => packets.push(packet),
    onSent: () => {},
    onFailure: (error) => failures.push(error),
  });
  const ack = () => {
    for (const command of commands.splice(0))
      if (command.type === 'sockets')
        started.at(-1)?.events.notice({ type: 'sockets-applied', serial: command.serial });
  };
  const beat = () => {
    Atomics.add(new Int32Array(started.at(-1)!.data.memory.control), CONTROL.beats, 1);
  };
  return {
    scheduler,
    log,
    commands,
    started,
    open,
    failing,
    failures,
    packets,
    machine,
    responder,
    ack,
    beat,
    wakes: () => wakes,
  };
}

test('start opens the sockets and tells the thread keys and sockets', () => {
  const { responder, commands, open, started } = setUp();
  responder.start();
  assert.equal([...open.values()], ['*4', '*6']);
  assert.equal(
    commands.map(({ type }) => type),
    ['keys', 'sockets'],
  );
  assert.is(new Int32Array(started[0]!.data.memory.control)[CONTROL.mail], 2);
  assert.is(responder.sockets.length, 2);
});

test('a new address is served within five seconds, a lost one is closed once the thread has let go of it', () => {
  const { responder, scheduler, open, machine, ack } = setUp([perAddress]);
  responder.start();
  ack();
  assert.equal([...open.values()], ['192.0.2.1']);
  machine.now = { eth0: [four('192.0.2.1'), four('192.0.2.9')] };
  scheduler.pass(5);
  ack();
  assert.equal([...open.values()], ['192.0.2.1', '192.0.2.9']);
  machine.now = { eth0: [four('192.0.2.9')] };
  scheduler.pass(5);
  assert.is(open.size, 2);
  ack();
  assert.equal([...open.values()], ['192.0.2.9']);
});

test('from a wildcard to single addresses: the wildcard is closed before they are bound', () => {
  const { responder, open, ack } = setUp();
  responder.start();
  ack();
  responder.setInterfaces([perAddress]);
  assert.equal([...open.values()], ['*4', '*6']);
  ack();
  assert.equal([...open.values()], ['192.0.2.1']);
});

test('a port that another program holds is reported once, with the remedy, and served when it is free', () => {
  const { responder, scheduler, log, failing, open } = setUp();
  failing.set(
    '*4',
    new NoonmarkError('ERR_ADDRESS', 'UDP port 123 on 0.0.0.0 cannot be bound', 'stop chronyd'),
  );
  responder.start();
  scheduler.pass(60);
  assert.equal(
    log.filter((line) => line.includes('socket-failed')),
    ['error socket-failed UDP port 123 on 0.0.0.0 cannot be bound; stop chronyd'],
  );
  assert.is(responder.failures.length, 1);
  failing.clear();
  scheduler.pass(5);
  assert.equal([...open.values()].sort(), ['*4', '*6']);
  assert.is(responder.failures.length, 0);
});

test('a kernel without IPv6 is no error', () => {
  const { responder, log, failing } = setUp();
  failing.set('*6', new NoonmarkError('ERR_UNSUPPORTED', 'no IPv6 socket can be opened', ''));
  responder.start();
  assert.ok(log.some((line) => line.startsWith('info socket-failed')));
  assert.not(log.some((line) => line.startsWith('error')));
});

test('a machine with a thousand addresses serves what one poll() can hold, and is told what to do', () => {
  const { responder, open, machine, log } = setUp([perAddress]);
  machine.now = {
    eth0: Array.from({ length: 1000 }, (_, i) => four(`10.0.${i >> 8}.${i & 255}`)),
  };
  responder.start();
  assert.is(open.size, 500);
  assert.is(log.filter((line) => line.includes('interface listen all')).length, 1);
});

test('packets for main come out of the ring, also when the wake-up was lost', () => {
  const { responder, scheduler, started, packets } = setUp();
  responder.start();
  const { memory } = started[0]!.data;
  const ring = new RingWriter(memory.inbound);
  const { exchange } = new Bench();
  exchange.input.set(request({ mode: 1 }));
  const put = () => {
    writePacket(ring.slots[ring.reserve()]!, exchange, 48, 10, true);
    return ring.commit();
  };
  assert.ok(put());
  started[0]!.events.notice({ type: 'inbound' });
  assert.is(packets.length, 1);
  put();
  scheduler.pass(1);
  assert.is(packets.length, 2);
});

test('a flood of packets leaves main its other work', async () => {
  const { responder, started, packets } = setUp();
  responder.start();
  const ring = new RingWriter(started[0]!.data.memory.inbound);
  const { exchange } = new Bench();
  while (ring.reserve() >= 0) {
    writePacket(ring.slots[ring.reserve()]!, exchange, 48, 10, true);
    ring.commit();
  }
  started[0]!.events.notice({ type: 'inbound' });
  assert.is(packets.length, 32);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(packets.length, 64);
});

test('a transmission goes into the ring, the thread is woken once, and a full ring says no', () => {
  const { responder, started, wakes } = setUp();
  responder.start();
  const before = wakes();
  const one = { socket: 10, bytes: request(), address: Uint8Array.of(1, 2, 3, 4), port: 123 };
  for (let i = 0; i < 64; i += 1) assert.is(responder.send(one), true);
  assert.is(responder.send(one), false);
  assert.is(wakes() - before, 1);
  const ring = new RingReader(started[0]!.data.memory.outbound);
  assert.is(new TransmissionSlot(ring.slots[ring.peek()]!).port, 123);
});

test('a thread that ends is started again with everything it had', () => {
  const { responder, scheduler, started, commands, log, failures } = setUp();
  responder.start();
  responder.setKeys([{ id: 1, algorithm: 'MD5', secret: new Uint8Array([1]), ranges: [] }]);
  commands.length = 0;
  started[0]!.events.ended(new Error('boom'));
  scheduler.pass(0.1);
  assert.is(started.length, 2);
  assert.ok(log.some((line) => line.includes('responder-ended') && line.includes('boom')));
  assert.equal(
    commands.map(({ type }) => type),
    ['keys', 'sockets'],
  );
  assert.is(failures.length, 0);
});

test('a thread that ends again and again is a failure, told once', () => {
  const { responder, scheduler, started, failures } = setUp();
  responder.start();
  for (let i = 0; i < 6; i += 1) {
    started.at(-1)!.events.ended(undefined);
    scheduler.pass(10);
  }
  assert.is(failures.length, 1);
  assert.is(failures[0]?.code, 'ERR_THREAD');
});

test('a thread that stands still for ten seconds is a failure; one that beats is not', () => {
  const { responder, scheduler, failures, beat } = setUp();
  responder.start();
  for (let i = 0; i < 30; i += 1) {
    beat();
    scheduler.pass(1);
  }
  assert.is(failures.length, 0);
  scheduler.pass(11);
  assert.equal(
    failures.map(({ code }) => code),
    ['ERR_THREAD'],
  );
  scheduler.pass(60);
  assert.is(failures.length, 1);
});

test('stop ends the thread first and closes the sockets then', async () => {
  const { responder, started, open } = setUp();
  responder.start();
  const stopping = responder.stop();
  const { data, events } = started[0]!;
  assert.is(new Int32Array(data.memory.control)[CONTROL.stop], 1);
  assert.is(open.size, 2);
  events.ended(undefined);
  await stopping;
  assert.is(open.size, 0);
  assert.is(responder.send({ socket: 1, bytes: request(), address: new Uint8Array(4), port: 1 }), false);
});

test('stop gives up after half a second and leaves a stuck thread its sockets', async () => {
  const { responder, scheduler, open, log } = setUp();
  responder.start();
  const stopping = responder.stop();
  scheduler.pass(0.5);
  await stopping;
  assert.is(open.size, 2);
  assert.ok(log.some((line) => line.includes('responder-stuck')));
});

test('the client table is as large as mru allows', () => {
  assert.is(clientCapacity({ maxDepth: undefined, maxMemory: 1024 }), 16_384);
  assert.is(clientCapacity({ maxDepth: 600, maxMemory: 1024 }), 600);
});

test.run();
