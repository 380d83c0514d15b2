/**
 * Manycast with a symmetric key: noonmarkd finds the reference ntpd and another noonmarkd, and ntpd finds noonmarkd; over
 * IPv4 and IPv6. ntpsec 1.2 has none of these words.
 */
import { until } from '../support/peers.js';
import { KEYS, WRONG_KEY } from '../support/peers-keys.js';
import { MEASURES_ONLY, Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import type { NtpqPeer } from '../support/peers-ntpq.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

const KEY = KEYS.sha1;
const ALTOGETHER_SECONDS = 120;
const AGREES_SECONDS = 1e-3;
const GROUPS = ['239.1.2.3', 'ff05::101'] as const;
const serverLines = [`manycastserver ${GROUPS.join(' ')}`];
const searchLine = (group: string) => `manycastclient ${group} key ${KEY.id} iburst minpoll 3 maxpoll 3`;

let scene: Scene | undefined;
let noonmark: Noonmarkd | undefined;
let reference: Ntpd | undefined;
const ntpds = new Map<string, Ntpd>();
const noonmarkds = new Map<string, Noonmarkd>();
let stranger: Noonmarkd | undefined;

async function setUp(): Promise<void> {
  scene = new Scene();
  const { lab, files } = scene;
  noonmark = new Noonmarkd(lab.host('noonmarkd'), files, [...SIMULATED, ...serverLines], [KEY]);
  reference = new Ntpd({ kind: 'ntpd', host: lab.host('ntpd'), files, keys: [KEY], lines: serverLines });
  await noonmark.locked(60, 5e-6);
  for (const [i, group] of GROUPS.entries()) {
    const lines = [searchLine(group)];
    const host = lab.host(`ntpd-${i}`);
    ntpds.set(group, new Ntpd({ kind: 'ntpd', host, files, keys: [KEY], lines, ownClock: false }));
    noonmarkds.set(group, new Noonmarkd(lab.host(`by-${i}`), files, [...MEASURES_ONLY, ...lines], [KEY]));
  }
  const lines = [...MEASURES_ONLY, searchLine(GROUPS[0])];
  stranger = new Noonmarkd(lab.host('stranger'), files, lines, [WRONG_KEY]);
}

async function finds(
  client: { readonly program: Ntpd['program']; peers(): Promise<readonly NtpqPeer[]> },
  ask: (...commands: string[]) => Promise<string>,
  from: string,
): Promise<NtpqPeer> {
  const seconds = scene?.secondsLeft(ALTOGETHER_SECONDS) ?? 0;
  return until({ what: `${from} is found`, seconds, programs: [client.program] }, async (seen) => {
    seen.is = await ask('peers', 'associations');
    const found = (await client.peers()).find(({ remote, reach }) => remote === from && reach !== 0);
    return found !== undefined && '*+-'.includes(found.tally) ? found : undefined;
  });
}

if (has('noonmarkd and manycast', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const group of GROUPS) {
    const family = group.includes(':') ? 'ipv6' : 'ipv4';
    test(`ntpd finds noonmarkd in ${group}`, async () => {
      const client = ntpds.get(group);
      if (client === undefined || noonmark === undefined) throw new Error(group);
      const ask = (...commands: string[]) => client.ask(...commands);
      const peer = await finds(client, ask, noonmark.program.host[family]);
      assert.is(peer.auth, 'ok');
      record(`peers/manycast ntpd of noonmarkd, ${group}`, { offset_us: peer.offsetSeconds * 1e6 });
      assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
    });

    for (const kind of ['ntpd', 'noonmarkd'] as const)
      test(`noonmarkd finds ${kind} in ${group}, and asks it by itself`, async () => {
        const client = noonmarkds.get(group);
        const server = kind === 'ntpd' ? reference : noonmark;
        if (client === undefined || server === undefined) throw new Error(group);
        const ask = (...commands: string[]) => client.ask('ntpd', ...commands);
        const peer = await finds(client, ask, server.program.host[family]);
        assert.is(peer.auth, 'ok');
        assert.match(await ask(`rv ${peer.associationId} hmode,pmode`), /hmode=3, pmode=4/);
        record(`peers/manycast noonmarkd of ${kind}, ${group}`, { offset_us: peer.offsetSeconds * 1e6 });
        assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
      });
  }

  test('who searches with another key finds nobody', async () => {
    const peers = await stranger?.peers();
    assert.equal(
      peers?.map(({ remote }) => remote),
      [GROUPS[0]],
    );
  });

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
