/**
 * openntpd as a client of noonmarkd, IPv4 and IPv6. It wants eight answers, some seconds apart, before it moves the
 * clock by a source: hence a file of its own.
 */

import { until } from '../support/peers.js';
import type { Client } from '../support/peers-client.js';
import { Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Openntpd } from '../support/peers-openntpd.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

const AGREES_SECONDS = 1e-3;

let scene: Scene | undefined;
let noonmarkd: Noonmarkd | undefined;
const clients = new Map<string, Client>();

if (has('openntpd as a client of noonmarkd', 'root', 'peers')) {
  test.before(async () => {
    scene = new Scene();
    const { lab, files } = scene;
    const server = lab.host('server');
    const hosts = { IPv4: lab.host('four'), IPv6: lab.host('six') };
    noonmarkd = new Noonmarkd(server, files, SIMULATED);
    // Its first answers may be some microseconds off: openntpd takes longer than noonmarkd needs to settle.
    await noonmarkd.serving(60, 1);
    clients.set('IPv4', new Openntpd({ host: hosts.IPv4, files, upstreams: [{ address: server.ipv4 }] }));
    clients.set('IPv6', new Openntpd({ host: hosts.IPv6, files, upstreams: [{ address: server.ipv6 }] }));
  });
  test.after(async () => scene?.close());

  for (const name of ['IPv4', 'IPv6']) {
    test(`openntpd follows noonmarkd over ${name} and agrees with it`, async () => {
      const client = clients.get(name);
      assert.ok(client);
      if (client === undefined || noonmarkd === undefined) return;
      const { offsetSeconds = Number.NaN } = await until(
        {
          what: `openntpd follows noonmarkd over ${name}`,
          seconds: 180,
          everySeconds: 1,
          programs: [client.program, noonmarkd.program],
        },
        async (seen) => {
          const reading = await client.read();
          seen.is = reading.text;
          return reading.selected ? reading : undefined;
        },
      );
      record(`peers/openntpd over ${name}`, { offset_us: offsetSeconds * 1e6 });
      assert.ok(Math.abs(offsetSeconds) < AGREES_SECONDS, `offset ${offsetSeconds} s`);
      assert.not(client.program.maySetTheClock());
    });
  }

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
