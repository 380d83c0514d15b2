/**
 * noonmarkd and the reference ntpd, and noonmarkd and chronyd, as symmetric peers with a SHA-1 key: who has the better
 * clock is followed by the other, whichever of the two it is.
 */
import type { Host } from '../support/namespace.js';
import { until } from '../support/peers.js';
import { Chronyd } from '../support/peers-chrony.js';
import type { Client } from '../support/peers-client.js';
import { KEYS } from '../support/peers-keys.js';
import { MEASURES_ONLY, Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

const KEY = KEYS.sha1;
const ALTOGETHER_SECONDS = 120;
const AGREES_SECONDS = 1e-3;
const KINDS = ['ntpd', 'chronyd'] as const;
type Kind = (typeof KINDS)[number];

const peerLine = ({ ipv4 }: Host): string => `peer ${ipv4} key ${KEY.id} iburst minpoll 3 maxpoll 3`;

let scene: Scene | undefined;
/** follow noonmarkd, which has the simulated board */
const followers = new Map<Kind, Client>();
/** follow a daemon that serves its own clock */
const noonmarkds = new Map<Kind, Noonmarkd>();
let server: Noonmarkd | undefined;

async function setUp(): Promise<void> {
  scene = new Scene();
  const { lab, files } = scene;
  const better = lab.host('noonmarkd');
  const worse = { ntpd: lab.host('ntpd'), chronyd: lab.host('chronyd') };
  server = new Noonmarkd(better, files, [...SIMULATED, ...KINDS.map((kind) => peerLine(worse[kind]))], [KEY]);

  for (const kind of KINDS) {
    const [own, other] = [lab.host(`${kind}-own`), lab.host(`of-${kind}`)];
    if (kind === 'ntpd') new Ntpd({ kind, host: own, files, keys: [KEY], lines: [peerLine(other)] });
    else
      new Chronyd({
        host: own,
        files,
        keys: [KEY],
        lines: [`peer ${other.ipv4} minpoll 3 maxpoll 3 key ${KEY.id}`],
      });
    noonmarkds.set(kind, new Noonmarkd(other, files, [...MEASURES_ONLY, peerLine(own)], [KEY]));
  }
  await server.locked(60, 5e-6);
  const upstreams = [{ kind: 'peer' as const, address: better.ipv4, key: KEY }];
  followers.set('ntpd', new Ntpd({ kind: 'ntpd', host: worse.ntpd, files, upstreams }));
  followers.set('chronyd', new Chronyd({ host: worse.chronyd, files, upstreams, poll: 3 }));
}

if (has('noonmarkd in symmetric mode', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const kind of KINDS) {
    test(`${kind} as a symmetric peer follows noonmarkd and agrees with it`, async () => {
      const client = followers.get(kind);
      if (client === undefined || scene === undefined || server === undefined) throw new Error(kind);
      const seconds = scene.secondsLeft(ALTOGETHER_SECONDS);
      const wait = { what: `${kind} follows its peer`, seconds, programs: [client.program, server.program] };
      const { offsetSeconds = Number.NaN, authentication } = await until(wait, async (seen) => {
        const reading = await client.read();
        seen.is = reading.text;
        return reading.selected ? reading : undefined;
      });
      assert.is(authentication, 'ok');
      record(`peers/symmetric ${kind} of noonmarkd`, { offset_us: offsetSeconds * 1e6 });
      assert.ok(Math.abs(offsetSeconds) < AGREES_SECONDS, `${offsetSeconds} s`);
    });

    test(`noonmarkd as a symmetric peer follows ${kind} and agrees with it`, async () => {
      const noonmarkd = noonmarkds.get(kind);
      if (noonmarkd === undefined || scene === undefined) throw new Error(kind);
      const seconds = scene.secondsLeft(ALTOGETHER_SECONDS);
      const wait = { what: `noonmarkd follows its peer ${kind}`, seconds, programs: [noonmarkd.program] };
      const peer = await until(wait, async (seen) => {
        seen.is = await noonmarkd.ask('ntpd', 'peers', 'associations', 'readvar &1');
        return (await noonmarkd.peers()).find(({ tally }) => tally === '*');
      });
      assert.is(peer.auth, 'ok');
      assert.match(
        await noonmarkd.ask('ntpd', `readvar ${peer.associationId} hmode,pmode`),
        /hmode=1, pmode=1/,
      );
      record(`peers/symmetric noonmarkd of ${kind}`, { offset_us: peer.offsetSeconds * 1e6 });
      assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
      await noonmarkd.serving(15, 2);
    });

    test(`the one with the better clock does not follow ${kind} back`, async () => {
      if (server === undefined) throw new Error('no server');
      assert.is(server.state()?.stratum, 1);
      const address = followers.get(kind)?.program.host.ipv4;
      const peer = (await server.peers()).find(({ remote }) => remote === address);
      assert.ok(peer !== undefined && !'*o'.includes(peer.tally), peer?.tally);
    });
  }

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
