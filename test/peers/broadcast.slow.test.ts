/**
 * Broadcast and multicast with a symmetric key: noonmarkd as the server of the reference ntpd and as its client, and with
 * another noonmarkd; by a subnet broadcast, an IPv4 group and an IPv6 group. ntpsec 1.2 has none of these words.
 */
import type { Host } from '../support/namespace.js';
import { until } from '../support/peers.js';
import { KEYS, WRONG_KEY } from '../support/peers-keys.js';
import { MEASURES_ONLY, Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import type { NtpqPeer } from '../support/peers-ntpq.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

const KEY = KEYS.sha1;
const ALTOGETHER_SECONDS = 150;
const AGREES_SECONDS = 1e-3;

interface Way {
  readonly name: string;
  readonly address: string;
  readonly listen: string;
  readonly of: (host: Host) => string;
}
const ipv4 = (host: Host) => host.ipv4;
const ipv6 = (host: Host) => host.ipv6;
/** The broadcast address is that of a lab's network. */
const WAYS: readonly Way[] = [
  { name: 'broadcast', address: '10.9.255.255', listen: 'broadcastclient', of: ipv4 },
  { name: 'multicast', address: '239.1.2.3', listen: 'multicastclient 239.1.2.3', of: ipv4 },
  { name: 'IPv6 multicast', address: 'ff05::101', listen: 'multicastclient ff05::101', of: ipv6 },
];

const sendLines = WAYS.map(({ address }) => `broadcast ${address} key ${KEY.id} minpoll 3 maxpoll 3 ttl 4`);

let scene: Scene | undefined;
let noonmark: Noonmarkd | undefined;
let reference: Ntpd | undefined;
const followers = new Map<Way, Ntpd>();
const listeners = new Map<Way, Noonmarkd>();
let stranger: Noonmarkd | undefined;
let fixed: Noonmarkd | undefined;

async function setUp(): Promise<void> {
  scene = new Scene();
  const { lab, files } = scene;
  noonmark = new Noonmarkd(lab.host('noonmarkd'), files, [...SIMULATED, ...sendLines], [KEY]);
  reference = new Ntpd({ kind: 'ntpd', host: lab.host('ntpd'), files, keys: [KEY], lines: sendLines });
  await noonmark.locked(60, 5e-6);
  for (const [i, way] of WAYS.entries()) {
    const host = lab.host(`ntpd-${i}`);
    const lines = [way.listen];
    followers.set(way, new Ntpd({ kind: 'ntpd', host, files, keys: [KEY], lines, ownClock: false }));
    listeners.set(way, new Noonmarkd(lab.host(`by-${i}`), files, [...MEASURES_ONLY, ...lines], [KEY]));
  }
  const lines = [...MEASURES_ONLY, 'broadcastclient'];
  stranger = new Noonmarkd(lab.host('stranger'), files, lines, [WRONG_KEY]);
  const rules = ['broadcastdelay 0.0002', 'interface listen 10.9.0.0/16', 'tos minsane 1'];
  fixed = new Noonmarkd(lab.host('fixed'), files, [...lines, ...rules], [KEY]);
}

const SHOWN = ['peers', 'associations'] as const;

/** The row of a server that is listened to: hmode 6, pmode 5. */
async function listenedTo(
  daemon: { peers(): Promise<readonly NtpqPeer[]> },
  ask: (command: string) => Promise<string>,
  from: string,
): Promise<NtpqPeer | undefined> {
  const heard = (await daemon.peers()).find(({ remote, reach }) => remote === from && reach !== 0);
  if (heard === undefined) return undefined;
  return /hmode=6, pmode=5/.test(await ask(`rv ${heard.associationId} hmode,pmode`)) ? heard : undefined;
}

if (has('noonmarkd and broadcasts', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const way of WAYS) {
    test(`ntpd follows noonmarkd by ${way.name}`, async () => {
      const client = followers.get(way);
      if (client === undefined || scene === undefined || noonmark === undefined) throw new Error('no client');
      const from = way.of(noonmark.program.host);
      const seconds = scene.secondsLeft(ALTOGETHER_SECONDS);
      const wait = { what: `ntpd listens by ${way.name}`, seconds, programs: [client.program] };
      const peer = await until(wait, async (seen) => {
        seen.is = await client.ask(...SHOWN);
        const heard = await listenedTo(client, (command) => client.ask(command), from);
        return heard !== undefined && '*+-'.includes(heard.tally) ? heard : undefined;
      });
      assert.is(peer.auth, 'ok');
      record(`peers/broadcast ntpd of noonmarkd, ${way.name}`, { offset_us: peer.offsetSeconds * 1e6 });
      assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
    });

    for (const kind of ['ntpd', 'noonmarkd'] as const)
      test(`noonmarkd listens to ${kind} by ${way.name} and agrees with it`, async () => {
        const client = listeners.get(way);
        const server = kind === 'ntpd' ? reference : noonmark;
        if (client === undefined || scene === undefined || server === undefined) throw new Error('no client');
        const from = way.of(server.program.host);
        const seconds = scene.secondsLeft(ALTOGETHER_SECONDS);
        const wait = { what: `noonmarkd listens by ${way.name}`, seconds, programs: [client.program] };
        const peer = await until(wait, async (seen) => {
          seen.is = await client.ask('ntpd', ...SHOWN);
          const heard = await listenedTo(client, (command) => client.ask('ntpd', command), from);
          return heard !== undefined && '*+-'.includes(heard.tally) ? heard : undefined;
        });
        assert.is(peer.auth, 'ok');
        record(`peers/broadcast noonmarkd of ${kind}, ${way.name}`, { offset_us: peer.offsetSeconds * 1e6 });
        assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
      });
  }

  test('beside `interface` lines, with a delay that is given, noonmarkd listens without a word of its own', async () => {
    if (fixed === undefined || noonmark === undefined) throw new Error('no client');
    const from = noonmark.program.host.ipv4;
    const client = fixed;
    const wait = { what: 'noonmarkd listens', seconds: 30, programs: [client.program] };
    const peer = await until(wait, async (seen) => {
      seen.is = await client.ask('ntpd', ...SHOWN);
      const heard = await listenedTo(client, (command) => client.ask('ntpd', command), from);
      return heard !== undefined && '*+-'.includes(heard.tally) ? heard : undefined;
    });
    assert.match(await client.ask('ntpd', `rv ${peer.associationId} delay`), /delay=0\.200/);
    assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
  });

  test('a broadcast of another key makes no association', async () => {
    assert.equal(await stranger?.peers(), []);
  });

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
