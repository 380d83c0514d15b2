/**
 * Clients of the card, with what its own `client-config` prints and nothing else: ntpd 4.2.8p15 and a noonmark by Autokey
 * (IFF), chronyd by AES-CMAC.
 */
import { ClientMachine } from '../support/client-pieces.js';
import type { Host } from '../support/namespace.js';
import type { Files } from '../support/peers.js';
import { type AutokeyDaemon, type AutokeyView, viewOf } from '../support/peers-autokey.js';
import { isComplete, isFollowed } from '../support/peers-autokey-matrix.js';
import { Chronyd } from '../support/peers-chrony.js';
import type { Reading } from '../support/peers-client.js';
import { Noonmarkd } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import { startInTurn } from '../support/start-gate.js';
import type { CardMachine } from './machine.js';
import { CARD_ADDRESS } from './scene.js';
import { soon } from './steps.js';

/** What the card prints for each of them. */
export interface Material {
  readonly p15: string;
  readonly noonmark: string;
  readonly chrony: string;
}

export async function fetchMaterial(machine: CardMachine): Promise<Material> {
  const ask = (words: string) =>
    machine.ask(`noonmark client-config --address ${CARD_ADDRESS} ${words} 2>/dev/null`, 120);
  // A key of its own, as each client should have.
  const [p15, noonmark, chrony] = await Promise.all([
    ask('first --for ntpd-4.2.8p15'),
    ask('second --for noonmark'),
    ask('third --for chrony --key 22'),
  ]);
  return { p15, noonmark, chrony };
}

/** One of the two that speak Autokey, started; as client-config tells it. */
export async function startAutokeyClient(
  side: 'p15' | 'noonmark',
  host: Host,
  files: Files,
  material: Material,
): Promise<AutokeyDaemon> {
  const client = new ClientMachine(files, side, material[side]);
  client.type();
  const lines = client.lines("in the client's ntp.conf");
  const { program } =
    side === 'p15'
      ? new Ntpd({ kind: 'ntpd', host, files, ownClock: false, lines })
      : await startInTurn(
          () => new Noonmarkd(host, files, ['board generic', 'clock none', ...lines]),
          /socket-open/,
        );
  return { side, host, program };
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

export function startChronyd(host: Host, files: Files, { chrony }: Material): Chronyd {
  const client = new ClientMachine(files, 'chrony', chrony);
  return new Chronyd({ host, files, lines: client.installKey() });
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
