/**
 * What is around a card under test: a LAN with DHCP, hosts for clients, a witness that asks it for the time, and the sky.
 * Owns the lab and all that runs in it, and what is left behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCard } from '../support/card.js';
import { type Host, Lab } from '../support/namespace.js';
import { Files, Program, stopAll } from '../support/peers.js';
import { Looks } from './looks.js';
import { CardMachine, type CardMachineOptions, cardConfigurationOf } from './machine.js';

/** QEMU's own choice for a first card, and one that Linux calls eth0 on USB as well: no locally administered one. */
export const HARDWARE_ADDRESSES = ['52:54:00:12:34:56', '40:54:00:12:34:56'] as const;
/** What DHCP gives the card. */
export const CARD_ADDRESS = '10.9.7.1';

/**
 * noonmark.conf as a person edits it for this scene: on a Raspberry Pi udev's rule gives the receiver's line its name; the
 * witness asks twice a second.
 */
export const configurationFor = (card: TestCard, witness: Host): string =>
  cardConfigurationOf(card)
    .replace('device /dev/gps0', 'device /dev/ttyS0')
    .replace(/^restrict 127\.0\.0\.1$/m, `restrict ${witness.ipv4} nomodify noquery\n$&`);

export class Scene {
  readonly lab: Lab;
  readonly files = new Files();
  /** with what is as large as a disk */
  readonly folder = mkdtempSync(join(tmpdir(), 'noonmark-appliance-'));
  readonly disk = join(this.folder, 'card.img');
  readonly lan: Host;
  readonly looks: Looks;
  readonly tap: ReturnType<Lab['tap']>;
  readonly #atExit = () => rmSync(this.folder, { recursive: true, force: true });
  machine: CardMachine | undefined;

  /** `label`: tells several scenes of one test apart. */
  constructor(label = '') {
    this.lab = new Lab(label);
    this.lan = this.lab.host('lan');
    this.tap = this.lab.tap();
    process.on('exit', this.#atExit);
    new Program({
      ...{ name: 'dnsmasq', host: this.lan },
      command: [
        ...['dnsmasq', '--no-daemon', '--port=0', '--interface=eth0', '--bind-interfaces', '--user=root'],
        ...[`--dhcp-range=${CARD_ADDRESS},static,255.255.0.0`, '--dhcp-authoritative', '--no-ping'],
        ...[`--dhcp-host=${HARDWARE_ADDRESSES.join(',')},${CARD_ADDRESS}`, '--conf-file=/dev/null'],
        `--dhcp-leasefile=${this.files.path('leases')}`,
      ],
    });
    this.looks = new Looks(this.lan, CARD_ADDRESS);
  }

  /** Power for the card in `disk`. */
  power(
    card: TestCard,
    more: Pick<CardMachineOptions, 'processors' | 'options' | 'writeLog'> = {},
  ): CardMachine {
    this.machine = new CardMachine({ card, disk: this.disk, tap: this.tap, ...more });
    return this.machine;
  }

  async close(): Promise<void> {
    await this.machine?.powerCut();
    await stopAll();
    this.files.close();
    this.lab.close();
    process.off('exit', this.#atExit);
    this.#atExit();
  }
}
