import { verifyMac } from '../../src/auth/mac.js';
import { RateLimiter } from '../../src/auth/rate-limit.js';
import { compileAccess } from '../../src/auth/restrict.js';
import { SESSION_DIGESTS, sessionMacLength } from '../../src/autokey/digest.js';
import { sessionKey, verifySessionMac } from '../../src/autokey/session-key.js';
import { ResponderLoop } from '../../src/responder/loop.js';
import {
  CONTROL,
  type Command,
  createControl,
  DEFAULT_SETTINGS,
  type Notice,
} from '../../src/responder/messages.js';
import { createRing, RingReader, RingWriter } from '../../src/responder/ring.js';
import { RECORD_BYTES, readInbound, writeTransmission } from '../../src/responder/ring-records.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { assert, test } from '../support/suite.js';
import { Bench, NOW_SECONDS, request, rule, SHA1_KEY, withMac } from './fixture.js';
import { type Datagram, ScriptedNetwork } from './scripted.js';

const NOW_NS = BigInt(NOW_SECONDS) * 1_000_000_000n;

function setUp(ringSlots = 4, capacity = 4) {
  const bench = new Bench();
  const network = new ScriptedNetwork(capacity);
  network.nowSeconds = NOW_SECONDS;
  const control = new Int32Array(createControl());
  const inboundMemory = createRing(ringSlots, RECORD_BYTES);
  const outboundMemory = createRing(ringSlots, RECORD_BYTES);
  const commands: Command[] = [];
  const notices: Notice[] = [];
  const loop = new ResponderLoop({
    batch: network,
    poller: network,
    clock: network,
    state: bench.state,
    limiter: new RateLimiter({ averageLog2: 3, minimumSeconds: 2 }),
    control,
    inbound: new RingWriter(inboundMemory),
    outbound: new RingReader(outboundMemory),
    takeCommand: () => commands.shift(),
    notify: (notice) => notices.push(notice),
  });
  const order = (...list: Command[]) => {
    commands.push(...list);
    Atomics.add(control, CONTROL.mail, 1);
  };
  order({ type: 'sockets', serial: 1, sockets: [3, 4].map((handle) => ({ handle, drop: false })) });
  const main = { inbound: new RingReader(inboundMemory), outbound: new RingWriter(outboundMemory) };
  /** Turns until nothing waits any more. */
  const settle = () => {
    for (let i = 0; i < 200; i += 1) {
      loop.turn();
      const idle = network.waits.at(-1) !== 0;
      if (idle && ![...network.waiting.values()].some((list) => list.length > 0)) break;
    }
    loop.turn();
  };
  const taken = () => {
    const records = [];
    for (let slot = main.inbound.peek(); slot >= 0; slot = main.inbound.peek()) {
      records.push(readInbound(main.inbound.slots[slot]!));
      main.inbound.release();
    }
    return records;
  };
  return { bench, network, control, loop, order, notices, main, settle, taken };
}

const plain = (more: Partial<Datagram> = {}): Datagram => ({
  bytes: request(),
  stamp: [NOW_SECONDS, 0],
  ...more,
});

test('packets on all sockets are answered, each from the address that was asked', () => {
  const { network, settle } = setUp();
  for (let i = 0; i < 20; i += 1) network.arrive(3 + (i & 1), plain({ port: 5000 + i }));
  settle();
  assert.is(network.sent.length, 20);
  assert.equal(
    network.sent.map(({ port }) => port).sort(),
    Array.from({ length: 20 }, (_, i) => 5000 + i),
  );
  for (const { local, bytes } of network.sent) {
    assert.equal(local, Uint8Array.of(192, 0, 2, 1));
    assert.is(bytes.length, 48);
  }
});

test('the loop waits a second when idle and not at all while work is left', () => {
  const { network, loop } = setUp();
  loop.turn();
  assert.is(network.waits.at(-1), 1000);
});

test('authenticated replies are stamped one by one, plain ones together at the last moment', () => {
  const { network, settle } = setUp();
  network.tickNs = 1000;
  const signed = () => plain({ bytes: withMac(request(), SHA1_KEY) });
  network.arrive(3, plain(), signed(), plain(), signed());
  settle();
  const stamps = network.sent.map(({ bytes }) => new DataView(bytes.buffer).getBigUint64(40));
  assert.equal(
    stamps,
    [2000n, 0n, 2000n, 1000n].map((ns) => unixNsToNtp(NOW_NS + ns)),
  );
  for (const { bytes } of [network.sent[1]!, network.sent[3]!]) assert.ok(verifyMac(SHA1_KEY, bytes, 48, 24));
});

test('after a sleep a reply is sealed once for nothing and stamped again', () => {
  const { network, settle } = setUp();
  network.tickNs = 1000;
  network.arrive(3, plain({ bytes: withMac(request(), SHA1_KEY) }));
  settle();
  const { bytes } = network.sent[0]!;
  assert.is(new DataView(bytes.buffer).getBigUint64(40), unixNsToNtp(NOW_NS + 1000n));
  assert.ok(verifyMac(SHA1_KEY, bytes, 48, 24));
});

test('without a kernel stamp the clock is read after the packet was taken', () => {
  const { network, settle } = setUp();
  network.nowNanoseconds = 777;
  network.arrive(3, { bytes: request() });
  settle();
  const bytes = network.sent[0]!.bytes;
  assert.is(new DataView(bytes.buffer).getBigUint64(32), unixNsToNtp(NOW_NS + 777n));
});

test('steps of clients wait up to 10 ms for main to be woken, anything else takes them along', () => {
  const { bench, network, loop, taken, notices } = setUp();
  bench.state.manycast = true;
  const step = () => plain({ destination: [224, 0, 1, 1] });
  const woken = () => notices.filter(({ type }) => type === 'inbound').length;
  loop.turn();
  network.arrive(3, step());
  loop.turn();
  loop.turn();
  assert.equal([woken(), network.waits.at(-1)], [0, 10]);
  network.nowNanoseconds = 10_000_000;
  loop.turn();
  assert.equal([woken(), network.waits.at(-1), taken().length], [1, 1000, 1]);
  network.arrive(3, plain({ destination: [224, 0, 1, 1], stamp: [NOW_SECONDS, 10_000_000] }));
  loop.turn();
  loop.turn();
  assert.is(woken(), 1);
  network.arrive(3, plain({ bytes: request({ mode: 1 }) }));
  loop.turn();
  loop.turn();
  assert.equal([woken(), network.waits.at(-1), taken().length], [2, 1000, 2]);
});

test('what is for main arrives there whole, and main is woken once for all of it', () => {
  const { network, settle, taken, notices } = setUp();
  const bytes = request({ mode: 1 });
  network.arrive(
    4,
    plain({ bytes, interfaceIndex: 9, port: 123, stamp: [NOW_SECONDS, 5] }),
    plain({ bytes: request({ mode: 5 }) }),
  );
  settle();
  assert.is(notices.filter(({ type }) => type === 'inbound').length, 1);
  const [first, second] = taken();
  assert.equal(first, {
    type: 'packet',
    packet: {
      bytes,
      kernelNs: NOW_NS + 5n,
      kernelStamped: true,
      address: Uint8Array.of(192, 0, 2, 7),
      port: 123,
      localAddress: Uint8Array.of(192, 0, 2, 1),
      interfaceIndex: 9,
      socket: 4,
      restrictions: 0x80,
    },
  });
  assert.is(second?.type, 'packet');
});

test('a full ring drops and counts, and time goes on being served', () => {
  const { network, settle, bench, taken } = setUp(4);
  for (let i = 0; i < 10; i += 1) network.arrive(3, plain({ bytes: request({ mode: 2 }) }), plain());
  settle();
  assert.is(network.sent.length, 10);
  assert.is(bench.counters.counters().droppedInput, 6);
  assert.is(taken().length, 4);
});

test('mode 6 fills no more than half of the ring; the rest is for peers', () => {
  const { network, settle, taken } = setUp(8);
  const control = Uint8Array.of(0x16, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  network.arrive(3, ...Array.from({ length: 10 }, () => plain({ bytes: control, source: [127, 0, 0, 1] })));
  network.arrive(4, plain({ bytes: request({ mode: 1 }) }));
  settle();
  const lengths = taken().map((record) => (record.type === 'packet' ? record.packet.bytes.length : 0));
  assert.equal(
    lengths.sort((a, b) => a - b),
    [12, 12, 12, 12, 48],
  );
});

test('main is woken again after it has emptied the ring, and not before', () => {
  const { network, settle, taken, notices } = setUp();
  const wakes = () => notices.filter(({ type }) => type === 'inbound').length;
  const one = () => plain({ bytes: request({ mode: 2 }) });
  network.arrive(3, one());
  settle();
  network.arrive(3, one());
  settle();
  assert.is(wakes(), 1);
  taken();
  network.arrive(3, one());
  settle();
  assert.is(wakes(), 2);
});

test('a transmission is stamped, signed, sent and reported', () => {
  const { network, settle, main, taken } = setUp();
  network.nowNanoseconds = 123_456_789;
  const slot = main.outbound.reserve();
  const given = writeTransmission(main.outbound.slots[slot]!, {
    socket: 3,
    bytes: request({ mode: 1 }),
    address: Uint8Array.of(198, 51, 100, 1),
    port: 123,
    localAddress: Uint8Array.of(192, 0, 2, 1),
    stampAt: 40,
    keyId: 2,
    token: 77,
  });
  assert.ok(given && main.outbound.commit());
  settle();
  const { bytes, address, local } = network.sent[0]!;
  const stamp = unixNsToNtp(NOW_NS + 123_456_789n);
  assert.is(new DataView(bytes.buffer).getBigUint64(40), stamp);
  assert.ok(verifyMac(SHA1_KEY, bytes, 48, 24));
  assert.equal(
    [[...address], [...(local ?? [])]],
    [
      [198, 51, 100, 1],
      [192, 0, 2, 1],
    ],
  );
  assert.equal(taken(), [
    {
      type: 'sent',
      report: { token: 77, sent: true, kernelNs: NOW_NS + 123_456_789n, transmitTime: stamp },
    },
  ]);
});

test('a transmission with a session key is stamped before its MAC is made, and the key is wiped', () => {
  const { network, settle, main } = setUp();
  const address = Uint8Array.of(198, 51, 100, 1);
  const local = Uint8Array.of(192, 0, 2, 1);
  for (const digest of SESSION_DIGESTS) {
    const key = sessionKey(digest, local, address, 0x1234_5678, 0x9abc_def0);
    const bytes = new Uint8Array(48 + 52);
    bytes.set(request({ mode: 1 }));
    bytes.set([0x82, 0x01, 0, 52], 48);
    const slot = main.outbound.slots[main.outbound.reserve()]!;
    const seal = { digest, keyId: 0x1234_5678, key };
    assert.ok(writeTransmission(slot, { socket: 3, bytes, address, port: 123, stampAt: 40, session: seal }));
    main.outbound.commit();
    settle();
    const sent = network.sent.at(-1)!.bytes;
    assert.is(sent.length, 100 + sessionMacLength(digest));
    assert.is(new DataView(sent.buffer).getUint32(100), 0x1234_5678);
    assert.is(new DataView(sent.buffer).getBigUint64(40), unixNsToNtp(NOW_NS));
    assert.ok(verifySessionMac(digest, key, sent, 100, sessionMacLength(digest)), digest);
    const record = new Uint8Array(slot.buffer, slot.byteOffset, slot.byteLength);
    assert.is(Buffer.from(record).indexOf(key.subarray(0, 16)), -1, 'the key is no longer in the ring');
  }
});

test('a transmission too long for a session MAC is refused', () => {
  const { main } = setUp();
  const slot = main.outbound.slots[main.outbound.reserve()]!;
  const address = Uint8Array.of(198, 51, 100, 1);
  const session = { digest: 'MD5', keyId: 65_536, key: new Uint8Array(16) } as const;
  const base = { socket: 3, address, port: 123, session };
  assert.ok(writeTransmission(slot, { ...base, bytes: new Uint8Array(2096) }));
  assert.not(writeTransmission(slot, { ...base, bytes: new Uint8Array(2100) }));
  const long = { ...session, key: new Uint8Array(65) };
  assert.not(writeTransmission(slot, { ...base, bytes: new Uint8Array(48), session: long }));
});

test('a transmission with a key that is gone, or by a socket that is closed, is not sent and said so', () => {
  const { network, settle, main, taken, bench } = setUp();
  for (const wrong of [{ keyId: 99 }, { socket: 8 }]) {
    const slot = main.outbound.reserve();
    const bytes = request();
    const address = Uint8Array.of(192, 0, 2, 7);
    writeTransmission(main.outbound.slots[slot]!, {
      socket: 3,
      bytes,
      address,
      port: 123,
      token: 5,
      ...wrong,
    });
    main.outbound.commit();
  }
  settle();
  assert.is(network.sent.length, 0);
  assert.equal(
    taken().map((record) => record.type === 'sent' && record.report.sent),
    [false, false],
  );
  assert.is(bench.counters.counters().sendFailures, 2);
});

test('new rules, keys, settings and sockets take effect with the next packet', () => {
  const { network, settle, order, notices, bench } = setUp();
  order(
    { type: 'access', tables: compileAccess({ rules: [rule([192, 0, 2, 0], 24, 'ignore')] }) },
    { type: 'sockets', serial: 2, sockets: [{ handle: 4, drop: true }] },
  );
  network.arrive(3, plain());
  network.arrive(4, plain({ source: [10, 0, 0, 1] }));
  settle();
  assert.is(network.sent.length, 0);
  assert.is(bench.counters.refusals().interface, 1);
  assert.equal(
    notices.flatMap((notice) => (notice.type === 'sockets-applied' ? [notice.serial] : [])),
    [1, 2],
  );
  order(
    { type: 'sockets', serial: 3, sockets: [{ handle: 4, drop: false }] },
    {
      type: 'keys',
      keys: [{ id: 9, algorithm: 'MD5', secret: new Uint8Array([1]), ranges: [] }],
    },
    { type: 'settings', settings: { ...DEFAULT_SETTINGS, manycast: true, averageLog2: 5 } },
  );
  network.arrive(4, plain({ bytes: withMac(request(), SHA1_KEY), source: [10, 0, 0, 1] }));
  settle();
  assert.is(network.sent[0]?.bytes.length, 52);
  assert.equal([bench.state.manycast, bench.state.averageLog2, [...bench.state.keys.keys()]], [true, 5, [9]]);
});

test('commands are taken under full load, when the loop never sleeps', () => {
  const { network, loop, order, bench } = setUp();
  network.onWait = () => network.arrive(3, ...Array.from({ length: 200 }, () => plain()));
  for (let i = 0; i < 5; i += 1) loop.turn();
  order({ type: 'settings', settings: { ...DEFAULT_SETTINGS, monitor: false } });
  loop.turn();
  assert.is(bench.state.monitor, false);
});

test('one busy socket does not starve the other, and a turn is bounded', () => {
  const { network, loop } = setUp();
  loop.turn();
  network.arrive(3, ...Array.from({ length: 1000 }, () => plain()));
  network.arrive(4, plain({ port: 9999 }));
  loop.turn();
  loop.turn();
  assert.ok(network.sent.some(({ port }) => port === 9999));
  assert.ok(network.sent.length <= 2 * 4 * network.capacity, `${network.sent.length}`);
});

test('the stop flag ends the loop within the batch, even in the middle of a turn', () => {
  const { network, loop, control } = setUp();
  loop.turn();
  network.onWait = () => {};
  network.arrive(3, ...Array.from({ length: 1000 }, () => plain()));
  loop.turn();
  const answered = network.sent.length;
  Atomics.store(control, CONTROL.stop, 1);
  assert.is(loop.turn(), false);
  assert.is(network.sent.length, answered);
  loop.run();
});

test('each turn is a heartbeat', () => {
  const { loop, control } = setUp();
  for (let i = 0; i < 7; i += 1) loop.turn();
  assert.is(Atomics.load(control, CONTROL.beats), 7);
});

test('what the kernel refuses to send is counted', () => {
  const { network, settle, bench } = setUp();
  network.refuse = 2;
  network.arrive(3, plain(), plain(), plain());
  settle();
  const { sent, sendFailures } = bench.counters.counters();
  assert.equal([sent, sendFailures], [1, 2]);
});

test.run();
