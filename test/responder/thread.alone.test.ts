import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { realScheduler } from '../../drivers/linux/scheduler.js';
import { compileAccess } from '../../src/auth/restrict.js';
import { responderPlatform } from '../../src/daemon/responder-platform.js';
import { silentLog } from '../../src/ports/log.js';
import { DEFAULT_SETTINGS } from '../../src/responder/messages.js';
import type { ForwardedPacket, SentReport } from '../../src/responder/ring-records.js';
import { ResponderThread } from '../../src/responder/server.js';
import { ntpDifferenceSeconds, unixNsToNtp } from '../../src/units/time.js';
import { decodeHeader } from '../../src/wire/header.js';
import { assert, record, test } from '../support/suite.js';
import { request, SYNCHRONISED } from './fixture.js';

const platform = responderPlatform();
let nextPort = 20_000 + (process.pid % 20_000);

function start(family: 4 | 6 = 4) {
  const packets: ForwardedPacket[] = [];
  const reports: SentReport[] = [];
  nextPort += 1;
  const responder = new ResponderThread({
    platform,
    scheduler: realScheduler,
    random: { bytes: (n) => new Uint8Array(n).fill(3), uniform: () => 0.5 },
    log: silentLog,
    port: nextPort,
    interfaces: [
      {
        action: 'listen',
        match: {
          type: 'prefix',
          address: family === 4 ? Uint8Array.of(127, 0, 0, 1) : new Uint8Array(16).fill(1, 15),
          prefixLength: family === 4 ? 32 : 128,
        },
        origin: { file: '', line: 0, column: 0 },
      },
    ],
    access: compileAccess({ rules: [] }),
    keys: [],
    settings: DEFAULT_SETTINGS,
    clientCapacity: 1024,
    toServed: (ns) => ns,
    onPacket: (packet) => packets.push(packet),
    onSent: (report) => reports.push(report),
    onFailure: (error) => {
      throw error;
    },
  });
  responder.start();
  responder.publish({ ...SYNCHRONISED, dispersionAtNs: 0n, dispersionGrowth: 0 });
  return { responder, packets, reports, port: nextPort };
}

/** Sends until an answer comes, at most `tries` times; undefined: none came. */
async function ask(
  port: number,
  bytes: Uint8Array,
  family: 4 | 6 = 4,
  tries = 20,
): Promise<Uint8Array | undefined> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    const answer = new Promise<Uint8Array>((resolve) => socket.once('message', resolve));
    for (let i = 0; i < tries; i += 1) {
      socket.send(bytes, port, family === 4 ? '127.0.0.1' : '::1');
      const got = await Promise.race([answer, sleep(100, undefined)]);
      if (got !== undefined) return got;
    }
    return undefined;
  } finally {
    socket.close();
  }
}

for (const family of [4, 6] as const)
  test(`the thread answers on a real IPv${family} socket, with the kernel's receive stamp before its transmit time`, async () => {
    const { responder, port } = start(family);
    try {
      const before = unixNsToNtp(BigInt(Date.now()) * 1_000_000n);
      const reply = await ask(port, request(), family);
      assert.is(reply?.length, 48);
      const header = decodeHeader(new DataView(reply!.buffer, reply!.byteOffset, 48), 48);
      if (!header.ok) throw new Error(header.reason);
      const { receiveTime, transmitTime, originTime, stratum } = header.value;
      assert.is(stratum, 1);
      assert.is(originTime, 0xdeadbeef_12345678n);
      const residence = ntpDifferenceSeconds(transmitTime, receiveTime);
      assert.ok(residence > 0 && residence < 1, `${residence} s`);
      assert.ok(ntpDifferenceSeconds(receiveTime, before) > -0.01);
      // Requests that came while the thread was starting waited in the socket.
      assert.ok(responder.counters().processed >= 1);
      const [client] = responder.clients(10);
      assert.ok((client?.count ?? 0) >= 1);
      assert.equal([client?.address, client?.mode], [family === 4 ? '127.0.0.1' : '::1', 3]);
    } finally {
      await responder.stop();
    }
  });

test('main gets mode 6 with its stamp, and what it sends back leaves from the address that was asked', async () => {
  const { responder, packets, reports, port } = start();
  try {
    const control = Uint8Array.of(0x16, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const socket = createSocket('udp4');
    socket.send(control, port, '127.0.0.1');
    for (let i = 0; i < 100 && packets.length === 0; i += 1) await sleep(10);
    const packet = packets[0];
    assert.ok(packet, 'a packet came to main');
    assert.equal(packet.bytes, control);
    assert.is(packet.kernelStamped, true);
    const answer = new Promise<Uint8Array>((resolve) => socket.once('message', resolve));
    const sent = responder.send({
      socket: packet.socket,
      bytes: request({ mode: 4 }),
      address: packet.address,
      port: packet.port,
      localAddress: packet.localAddress,
      stampAt: 40,
      token: 9,
    });
    assert.is(sent, true);
    const bytes = await Promise.race([answer, sleep(1000, undefined)]);
    assert.is(bytes?.length, 48);
    for (let i = 0; i < 100 && reports.length === 0; i += 1) await sleep(10);
    const view = new DataView(bytes!.buffer, bytes!.byteOffset, 48);
    assert.equal(
      reports.map(({ token, sent: ok }) => [token, ok]),
      [[9, true]],
    );
    assert.is(view.getBigUint64(40), reports[0]?.transmitTime);
    socket.close();
  } finally {
    await responder.stop();
  }
});

/** Keeps the thread busy from this process until stopped. */
function flood(port: number): { stop(): void } {
  const socket = createSocket('udp4');
  let running = true;
  const packet = request();
  socket.on('error', () => {});
  const burst = () => {
    if (!running) return;
    for (let n = 0; n < 64; n += 1) socket.send(packet, port, '127.0.0.1');
    setImmediate(burst);
  };
  socket.bind(0, '127.0.0.1', burst);
  return {
    stop() {
      running = false;
      socket.close();
    },
  };
}

test('stop takes less than 500 ms, idle and at full load', async () => {
  const idle = start();
  assert.ok(await ask(idle.port, request()));
  let began = process.hrtime.bigint();
  await idle.responder.stop();
  const idleMs = Number(process.hrtime.bigint() - began) / 1e6;

  const loaded = start();
  assert.ok(await ask(loaded.port, request()));
  const load = flood(loaded.port);
  await sleep(500);
  const { processed } = loaded.responder.counters();
  began = process.hrtime.bigint();
  await loaded.responder.stop();
  const loadedMs = Number(process.hrtime.bigint() - began) / 1e6;
  load.stop();
  record('responder-stop', { idleMs, loadedMs, processed });
  assert.ok(processed > 500, `${processed} answered before`);
  assert.ok(idleMs < 500 && loadedMs < 500, `${idleMs} ms, ${loadedMs} ms`);
});

test('a main thread that stands still for 300 ms delays no answer’s stamps', async () => {
  const { responder, port } = start();
  try {
    assert.ok(await ask(port, request()));
    const socket = createSocket('udp4');
    const answer = new Promise<Uint8Array>((resolve) => socket.once('message', resolve));
    await new Promise<void>((resolve) => socket.send(request(), port, '127.0.0.1', () => resolve()));
    const until = process.hrtime.bigint() + 300_000_000n;
    while (process.hrtime.bigint() < until);
    const bytes = await answer;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 48);
    const residence = ntpDifferenceSeconds(view.getBigUint64(40), view.getBigUint64(32));
    record('responder-stalled-main', { residenceMs: residence * 1000 });
    assert.ok(residence > 0 && residence < 0.1, `${residence} s`);
    socket.close();
  } finally {
    await responder.stop();
  }
});

test('a port that is taken is told with its remedy, and served as soon as it is free', async () => {
  const holder = createSocket('udp4');
  await new Promise<void>((resolve) => holder.bind(nextPort + 1, '127.0.0.1', () => resolve()));
  const { responder, port } = start();
  try {
    assert.is(responder.failures.length, 1);
    assert.match(responder.failures[0]?.error.remedy ?? '', /chronyd/);
    await new Promise<void>((resolve) => holder.close(() => resolve()));
    const reply = await ask(port, request(), 4, 80);
    assert.is(reply?.length, 48);
  } finally {
    await responder.stop();
  }
});

test.run();
