/**
 * noonmarkd with `clock none` as a client of chronyd, of ntpd 4.2.8p15 and of ntpsec's ntpd, all of which serve this
 * machine's clock: it selects each and agrees with it, over IPv4 and IPv6, with keys of three kinds; with a wrong key it
 * uses nobody. Asked through both ntpqs.
 */
import type { Host } from '../support/namespace.js';
import { until } from '../support/peers.js';
import { Chronyd } from '../support/peers-chrony.js';
import { KEYS, type TestKey, WRONG_KEY } from '../support/peers-keys.js';
import { MEASURES_ONLY, Noonmarkd, serverLine } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import type { NtpqPeer } from '../support/peers-ntpq.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

const SERVERS = ['chronyd', 'ntpd', 'ntpsec'] as const;
type ServerName = (typeof SERVERS)[number];
const AGREES_SECONDS = 1e-3;
const ALTOGETHER_SECONDS = 100;

interface Line {
  readonly what: string;
  readonly address: string;
  readonly key: TestKey | undefined;
}

interface Stage {
  readonly hosts: Readonly<Record<ServerName, Host>>;
  readonly lines: Readonly<Record<ServerName, readonly Line[]>>;
  /** each asks one server in all these ways */
  readonly followers: Readonly<Record<ServerName, Noonmarkd>>;
  /** has the wrong secret for a key it uses with all of them */
  readonly mistaken: Noonmarkd;
}
let scene: Scene | undefined;
let stage: Stage | undefined;
const on = (): Stage => {
  if (stage === undefined) throw new Error('the stage was not set');
  return stage;
};
const forEachServer = <T>(make: (server: ServerName) => T): Record<ServerName, T> => ({
  chronyd: make('chronyd'),
  ntpd: make('ntpd'),
  ntpsec: make('ntpsec'),
});

const WAYS: readonly { readonly what: string; readonly key?: TestKey }[] = [
  { what: 'over IPv4' },
  { what: 'over IPv6' },
  { what: 'with an MD5 key', key: KEYS.md5 },
  { what: 'with a SHA-1 key', key: KEYS.sha1 },
  { what: 'with an AES-CMAC key', key: KEYS.cmac },
];

function setUp(): void {
  scene = new Scene();
  const { lab, files } = scene;
  const keys = Object.values(KEYS);
  const hosts = forEachServer((server) => lab.host(server));
  // Every line asks another address, because no daemon asks one twice.
  const lines = forEachServer((server) =>
    WAYS.map(({ what, key }): Line => {
      const { ipv4, ipv6, alias } = hosts[server];
      return { what, key, address: what === 'over IPv4' ? ipv4 : what === 'over IPv6' ? ipv6 : alias() };
    }),
  );
  new Chronyd({ host: hosts.chronyd, files, keys });
  new Ntpd({ kind: 'ntpd', host: hosts.ntpd, files, keys });
  new Ntpd({ kind: 'ntpsec', host: hosts.ntpsec, files, keys });
  const followers = forEachServer((server) => {
    const asked = lines[server].map(({ address, key }) => serverLine(address, key));
    return new Noonmarkd(
      lab.host(`of-${server}`),
      files,
      [...MEASURES_ONLY, 'tos minclock 9', ...asked],
      keys,
    );
  });
  const refused = SERVERS.map((server) => serverLine(hosts[server].ipv4, WRONG_KEY));
  const mistaken = new Noonmarkd(lab.host('mistaken'), files, [...MEASURES_ONLY, ...refused], [WRONG_KEY]);
  stage = { hosts, lines, followers, mistaken };
}

/** Waits until ntpq shows that source of that noonmarkd so that `good` is satisfied. */
function source(
  noonmarkd: Noonmarkd,
  what: string,
  address: string,
  good: (peer: NtpqPeer) => boolean,
): Promise<NtpqPeer> {
  // All have the same time: the daemons run side by side.
  const seconds = scene?.secondsLeft(ALTOGETHER_SECONDS) ?? 0;
  return until({ what, seconds, programs: [noonmarkd.program], everySeconds: 1 }, async (seen) => {
    seen.is = await noonmarkd.ask('ntpd', 'peers', 'associations', 'readvar');
    const found = (await noonmarkd.peers()).find(({ remote }) => remote === address);
    return found !== undefined && good(found) ? found : undefined;
  });
}

if (has('noonmarkd as a client of foreign daemons', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const server of SERVERS) {
    for (const { what, key } of WAYS) {
      test(`noonmarkd selects ${server} ${what} and agrees with it`, async () => {
        const noonmarkd = on().followers[server];
        const line = on().lines[server].find((one) => one.what === what);
        if (line === undefined) throw new Error(what);
        const peer = await source(
          noonmarkd,
          `noonmarkd selects ${server} ${what}`,
          line.address,
          ({ tally }) => '*+'.includes(tally),
        );
        assert.is(peer.auth, key === undefined ? 'none' : 'ok');
        assert.is(peer.stratum, 1);
        record(`peers/noonmarkd of ${server} ${what}`, { offset_us: peer.offsetSeconds * 1e6 });
        assert.ok(Math.abs(peer.offsetSeconds) < AGREES_SECONDS, `${peer.offsetSeconds} s`);
      });
    }

    test(`noonmarkd follows ${server}: stratum 2, and its own clock is right`, async () => {
      const noonmarkd = on().followers[server];
      const state = await noonmarkd.serving(10, 2);
      record(`peers/noonmarkd of ${server}`, { clock_us: state.offsetSeconds * 1e6 });
      assert.ok(Math.abs(state.offsetSeconds) < AGREES_SECONDS, state.line);
      // Both ntpqs say so, with one of its sources as the system peer.
      for (const kind of ['ntpd', 'ntpsec'] as const) {
        const peers = await noonmarkd.peers(kind);
        assert.is(
          peers.filter(({ tally, condition }) => tally === '*' && condition === 'sys.peer').length,
          1,
        );
        assert.match(await noonmarkd.ask(kind, 'readvar'), /leap=00, stratum=2,/);
      }
      assert.not(noonmarkd.program.maySetTheClock());
    });
  }

  for (const server of SERVERS) {
    test(`with a wrong key noonmarkd never uses ${server}, and says why`, async () => {
      const { mistaken, hosts } = on();
      const peer = await source(mistaken, `noonmarkd knows of ${server}`, hosts[server].ipv4, () => true);
      const seconds = scene?.secondsLeft(ALTOGETHER_SECONDS) ?? 0;
      const wait = { what: `${server} was asked several times`, seconds, programs: [mistaken.program] };
      const variables = await until(wait, async (seen) => {
        seen.is = await mistaken.ask('ntpd', `readvar ${peer.associationId}`);
        return Number(/unreach=(\d+)/.exec(seen.is)?.[1] ?? 0) >= 3 ? seen.is : undefined;
      });
      assert.match(variables, /reach=000/);
      assert.match(variables, /sel_reject/);
      // chronyd and ntpsec say nothing to whom they cannot authenticate; the reference says crypto-NAK.
      if (server === 'ntpd') assert.match(variables, /flash=\d+ pkt_auth/);
      const said =
        server === 'ntpd' ? 'the server does not accept our key (crypto-NAK)' : 'does not answer; ';
      assert.match(mistaken.program.output(), said);
      assert.is((await mistaken.peers()).find(({ remote }) => remote === peer.remote)?.auth, 'bad');
      assert.is(mistaken.state(), undefined, 'it serves no time');
    });
  }

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
