/**
 * noonmarkd with `clock none` as a client of three servers, one of which lies by 200 ms: a pool by name, over IPv4 and
 * IPv6, and three server lines. Nobody believes the liar, not even for the first setting, although one of the honest ones
 * (ntpd with its own clock) says for half a minute that it may be off by more than that.
 */

import { join } from 'node:path';
import { Program, until } from '../support/peers.js';
import { Chronyd } from '../support/peers-chrony.js';
import { MEASURES_ONLY, Noonmarkd, serverLine } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, projectRoot, record, test } from '../support/suite.js';

const LIE_SECONDS = 0.2;
const ALTOGETHER_SECONDS = 120;
const POOL = 'time.pool.example';
/** Far from the lie and from any mean that it is part of. */
const NEVER_BEYOND = 0.01;

let scene: Scene | undefined;
const clients = new Map<string, { readonly noonmarkd: Noonmarkd; readonly liar: string }>();

function setUp(): void {
  scene = new Scene();
  const { lab, files } = scene;
  const servers = [lab.host('chronyd'), lab.host('ntpd'), lab.host('liar')] as const;
  const [honest, slow, liar] = servers;
  new Chronyd({ host: honest, files });
  new Ntpd({ kind: 'ntpd', host: slow, files });
  const script = join(projectRoot, 'dist/test/support/peers-liar.js');
  new Program({ name: 'liar', host: liar, command: [process.execPath, script, String(LIE_SECONDS)] });
  const ways = {
    'a pool over IPv4': { lines: [`pool ${POOL} iburst minpoll 3 maxpoll 3`], family: 'ipv4' },
    'a pool over IPv6': { lines: [`pool ${POOL} iburst minpoll 3 maxpoll 3`], family: 'ipv6' },
    'three server lines': { lines: servers.map(({ ipv4 }) => serverLine(ipv4)), family: 'ipv4' },
  } as const;
  let n = 0;
  for (const [name, { lines, family }] of Object.entries(ways)) {
    n += 1;
    const host = lab.host(`client${n}`);
    host.etc('hosts', servers.map((server) => `${server[family]} ${POOL}\n`).join(''));
    clients.set(name, {
      noonmarkd: new Noonmarkd(host, files, [...MEASURES_ONLY, ...lines]),
      liar: liar[family],
    });
  }
}

if (has('noonmarkd with a liar among three', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const name of ['a pool over IPv4', 'a pool over IPv6', 'three server lines']) {
    test(`${name}: the one that lies by 200 ms is a falseticker, the others are followed`, async () => {
      const client = clients.get(name);
      if (client === undefined || scene === undefined) throw new Error(name);
      const { noonmarkd } = client;
      const seconds = scene.secondsLeft(ALTOGETHER_SECONDS);
      const what = `noonmarkd follows two of three (${name})`;
      const peers = await until({ what, seconds, programs: [noonmarkd.program] }, async (seen) => {
        seen.is = await noonmarkd.ask('ntpd', 'peers', 'associations', 'readvar');
        const found = await noonmarkd.peers();
        const used = found.filter(({ tally }) => '*+-'.includes(tally));
        return used.length === 2 && used.some(({ tally }) => tally === '*') ? found : undefined;
      });
      const liars = peers.filter(({ tally }) => tally === 'x');
      assert.is(liars.length, 1);
      assert.is(liars[0]?.condition, 'falsetick');
      assert.ok(
        Math.abs((liars[0]?.offsetSeconds ?? 0) - LIE_SECONDS) < 0.002,
        `${liars[0]?.offsetSeconds} s`,
      );
      const variables = await noonmarkd.ask('ntpd', `readvar ${liars[0]?.associationId} srcadr`);
      assert.ok(variables.includes(client.liar), variables);
    });
  }

  for (const name of ['a pool over IPv4', 'a pool over IPv6', 'three server lines']) {
    test(`${name}: the clock was never set by the liar, nor by a mean with it`, () => {
      const noonmarkd = clients.get(name)?.noonmarkd;
      if (noonmarkd === undefined) throw new Error(name);
      const states = noonmarkd.states();
      const worst = Math.max(...states.map(({ offsetSeconds }) => Math.abs(offsetSeconds)));
      record(`peers/liar ${name}`, { seconds_served: states.length, worst_us: worst * 1e6 });
      assert.ok(states.length > 0);
      assert.ok(worst < NEVER_BEYOND, `${worst} s`);
      assert.not.match(noonmarkd.program.output(), /clock-stepped|panic/);
      assert.is(noonmarkd.state()?.stratum, 2);
    });
  }

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
