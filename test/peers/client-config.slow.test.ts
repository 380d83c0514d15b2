/**
 * Each authenticating client with exactly what `noonmark client-config` prints for it, the password of its own key made up:
 * ntpd 4.2.8p15 and a noonmark by Autokey (IFF), and ntpd, ntpsec's and chronyd by an AES-CMAC key each.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../src/cli/client-config.js';
import { ClientMachine } from '../support/client-pieces.js';
import { noonmarkKeygen } from '../support/keygen.js';
import { type Host, Lab } from '../support/namespace.js';
import { Files, stopAll, until } from '../support/peers.js';
import { type AutokeyDaemon, viewOf } from '../support/peers-autokey.js';
import { isComplete, isFollowed } from '../support/peers-autokey-matrix.js';
import { Chronyd } from '../support/peers-chrony.js';
import type { Client } from '../support/peers-client.js';
import { Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import { startInTurn } from '../support/start-gate.js';
import { assert, has, test } from '../support/suite.js';

const SECONDS = 150;
/** as random as the card's: nobody is to need it */
const SERVER_PASSWORD = 'k3-S_xPz0w9q';
const IFF = 0x20;

if (has("clients with client-config's own words", 'root', 'peers')) {
  const files = new Files();
  const lab = new Lab();
  const server = lab.host('server');
  const keys = files.path('server-keys');
  const authentication = [
    ...[`keys ${keys}/ntp.keys`, 'trustedkey (21 ... 30)', `keysdir ${keys}`],
    `crypto pw ${SERVER_PASSWORD} host noonmark ident noonmark`,
  ];

  /** As a person asks it, on the server. */
  async function printed(...args: readonly string[]): Promise<string> {
    const config = files.write('asked.conf', ['clock none', ...authentication, ''].join('\n'));
    let out = '';
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: () => {},
      monotonic: () => 0n,
      ...{ isTerminal: true, columns: 80 },
    };
    assert.is(await command.run([...args, '-c', config, '--address', server.ipv4], io), 0);
    assert.not.ok(out.includes(SERVER_PASSWORD), "the server's own password is nobody else's");
    return out;
  }

  const running = new Map<() => Promise<void>, Promise<void>>();

  test.before(async () => {
    const host = ['-s', 'noonmark', '-p', SERVER_PASSWORD, '-m', '1024', '-b', '1024'];
    await noonmarkKeygen(keys, '-M');
    await noonmarkKeygen(keys, 'group', 'create', 'noonmark', '--scheme', 'iff', ...host);
    const daemon = await startInTurn(
      () => new Noonmarkd(server, files, [...SIMULATED, ...authentication]),
      /socket-open/,
    );
    await daemon.serving(SECONDS, 1);
    for (const run of Object.values(CASES)) {
      const result = run();
      result.catch(() => undefined);
      running.set(run, result);
    }
  });
  test.after(async () => {
    await stopAll();
    lab.close();
    files.close();
  });

  const followed = async (client: AutokeyDaemon) =>
    until(
      { what: `${client.side} follows by Autokey`, seconds: SECONDS, programs: [client.program] },
      async (seen) => {
        const view = await viewOf(client, server.ipv4);
        seen.is = JSON.stringify(view);
        return isComplete(view?.flags) && isFollowed(view) ? (view?.flags ?? 0) : undefined;
      },
    );

  async function p15ByAutokey(): Promise<void> {
    const host = lab.host('p15');
    const machine = new ClientMachine(files, 'p15', await printed('first', '--for', 'ntpd-4.2.8p15'));
    machine.type();
    assert.is(statSync(join(machine.etc, 'ntp', 'ntpkey_iffpar_noonmark')).mode & 0o777, 0o600);
    const lines = machine.lines("in the client's ntp.conf");
    const { program } = new Ntpd({ kind: 'ntpd', host, files, ownClock: false, lines });
    assert.ok((await followed({ side: 'p15', host, program })) & IFF);
  }

  async function noonmarkByAutokey(): Promise<void> {
    const host = lab.host('second');
    const machine = new ClientMachine(files, 'second', await printed('second', '--for', 'noonmark'));
    machine.type();
    const lines = ['board generic', 'clock none', ...machine.lines("in the client's ntp.conf")];
    const { program } = await startInTurn(() => new Noonmarkd(host, files, lines), /socket-open/);
    assert.ok((await followed({ side: 'noonmark', host, program })) & IFF);
  }

  async function byKey(
    kind: string,
    key: number,
    start: (host: Host, lines: readonly string[]) => Client,
  ): Promise<void> {
    const name = `keyed${key}`;
    const text = await printed(name, '--for', kind, '--key', String(key));
    const client = start(lab.host(name), new ClientMachine(files, name, text).installKey());
    await until(
      { what: `${kind} follows by key ${key}`, seconds: SECONDS, programs: [client.program] },
      async (seen) => {
        const reading = await client.read();
        seen.is = reading.text;
        return reading.selected && reading.authentication === 'ok' ? true : undefined;
      },
    );
  }

  const ntpd = (kind: 'ntpd' | 'ntpsec') => (host: Host, lines: readonly string[]) =>
    new Ntpd({ kind, host, files, ownClock: false, lines });
  const CASES: Readonly<Record<string, () => Promise<void>>> = {
    'ntpd 4.2.8p15 follows by Autokey, with parameters that only it can read': p15ByAutokey,
    'a noonmark follows by Autokey': noonmarkByAutokey,
    'chronyd follows by a key of its own': () =>
      byKey('chrony', 22, (host, lines) => new Chronyd({ host, files, lines })),
    'ntpd 4.2.8p15 follows by a key of its own': () => byKey('ntpd-4.2.8p15', 23, ntpd('ntpd')),
    "ntpsec's ntpd follows by a key of its own": () => byKey('ntpsec', 24, ntpd('ntpsec')),
  };
  // They mostly wait, and do it together.
  for (const [name, run] of Object.entries(CASES))
    test(name, async () => {
      await running.get(run);
    });
  test.run();
}
