/** Symmetric associations with Autokey in the virtual world: pairs, meshes and chains, one trusted host, one clock. */
import type { KeyMaterial } from '../../../src/auth/mac.js';
import { RES } from '../../../src/auth/restrict.js';
import { FULL_DANCE } from '../../../src/autokey/flags.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import { appendSessionMac, sessionKey } from '../../../src/autokey/session-key.js';
import { gqKey } from '../../autokey/identity/keys.js';
import { freshEnd } from '../../support/autokey-dance.js';
import { RigAutokey } from '../../support/autokey-station.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, record, test } from '../../support/suite.js';
import { line, type Rig } from '../rig.js';
import { ServedLan } from '../served-lan.js';

/** Unix; the keys are a little older */
const START = TEST_TIME - 2_208_988_800 + 1000;
const gq = gqKey(1024);
const end = (name: string, trusted: boolean) =>
  freshEnd({
    ...{ name, trusted, gqValue: toFixedBytes(gq.v, 128) },
    identityKeys: new Map([['gq', { value: { scheme: 'gq', key: gq }, filestamp: TEST_TIME }]]),
    parameters: new Map([
      ['gq grp', { value: { scheme: 'gq', parameters: { n: gq.n, b: gq.b } }, filestamp: TEST_TIME }],
    ]),
  });
const address = (n: number) => `192.0.2.${n}`;
const SERVER = '198.51.100.1';

interface Wish {
  readonly hosts: number;
  /** pairs of numbers, from 1 */
  readonly links: readonly (readonly [number, number])[];
  readonly trusted?: readonly number[];
  /** hosts with a server of their own; default all */
  readonly clocks?: readonly number[];
  readonly minpoll?: number;
  readonly iburst?: boolean;
  readonly ident?: string;
}

/** So many hosts as peers; each peer line stands at both. */
function lan({ hosts, links, trusted = [1], clocks, minpoll = 3, iburst = true, ident = 'grp' }: Wish) {
  const net = new ServedLan(START);
  const rigs: Rig[] = [];
  for (let n = 1; n <= hosts; n += 1) {
    const rig = net.host(address(n), {
      startErrorSeconds: n / 100,
      autokey: (rig) => new RigAutokey(rig, end(`peer${n}`, trusted.includes(n))),
    });
    rigs.push(rig);
    if (clocks?.includes(n) ?? true) {
      rig.server(SERVER, { stratum: 1 });
      rig.mobilise(line(SERVER, { minpoll: 4, maxpoll: 6 }));
    }
  }
  const peer = (n: number) =>
    line(address(n), { kind: 'peer', autokey: true, ident, iburst, minpoll, maxpoll: minpoll });
  return {
    ...{ net, rigs },
    begin: () => {
      for (const [a, b] of links) {
        rigs[a - 1]?.mobilise(peer(b));
        rigs[b - 1]?.mobilise(peer(a));
      }
    },
    /** flags of every association, `1>2` */
    flags: () =>
      new Map(
        rigs.flatMap((rig, i) =>
          rig
            .views()
            .filter(({ kind }) => kind === 'peer')
            .map((view) => [`${i + 1}>${view.address.split('.')[3]}`, view.autokey?.flags ?? 0] as const),
        ),
      ),
  };
}

const isFull = (flags: ReadonlyMap<string, number>) =>
  [...flags.values()].every((word) => (word & FULL_DANCE) === FULL_DANCE);
const text = (flags: ReadonlyMap<string, number>) =>
  [...flags].map(([name, word]) => `${name} ${word.toString(16)}`).join(', ');

/** Seconds until it holds, at most so many; `followed`: after which `rig` followed something. */
async function until(net: ServedLan, most: number, holds: () => boolean, rig?: Rig) {
  const start = net.world.now();
  let followed = Number.NaN;
  let seconds = 0;
  for (; seconds < most && !holds(); seconds += 1) {
    await net.run(start + seconds + 1);
    if (rig?.selection.systemPeer !== undefined && Number.isNaN(followed)) followed = seconds;
  }
  return { seconds, followed };
}

test('two synchronised peers with iburst dance to the end in less than ten seconds', async () => {
  const { net, rigs, begin, flags } = lan({ hosts: 2, links: [[1, 2]], trusted: [1, 2] });
  await net.run(60);
  begin();
  let seconds = 0;
  for (; seconds < 60 && !isFull(flags()); seconds += 1) await net.run(60 + seconds);
  record('autokey-symmetric-pair', { seconds });
  assert.ok(isFull(flags()) && seconds < 10, `${seconds} s: ${text(flags())}`);
  const packets = net.sent.length;
  assert.ok(packets < 30, `${packets} packets`);
  await net.run(200);
  for (const rig of rigs) assert.ok((rig.views()[1]?.reach ?? 0) > 0, text(flags()));
  assert.ok(net.sent.length - packets < 60, `${net.sent.length - packets} packets in two minutes`);
});

test('one clock and one trusted host among two: the other follows, and both dance to the end', async () => {
  const { net, rigs, begin, flags } = lan({ hosts: 2, links: [[1, 2]], clocks: [1] });
  await net.run(60);
  begin();
  const { seconds, followed } = await until(net, 200, () => isFull(flags()), rigs[1]);
  record('autokey-symmetric-one-clock', { seconds, followedSeconds: followed });
  assert.ok(isFull(flags()), `${seconds} s: ${text(flags())}`);
  await net.run(400);
  assert.is(rigs[1]?.system.stratum, 3);
  assert.ok(Math.abs(rigs[1]?.clock.errorSeconds() ?? 1) < 1e-3);
});

const mesh = (hosts: number): (readonly [number, number])[] =>
  Array.from({ length: hosts }, (_, i) => i + 1).flatMap((a) =>
    Array.from({ length: hosts - a }, (_, i) => [a, a + i + 1] as const),
  );
const chain = (hosts: number): (readonly [number, number])[] =>
  Array.from({ length: hosts - 1 }, (_, i) => [i + 1, i + 2] as const);

for (const hosts of [3, 5])
  for (const [what, links] of [
    ['mesh', mesh(hosts)],
    ['chain', chain(hosts)],
  ] as const)
    test(`${hosts} hosts in a ${what}, one trusted and one with a clock: all dance to the end and follow it`, async () => {
      const { net, rigs, begin, flags } = lan({ hosts, links, clocks: [1] });
      await net.run(60);
      begin();
      const { seconds } = await until(net, 600, () => isFull(flags()));
      record(`autokey-symmetric-${what}-${hosts}`, { seconds });
      assert.ok(isFull(flags()), `${seconds} s: ${text(flags())}`);
      await net.run(60 + seconds + 300);
      const strata = rigs.map(({ system }) => system.stratum);
      assert.ok(
        strata.every((stratum) => stratum < 16),
        strata.join(' '),
      );
      for (const rig of rigs) assert.ok(Math.abs(rig.clock.errorSeconds()) < 5e-3);
    });

test('a peer that takes none but its own key IDs, as ntpd 4.2.8p15: both dance to the end and take the time', async () => {
  const { net, rigs, begin, flags } = lan({ hosts: 2, links: [[1, 2]], trusted: [1, 2], iburst: false });
  // What host 2 gets: nothing with another key ID than it sent last.
  let last: number | undefined;
  net.tamper = ({ bytes, from }) => {
    const keyId = new DataView(bytes.buffer).getUint32(bytes.length - 20);
    if (from === address(2)) last = keyId;
    return from === address(2) || last === undefined || keyId === last ? bytes : undefined;
  };
  await net.run(60);
  begin();
  const { seconds } = await until(net, 300, () => isFull(flags()));
  record('autokey-symmetric-own-ids', { seconds });
  assert.ok(isFull(flags()), `${seconds} s: ${text(flags())}`);
  const samples = () => rigs.map(({ samples: all }) => all.filter(({ id }) => id === 2).length);
  const before = samples();
  await net.run(60 + seconds + 400);
  const gained = samples().map((count, i) => count - (before[i] ?? 0));
  assert.ok((gained[0] ?? 0) > 20, `${gained}`);
  assert.ok((rigs[0]?.views()[1]?.reach ?? 0) > 0x3f, `${rigs[0]?.views()[1]?.reach}`);
});

test('a host that was started anew is danced with anew, and time flows again', async () => {
  const { net, rigs, begin, flags } = lan({ hosts: 2, links: [[1, 2]], trusted: [1, 2] });
  await net.run(60);
  begin();
  await net.run(120);
  assert.ok(isFull(flags()), text(flags()));
  const [rig] = rigs;
  const old = rig?.all().find((source) => source.view().kind === 'peer');
  if (rig === undefined || old === undefined) throw new Error('no peer');
  rig.remove(old.id);
  await net.run(125);
  rig.mobilise(
    line(address(2), { kind: 'peer', autokey: true, ident: 'grp', iburst: true, minpoll: 3, maxpoll: 3 }),
  );
  const { seconds } = await until(net, 120, () => isFull(flags()));
  record('autokey-symmetric-restart', { seconds });
  assert.ok(isFull(flags()) && seconds < 15, `${seconds} s: ${text(flags())}`);
  await net.run(260);
  for (const { views } of rigs.map((each) => ({ views: each.views() })))
    assert.ok((views.at(-1)?.reach ?? 0) > 0);
});

test("packets from a flood of forgers under the peer's address stop nothing and cost little", async () => {
  const { net, rigs, begin, flags } = lan({ hosts: 2, links: [[1, 2]], trusted: [1, 2] });
  await net.run(60);
  begin();
  await net.run(90);
  assert.ok(isFull(flags()), text(flags()));
  const [victim] = rigs;
  const before = net.sent.length;
  const assoc = net.sent.find(({ bytes, from }) => from === address(2) && bytes.length > 80);
  for (let t = 0; t < 120; t += 1) {
    for (let i = 0; i < 5; i += 1) {
      const bytes = (assoc?.bytes ?? new Uint8Array(0)).slice();
      new DataView(bytes.buffer).setUint32(40, t * 8 + i);
      victim?.router.receive({
        ...{ bytes, kernelNs: victim.clock.kernelStamp(net.world.now()) },
        ...{ address: address(2), port: 123, localAddress: address(1) },
      });
    }
    await net.run(91 + t);
  }
  assert.ok(isFull(flags()), text(flags()));
  assert.ok(net.sent.length - before < 120, `${net.sent.length - before} packets`);
  assert.ok((victim?.views()[1]?.reach ?? 0) > 0);
});

const passivePair = (ident?: string) => {
  const made = lan({ hosts: 2, links: [], trusted: [1, 2] });
  for (const rig of made.rigs)
    if (rig.context.autokey instanceof RigAutokey) rig.context.autokey.ident = ident;
  const active = line(address(2), { kind: 'peer', autokey: true, ident: 'grp', minpoll: 3, maxpoll: 3 });
  return { ...made, begin: () => made.rigs[0]?.mobilise(active) };
};

test('a peer line at one of two: the other mobilises a passive association, which goes when the peer has gone', async () => {
  const { net, rigs, begin, flags } = passivePair('grp');
  await net.run(60);
  begin();
  const { seconds } = await until(net, 60, () => flags().size === 2 && isFull(flags()));
  record('autokey-symmetric-passive', { seconds });
  assert.ok(flags().size === 2 && isFull(flags()), `${seconds} s: ${text(flags())}`);
  const view = () => rigs[1]?.views().find(({ kind }) => kind === 'peer');
  assert.equal([view()?.hostMode, view()?.peerMode, view()?.configured], [2, 1, false]);
  await net.run(200);
  assert.ok((view()?.reach ?? 0) > 0 && (rigs[0]?.views()[1]?.reach ?? 0) > 0);
  assert.is(rigs[0]?.views()[1]?.peerMode, 2);
  rigs[0]?.remove(2);
  await net.run(600);
  assert.is(view(), undefined);
});

test('strangers of networks that are not our own mobilise nothing by Autokey, unless a rule lets them', async () => {
  for (const [restrictions, isWelcome] of [
    [0, false],
    [RES.autokey, true],
  ] as const) {
    const { net, rigs, begin } = passivePair('grp');
    net.restrictions = restrictions;
    await net.run(60);
    begin();
    await net.run(100);
    const guests = rigs.flatMap((rig) => rig.views()).filter(({ configured }) => !configured);
    assert.is(guests.length > 0, isWelcome);
  }
});

test('senders in forged names, who see no answers, draw no more than 8 kB a minute', async () => {
  const { net, rigs, begin } = passivePair('grp');
  // The one with the line hears nothing: it is like somebody whose name another uses.
  net.tamper = ({ bytes, to }) => (to === address(2) ? bytes : undefined);
  await net.run(60);
  const before = net.sent.length;
  begin();
  await net.run(360);
  const out = net.sent.slice(before).filter(({ from }) => from === address(2));
  const bytes = out.reduce((sum, packet) => sum + packet.bytes.length, 0);
  record('autokey-symmetric-forged', { packets: out.length, bytesAMinute: bytes / 5 });
  assert.ok(rigs.length === 2 && out.length > 0 && bytes / 5 < 8192, `${bytes}`);
});

test('noepeer: no passive association, one crypto-NAK for each packet', async () => {
  const { net, rigs, begin } = passivePair('grp');
  net.restrictions = RES.noepeer;
  await net.run(60);
  begin();
  await net.run(120);
  assert.is(rigs[1]?.views().length, 1);
  const answers = net.sent.filter(({ from }) => from === address(2));
  assert.ok(answers.length > 3 && answers.every(({ bytes }) => bytes.length === 52), `${answers.length}`);
});

test('a hundred strangers who open dances are not more than 32 associations, and those of use stay', async () => {
  const { net, rigs, begin, flags } = passivePair('grp');
  await net.run(60);
  begin();
  await net.run(90);
  assert.ok(isFull(flags()), text(flags()));
  const opening = net.sent.find(({ bytes, from }) => from === address(1) && bytes.length > 80);
  const guests = () => rigs[1]?.views().filter(({ kind }) => kind === 'peer') ?? [];
  for (let n = 0; n < 100; n += 1) {
    const from = `203.0.113.${n + 1}`;
    const bytes = (opening?.bytes ?? new Uint8Array(0)).slice(0, -20);
    const keyId = 70_000 + n;
    const key = sessionKey('MD5', Uint8Array.of(203, 0, 113, n + 1), Uint8Array.of(192, 0, 2, 2), keyId, 0);
    const out = new Uint8Array(bytes.length + 20);
    out.set(bytes);
    appendSessionMac('MD5', key, keyId, out, bytes.length);
    rigs[1]?.router.receive({
      ...{ bytes: out, kernelNs: rigs[1].clock.kernelStamp(net.world.now()) },
      ...{ address: from, port: 123, localAddress: address(2), restrictions: RES.autokey },
    });
    await net.run(91 + n);
  }
  assert.is(guests().length, 32);
  assert.ok(guests().some(({ address: of, reach }) => of === address(1) && reach > 0));
  await net.run(3000);
  assert.is(guests().length, 1);
});

test('a trusted symmetric key of a stranger mobilises a passive association as well, another key does not', async () => {
  const key: KeyMaterial = { id: 7, algorithm: 'SHA1', secret: new Uint8Array(20).fill(3), ranges: [] };
  const net = new ServedLan(START);
  const [a, b] = [net.host(address(1), { keys: [key] }), net.host(address(2), { keys: [key] })];
  a.server(SERVER, { stratum: 1 });
  a.mobilise(line(SERVER, { minpoll: 4, maxpoll: 6 }));
  a.mobilise(line(address(2), { kind: 'peer', key: 7, minpoll: 4, maxpoll: 4 }));
  await net.run(300);
  const [guest] = b.views();
  assert.equal([guest?.hostMode, guest?.authentic, guest?.keyId], [2, true, 7]);
  assert.is(b.system.stratum, 3);
});

test.run();
