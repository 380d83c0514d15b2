/**
 * Clients of the card, with what its own `client-config` and `keygen group export` give and nothing else: ntpd 4.2.8p15 and
 * a noonmark by Autokey (IFF), chronyd by AES-CMAC.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noonmarkKeygen, referenceKeygen } from '../support/keygen.js';
import type { Host } from '../support/namespace.js';
import type { Files } from '../support/peers.js';
import { type AutokeyDaemon, type AutokeyView, startAutokey, viewOf } from '../support/peers-autokey.js';
import { PASSWORD } from '../support/peers-autokey-keys.js';
import { isComplete, isFollowed } from '../support/peers-autokey-matrix.js';
import { Chronyd } from '../support/peers-chrony.js';
import type { Reading } from '../support/peers-client.js';
import type { TestKey } from '../support/peers-keys.js';
import type { CardMachine } from './machine.js';
import { CARD_ADDRESS } from './scene.js';
import { soon } from './steps.js';

const GROUP = 'noonmark';
const KEYS = '/etc/noonmark/keys';

/** What a person takes from the card: the group's parameters, and the line of a symmetric key. */
interface Material {
  readonly parameters: string;
  readonly key: TestKey;
}

export async function fetchMaterial(machine: CardMachine): Promise<Material> {
  const password = `$(sed -n "s/^crypto pw \\([^ ]*\\) .*/\\1/p" /etc/noonmark/authentication.conf)`;
  const [parameters, text] = await Promise.all([
    machine.ask(`noonmark keygen group export ${GROUP} -d ${KEYS} -s noonmark -p ${password}`, 120),
    machine.ask('noonmark client-config --for chrony', 120),
  ]);
  const [, id, hex] = /^ {2}(\d+) AES128 HEX:([0-9a-f]{32})$/m.exec(text) ?? [];
  if (id === undefined || hex === undefined) throw new Error(`client-config has no key:\n${text}`);
  return { parameters: `${parameters}\n`, key: { id: Number(id), algorithm: 'AES-128-CMAC', hex } };
}

/** One of the two that speak Autokey, started; as client-config tells it. */
export async function startAutokeyClient(
  side: 'p15' | 'noonmark',
  host: Host,
  files: Files,
  { parameters }: Material,
): Promise<AutokeyDaemon> {
  // A group has each name once, and 'noonmark' is the card.
  const name = side === 'p15' ? 'first' : 'second';
  const folder = files.path(`keys-${name}`);
  mkdirSync(folder, { recursive: true });
  if (side === 'p15') {
    referenceKeygen(
      folder,
      ...['-H', '-m', '2048', '-c', 'RSA-SHA256', '-i', GROUP, '-p', PASSWORD, '-s', name],
    );
    writeFileSync(join(folder, `ntpkey_iffpar_${GROUP}`), parameters);
  } else {
    const file = files.write(`${GROUP}.par`, parameters);
    await noonmarkKeygen(folder, 'group', 'join', file, '-p', PASSWORD, '-s', name);
  }
  return startAutokey({
    ...{ side, host, files, name, keysDirectory: folder, ident: GROUP, ownClock: false },
    lines: [`server ${CARD_ADDRESS} autokey iburst minpoll 3 maxpoll 3 ident ${GROUP}`],
  });
}

/** Waits for a whole dance, and that the client follows the card. */
export function followed(client: AutokeyDaemon, seconds: number): Promise<AutokeyView> {
  let last: AutokeyView | undefined;
  return soon(
    `${client.side} follows the card by Autokey`,
    seconds,
    async () => {
      last = await viewOf(client, CARD_ADDRESS);
      return isComplete(last?.flags) && isFollowed(last) ? last : undefined;
    },
    () => `${JSON.stringify(last)}\n${client.program.report()}`,
  );
}

export function startChronyd(host: Host, files: Files, { key }: Material): Chronyd {
  return new Chronyd({ host, files, poll: 3, upstreams: [{ address: CARD_ADDRESS, key }] });
}

export function selected(client: Chronyd, seconds: number): Promise<Reading> {
  let last: Reading | undefined;
  return soon(
    'chronyd follows the card by its key',
    seconds,
    async () => {
      last = await client.read();
      return last.selected && last.authentication === 'ok' ? last : undefined;
    },
    () => `${last?.text}\n${client.program.report()}`,
  );
}
