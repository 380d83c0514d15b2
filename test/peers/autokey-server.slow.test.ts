/**
 * noonmarkd on the simulated board as Autokey's server: of ntpd 4.2.8p15 clients with TC, and with GQ keys made for that
 * daemon; of a noonmarkd with GQ of 2048 bits, whose whole dance is timed.
 */
import { FLAG } from '../../src/autokey/flags.js';
import type { Host } from '../support/namespace.js';
import { until } from '../support/peers.js';
import { type AutokeyDaemon, MINIMUM, startAutokey, viewOf } from '../support/peers-autokey.js';
import { GROUP, KeySet, PASSWORD, type SchemeName } from '../support/peers-autokey-keys.js';
import { Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

const FULL = 0x7f00;
const SCHEMES = ['TC', 'GQ'] as const satisfies readonly SchemeName[];
const ALTOGETHER_SECONDS = 180;

interface Case {
  readonly server: Noonmarkd;
  readonly client: AutokeyDaemon;
  readonly at: Host;
  /** of the client, monotonic ns */
  readonly startedNs: bigint;
}

let scene: Scene | undefined;
const cases = new Map<string, Case>();

async function setUp(): Promise<void> {
  scene = new Scene();
  const { lab, files } = scene;
  for (const scheme of SCHEMES) {
    const at = lab.host(`server-${scheme}`);
    const below = lab.host(`client-${scheme}`);
    const keys = new KeySet({ root: files.path('.'), scheme, founder: 'noonmark', forP15: true });
    const ident = keys.ident === undefined ? '' : ` ident ${GROUP}`;
    const server = new Noonmarkd(at, files, [
      ...SIMULATED,
      `crypto pw ${PASSWORD} host alpha${ident} ${MINIMUM}`,
      `keysdir ${await keys.founder()}`,
    ]);
    const client = await startAutokey({
      ...{ side: 'p15', host: below, files, name: 'beta', ident: undefined, ownClock: false },
      keysDirectory: await keys.folder('beta', 'noonmark', { trusted: false, answers: false }),
      lines: [`server ${at.ipv4} autokey iburst minpoll 3 maxpoll 3${ident}`],
    });
    cases.set(scheme, { server, client, at, startedNs: process.hrtime.bigint() });
  }
}

if (has('noonmarkd as Autokey server of ntpd 4.2.8p15', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const scheme of SCHEMES)
    test(`a client of 4.2.8p15 dances ${scheme} through with noonmarkd and takes its time`, async () => {
      const { server, client, at, startedNs } = cases.get(scheme)!;
      const view = await until(
        {
          what: `flags 0x7f00 of ${scheme}`,
          seconds: ALTOGETHER_SECONDS,
          programs: [server.program, client.program],
        },
        async () => {
          const seen = await viewOf(client, at.ipv4);
          return seen?.flags !== undefined && (seen.flags & FULL) === FULL ? seen : undefined;
        },
      );
      const seconds = Number(process.hrtime.bigint() - startedNs) / 1e9;
      record(`autokey-server-p15-${scheme} ${view.line} flags 0x${view.flags?.toString(16)}`, { seconds });
      assert.is(view.auth, 'ok');
      assert.ok(view.reach);
    });

  test('a noonmarkd dances GQ of 2048 bits through; mode 6 tells how many questions were answered', async () => {
    const { lab, files } = scene!;
    const keys = new KeySet({ root: files.path('.'), scheme: 'GQ', founder: 'noonmark', forP15: false });
    const [at, below] = [lab.host('server-2048'), lab.host('client-2048')];
    const server = new Noonmarkd(at, files, [
      ...SIMULATED,
      `crypto pw ${PASSWORD} host alpha ident ${GROUP}`,
      `keysdir ${await keys.founder()}`,
    ]);
    const keysDirectory = await keys.folder('beta', 'noonmark', { trusted: false, answers: false });
    await server.serving(ALTOGETHER_SECONDS, 1);
    const client = await startAutokey({
      ...{ side: 'noonmark', host: below, files, name: 'beta', ident: undefined, ownClock: false },
      ...{ keysDirectory, lines: [`server ${at.ipv4} autokey iburst minpoll 3 maxpoll 3 ident ${GROUP}`] },
    });
    const startedNs = process.hrtime.bigint();
    const view = await until(
      { what: 'flags 0x7f00', seconds: ALTOGETHER_SECONDS, programs: [server.program, client.program] },
      async () => {
        const seen = await viewOf(client, at.ipv4);
        return seen?.flags !== undefined && (seen.flags & FULL) === FULL ? seen : undefined;
      },
    );
    const seconds = Number(process.hrtime.bigint() - startedNs) / 1e9;
    record(`autokey-server-noonmark-GQ ${view.line} flags 0x${view.flags?.toString(16)}`, { seconds });
    assert.is(view.auth, 'ok');
    const asked = await server.ask('ntpd', 'rv 0 ak_requests,ak_answers,ak_late,ak_crowded,ak_notallowed');
    const count = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(asked)?.[1] ?? Number.NaN);
    // Leap values are not asked for of a server that had none yet when it introduced itself.
    const questions = ((view.flags ?? 0) & FLAG.leapKnown) === 0 ? 5 : 6;
    // On a busy machine a question may be asked again before its turn came.
    assert.ok(count('ak_answers') >= questions && count('ak_requests') >= count('ak_answers'), asked);
    assert.is(count('ak_notallowed'), 0, asked);
  });

  test.run();
}
