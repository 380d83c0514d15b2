import { appendMac, type KeyMaterial, keyTable, symmetricKey } from '../../src/auth/mac.js';
import { RES } from '../../src/auth/restrict.js';
import type { AssociationConfig } from '../../src/config/types.js';
import type { SimServer } from '../../src/sim/ntp-server.js';
import type { GroupPort, ServedPacket, ServedTransmission } from '../../src/source/association/context.js';
import { createNetworkSource } from '../../src/source/association/create.js';
import type { ManycastSearch, SearchSide } from '../../src/source/manycast-search.js';
import { ManycastServer } from '../../src/source/manycast-server.js';
import { initialSystem, type SystemVariables } from '../../src/source/system.js';
import { AT, decodeHeader, encodeHeader, HEADER_LENGTH, MODE } from '../../src/wire/header.js';
import { assert, test } from '../support/suite.js';
import { line, Rig, type RigOptions } from './rig.js';

const GROUP = '239.1.2.3';
const way = { socket: 5, localAddress: Uint8Array.of(192, 0, 2, 1), interfaceIndex: 2 };
const key: KeyMaterial = { id: 7, algorithm: 'SHA1', secret: new Uint8Array(20).fill(3), ranges: [] };

interface StageOptions extends RigOptions {
  readonly line?: Partial<AssociationConfig>;
  readonly hops?: readonly number[];
  readonly authRequired?: boolean;
  /** addresses of those who answer, by hops away */
  readonly servers?: readonly (readonly [address: string, hops: number])[];
  readonly signed?: KeyMaterial;
}

/** A host that searches, and servers that answer a search that gets as far as them. */
function stage(options: StageOptions) {
  const rig = new Rig({ keys: [key], ...options });
  const searches = new Set<ManycastSearch>();
  const stations = new Map<string, SimServer>();
  const sent: { at: number; packet: ServedTransmission }[] = [];
  const secret = options.signed && symmetricKey(options.signed);
  const amend = (bytes: Uint8Array): Uint8Array => {
    if (secret === undefined) return bytes;
    const out = new Uint8Array(HEADER_LENGTH + 68);
    out.set(bytes);
    return out.slice(0, appendMac(secret, out, HEADER_LENGTH));
  };
  const answer = (origin: bigint, address: string): void => {
    const server = stations.get(address);
    const request = new Uint8Array(HEADER_LENGTH);
    request[0] = 0x23;
    new DataView(request.buffer).setBigUint64(AT.transmitTime, origin);
    const bytes = server?.answer(request, rig.world.now());
    if (bytes === undefined) return;
    const packet: ServedPacket = {
      ...{ bytes, address, port: 123, localAddress: '192.0.2.1' },
      kernelNs: rig.clock.kernelStamp(rig.world.now()),
    };
    for (const search of searches) search.receive(packet);
  };
  const port: GroupPort = {
    send: (packet) => {
      sent.push({ at: rig.world.now(), packet });
      const { bytes, hops = 0 } = packet;
      const origin = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(AT.transmitTime);
      for (const [address, away] of options.servers ?? [])
        if (away <= hops) rig.world.at(rig.world.now() + 0.001 * away, () => answer(origin, address));
      return true;
    },
    localAddressFor: () => undefined,
    groupWay: () => way,
  };
  const side: SearchSide = {
    port,
    settings: { hops: options.hops ?? [1, 8, 32], authRequired: options.authRequired ?? false },
    add: (search) => void searches.add(search),
    delete: (search) => void searches.delete(search),
  };
  for (const [address] of options.servers ?? [])
    stations.set(address, rig.server(address, { amend: (reply) => amend(reply), stratum: 1 }));
  const config = line(GROUP, { kind: 'manycastclient', minpoll: 6, ttl: 127, ...options.line });
  rig.add(createNetworkSource(config, rig.context, rig, undefined, side));
  const members = () => rig.views().filter((view) => !view.configured);
  const hops = () => sent.map(({ packet }) => packet.hops);
  return { rig, sent, hops, members, answer, stations };
}

test('the search goes farther, ring by ring, until there are servers enough', async () => {
  const near = [1, 2, 3].map((n) => [`198.51.100.${n}`, 1] as const);
  const { rig, hops, members } = stage({ servers: [...near, ['203.0.113.1', 8]] });
  await rig.run(400);
  assert.equal(hops(), [1], 'three on the link are enough');
  assert.is(members().length, 3);
  assert.equal(
    members().map(({ kind, hostMode }) => [kind, hostMode]),
    near.map(() => ['manycast', 3]),
  );
  assert.is(rig.system.stratum, 2);
  const lone = stage({
    servers: [
      ['198.51.100.1', 1],
      ['203.0.113.1', 8],
    ],
  });
  await lone.rig.run(400);
  assert.equal(lone.hops(), [1, 8, 32]);
  assert.is(lone.members().length, 2);
});

test('with a single server it is found, followed, and searched beside again after `tos beacon`', async () => {
  const { rig, sent } = stage({ servers: [['198.51.100.1', 1]], tos: { beacon: 600 } });
  await rig.run(500);
  assert.is(sent.length, 3);
  await rig.run(1000);
  assert.ok(sent.length > 3);
  assert.equal([sent[3]?.packet.hops, rig.system.stratum], [1, 2]);
  assert.ok(Math.abs(rig.clock.errorSeconds()) < 1e-3);
});

test('`ttl` of the line bounds the rings', async () => {
  const { rig, hops } = stage({ line: { ttl: 4 } });
  await rig.run(200);
  assert.ok(hops().length >= 2 && hops().every((n) => n === 1 || n === 4), `${hops()}`);
});

test('while nobody answers it goes on searching at the poll interval', async () => {
  const { rig, sent } = stage({});
  await rig.run(1300);
  assert.ok(sent.length > 15 && sent.length < 22, `${sent.length}`);
});

test('no more than `tos maxclock` are taken, and none twice', async () => {
  const servers = Array.from({ length: 9 }, (_, i) => [`198.51.100.${i + 1}`, 1] as const);
  const { rig, members } = stage({ servers: [...servers, ...servers], tos: { maxclock: 4 } });
  await rig.run(100);
  assert.equal(new Set(members().map(({ address }) => address)).size, 4);
  assert.is(members().length, 4);
});

for (const [claim, options, taken] of [
  ['without key by default', { authRequired: true }, 0],
  ['without key under `disable auth`', { authRequired: false }, 1],
  ['with the key of the line', { line: { key: 7 }, signed: key }, 1],
  ['without the key of the line', { line: { key: 7 } }, 0],
  ['with another key', { line: { key: 7 }, signed: { ...key, secret: new Uint8Array(20) } }, 0],
] as const satisfies readonly (readonly [string, StageOptions, number])[])
  test(`an answer ${claim} makes ${taken === 0 ? 'no' : 'an'} association`, async () => {
    const { rig, members } = stage({ ...options, servers: [['198.51.100.1', 1]] });
    await rig.run(100);
    assert.is(members().length, taken);
  });

test('an answer to another question, or one that comes late, makes none', async () => {
  const { rig, sent, members, answer, stations } = stage({ hops: [1] });
  stations.set('198.51.100.1', rig.server('198.51.100.1', {}));
  await rig.run(20);
  const view = new DataView(sent[0]!.packet.bytes.buffer, sent[0]!.packet.bytes.byteOffset);
  answer(123n, '198.51.100.1');
  assert.is(members().length, 0);
  answer(view.getBigUint64(AT.transmitTime), '198.51.100.1');
  assert.is(members().length, 0);
});

function server(system: Partial<SystemVariables> = {}) {
  const rig = new Rig({ keys: [key] });
  const sent: ServedTransmission[] = [];
  const variables = { ...initialSystem(0n, 0n, -20), leap: 0 as const, stratum: 2, ...system };
  const manycast = new ManycastServer(
    { clock: rig.clock, keys: () => keyTable([key]), system: () => variables, autokey: undefined },
    { send: (packet) => sent.push(packet) > 0, localAddressFor: () => undefined },
    new Set([GROUP]),
  );
  const ask = (more: Partial<ServedPacket> = {}, stratum = 0, mac?: KeyMaterial) => {
    const bytes = new Uint8Array(HEADER_LENGTH + 68);
    encodeHeader(
      {
        ...{ leap: 3, version: 4, mode: MODE.client, stratum, poll: 6, precision: -20, rootDelay: 0 },
        ...{ rootDispersion: 0, refid: 0, referenceTime: 0n, originTime: 0n, receiveTime: 0n },
        transmitTime: 77n,
      },
      new DataView(bytes.buffer),
    );
    const length = mac === undefined ? HEADER_LENGTH : appendMac(symmetricKey(mac), bytes, HEADER_LENGTH);
    const at = { kernelNs: rig.clock.kernelStamp(0), localAddress: GROUP };
    manycast.receive({ bytes: bytes.slice(0, length), address: '192.0.2.9', port: 4000, ...at, ...more });
  };
  return { sent, ask };
}

test('a server answers a search once, from its own address, no longer than it was asked', () => {
  const { sent, ask } = server();
  ask();
  assert.is(sent.length, 1);
  const [{ bytes, address, port, keyId, way: from }] = sent as [ServedTransmission];
  const header = decodeHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length);
  assert.ok(header.ok);
  assert.equal([header.value.mode, header.value.stratum, header.value.originTime], [MODE.server, 2, 77n]);
  assert.equal([address, port, keyId, from, bytes.length], ['192.0.2.9', 4000, 0, undefined, HEADER_LENGTH]);
});

test('a search with a key is answered with it; with another key not at all', () => {
  const { sent, ask } = server();
  ask({}, 0, key);
  assert.is(sent[0]?.keyId, 7);
  ask({}, 0, { ...key, secret: new Uint8Array(20) });
  assert.is(sent.length, 1);
});

test('nobody hears of a server that is not set, has no better clock, or was asked in another group', () => {
  const unset = server({ leap: 3, stratum: 16 });
  unset.ask();
  const { sent, ask } = server();
  ask({}, 2);
  ask({ localAddress: '239.9.9.9' });
  ask({ restrictions: RES.notrust });
  assert.equal([unset.sent.length, sent.length], [0, 0]);
});

test.run();
