import { appendMac, type KeyMaterial, symmetricKey } from '../../src/auth/mac.js';
import { RES } from '../../src/auth/restrict.js';
import { SimServer, type SimServerOptions } from '../../src/sim/ntp-server.js';
import { FLASH } from '../../src/source/association/flash.js';
import { BroadcastListener, type ListenerOptions } from '../../src/source/broadcast-listener.js';
import { secondsToNs, secondsToShort, unixNsToNtp } from '../../src/units/time.js';
import { encodeHeader, HEADER_LENGTH, MODE } from '../../src/wire/header.js';
import { assert, record, test } from '../support/suite.js';
import { Rig, type RigOptions } from './rig.js';

const SERVER = '192.0.2.7';
const SUBNET = '192.0.2.255';
const POLL = 4;
const WAY_SECONDS = 0.0004;

const key: KeyMaterial = { id: 7, algorithm: 'SHA1', secret: new Uint8Array(20).fill(3), ranges: [] };
const otherKey: KeyMaterial = { ...key, secret: new Uint8Array(20).fill(4) };

interface Heard {
  readonly bytes: Uint8Array;
  readonly at: number;
}

interface StageOptions extends RigOptions {
  readonly listener?: Partial<ListenerOptions>;
  /** of the server's packets; undefined: none */
  readonly signed?: KeyMaterial | undefined;
  readonly server?: SimServerOptions;
  readonly restrictions?: number;
  readonly to?: string;
  readonly leap?: 0 | 3;
}

/** A host that listens, and a server that answers and broadcasts once in 16 s, 0.4 ms away. */
function stage(options: StageOptions = {}) {
  const { signed } = options;
  const rig = new Rig({ keys: [key], startErrorSeconds: 0.02, ...options });
  const secret = signed && symmetricKey(signed);
  const amend = (bytes: Uint8Array): Uint8Array => {
    if (secret === undefined) return bytes;
    const out = new Uint8Array(HEADER_LENGTH + 68);
    out.set(bytes);
    return out.slice(0, appendMac(secret, out, HEADER_LENGTH));
  };
  const path = { fixed: WAY_SECONDS, jitter: 2e-5 };
  const server = new SimServer(rig.world, { amend: (reply) => amend(reply), ...options.server });
  rig.sim.addServer(SERVER, server, path);
  const listener = new BroadcastListener(() => rig.context, rig, {
    broadcasts: true,
    groups: new Set(['239.1.2.3']),
    fixedDelaySeconds: undefined,
    authRequired: true,
    origin: { file: 'ntp.conf', line: 1, column: 1 },
    ...options.listener,
  });
  const broadcast = (at: number, more: { errorSeconds?: number } = {}): Uint8Array => {
    const bytes = new Uint8Array(HEADER_LENGTH);
    const now = rig.world.kernelNs(at) + secondsToNs(more.errorSeconds ?? 0);
    encodeHeader(
      {
        ...{
          leap: options.leap ?? 0,
          version: 4,
          mode: MODE.broadcast,
          stratum: 1,
          poll: POLL,
          precision: -23,
        },
        ...{ rootDelay: 0, rootDispersion: secondsToShort(1e-5), refid: 0x47505300, originTime: 0n },
        ...{ referenceTime: unixNsToNtp(now - 1_000_000_000n), receiveTime: 0n },
        transmitTime: unixNsToNtp(now),
      },
      new DataView(bytes.buffer),
    );
    return amend(bytes);
  };
  const deliver = (bytes: Uint8Array, at: number) => {
    rig.world.at(at, () =>
      listener.receive({
        ...{ bytes, address: SERVER, port: 123, localAddress: options.to ?? SUBNET },
        ...{ kernelNs: rig.clock.kernelStamp(at), restrictions: options.restrictions ?? 0 },
      }),
    );
  };
  const heard: Heard[] = [];
  /** Broadcasts from `from` to `until`, s. */
  const speak = (from: number, until: number) => {
    for (let at = from; at < until; at += 2 ** POLL * 1.04) {
      const bytes = broadcast(at);
      heard.push({ bytes, at });
      deliver(bytes, at + WAY_SECONDS);
    }
  };
  return { rig, server, listener, broadcast, deliver, speak, heard };
}

test('a keyed server that broadcasts is asked by a volley, then listened to in silence, and followed', async () => {
  const { rig, server, speak } = stage({ signed: key });
  speak(10, 3600);
  await rig.run(100);
  const asked = server.requests;
  assert.ok(asked >= 4 && asked <= 12, `${asked} requests`);
  await rig.run(3600);
  assert.is(server.requests, asked, 'it has asked again');
  const [view] = rig.views();
  assert.equal([view?.hostMode, view?.peerMode, view?.reach, view?.authentic], [6, 5, 0xff, true]);
  assert.equal([view?.kind, view?.configured, view?.address], ['broadcastclient', false, SERVER]);
  const error = Math.abs(rig.clock.errorSeconds());
  record('broadcast-client', { errorSeconds: error });
  assert.ok(error < 1e-4, `${error}`);
});

for (const [claim, options] of [
  ['without a MAC', {}],
  ['with another key', { signed: otherKey }],
  ['that says it is not synchronised', { signed: key, leap: 3 }],
  ['to our own address', { signed: key, to: '192.0.2.1' }],
  ['to a group that was not asked for', { signed: key, to: '239.9.9.9' }],
  ['while only groups are listened to', { signed: key, listener: { broadcasts: false } }],
  [
    'without a MAC under `restrict nopeer`, even with `disable auth`',
    { listener: { authRequired: false }, restrictions: RES.nopeer },
  ],
] as const satisfies readonly (readonly [string, StageOptions])[])
  test(`a broadcast ${claim} makes no association`, async () => {
    const { rig, server, speak } = stage(options);
    speak(10, 100);
    await rig.run(120);
    assert.equal([rig.views().length, server.requests], [0, 0]);
  });

test('with `disable auth` a server without key is listened to, and a group as well', async () => {
  const { rig, speak } = stage({ listener: { authRequired: false }, to: '239.1.2.3' });
  speak(10, 200);
  await rig.run(200);
  assert.is(rig.views()[0]?.hostMode, 6);
});

test('broadcasts that were recorded and are sent again change nothing and end nothing', async () => {
  const { rig, speak, heard, deliver } = stage({ signed: key });
  speak(10, 400);
  await rig.run(200);
  const samples = rig.samples.length;
  const before = rig.views()[0];
  for (const [i, { bytes }] of heard.filter(({ at }) => at < 190).entries()) deliver(bytes, 200 + i * 0.01);
  await rig.run(201);
  const after = rig.views()[0];
  assert.is(rig.samples.length, samples);
  assert.equal([after?.id, after?.reach, after?.hostMode], [before?.id, before?.reach, 6]);
  assert.ok(((after?.flash ?? 0) & (FLASH.bogus | FLASH.duplicate)) !== 0);
  await rig.run(400);
  assert.is(rig.views()[0]?.reach, 0xff, 'the honest ones go on');
});

test('a recorded broadcast that makes an association is not believed before the server itself has answered', async () => {
  const { rig, broadcast, deliver } = stage({ signed: key, server: { behaviour: 'silent' } });
  const old = broadcast(0, { errorSeconds: -5 });
  deliver(old, 300);
  deliver(broadcast(16, { errorSeconds: -5 }), 317);
  await rig.run(400);
  assert.is(rig.samples.length, 0);
  await rig.run(4000);
  assert.is(rig.views().length, 0, 'a server that never answers is forgotten');
});

test('forged packets from the address of a server that is listened to end nothing', async () => {
  const { rig, speak, broadcast, deliver } = stage({ signed: key });
  speak(10, 400);
  await rig.run(200);
  for (let i = 0; i < 50; i += 1) {
    const bytes = broadcast(200.5 + i * 0.01, { errorSeconds: 9 });
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    deliver(bytes, 200.5 + i * 0.01);
  }
  await rig.run(400);
  assert.equal([rig.views()[0]?.reach, rig.views()[0]?.hostMode], [0xff, 6]);
  assert.ok(Math.abs(rig.clock.errorSeconds()) < 1e-3);
});

test('a server that falls silent is forgotten, and asked anew when it speaks again', async () => {
  const { rig, server, speak } = stage({ signed: key });
  speak(10, 200);
  speak(1200, 1500);
  await rig.run(1100);
  assert.is(rig.views().length, 0);
  const asked = server.requests;
  await rig.run(1400);
  assert.is(rig.views()[0]?.hostMode, 6);
  assert.ok(server.requests >= asked + 4);
});

test('with a delay that is given not a word is sent', async () => {
  const { rig, server, speak } = stage({ signed: key, listener: { fixedDelaySeconds: 2 * WAY_SECONDS } });
  speak(10, 400);
  await rig.run(400);
  assert.equal([server.requests, rig.views()[0]?.hostMode], [0, 6]);
  assert.ok(Math.abs(rig.clock.errorSeconds()) < 1e-4, `${rig.clock.errorSeconds()}`);
});

test('no more servers are listened to than `tos maxclock` allows', async () => {
  const { rig, listener, broadcast } = stage({ signed: key, tos: { maxclock: 3 } });
  for (let i = 1; i <= 40; i += 1)
    listener.receive({
      ...{ bytes: broadcast(1), address: `198.51.100.${i}`, port: 123, localAddress: SUBNET },
      kernelNs: rig.clock.kernelStamp(1),
    });
  assert.is(rig.views().length, 3);
});

test.run();
