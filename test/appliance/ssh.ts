/** Commands on a card by SSH, with the key that it was made with, from a host of its LAN. */
import type { Host } from '../support/namespace.js';
import { type Files, run } from '../support/peers.js';
import { CARD_ADDRESS } from './scene.js';

export class Ssh {
  /** of the host keys seen */
  readonly knownHosts: string;
  readonly #host: Host;
  readonly #command: readonly string[];

  /** `key`: file of the private half. */
  constructor(host: Host, files: Files, key: string | undefined) {
    if (key === undefined) throw new Error('nobody has the private half of this card’s key');
    this.knownHosts = files.path('known-hosts');
    this.#host = host;
    const options = [
      ...['StrictHostKeyChecking=accept-new', `UserKnownHostsFile=${this.knownHosts}`, 'BatchMode=yes'],
      // An emulated machine takes its time; one connection is for all commands.
      ...['ConnectTimeout=60', 'LogLevel=ERROR', 'ControlMaster=auto', 'ControlPersist=600'],
      `ControlPath=${files.path('ssh')}`,
    ];
    this.#command = [
      'ssh',
      '-i',
      key,
      ...options.flatMap((option) => ['-o', option]),
      `root@${CARD_ADDRESS}`,
    ];
  }

  /** What it prints, with "[exit N]" at the end when that is not 0. */
  run(command: string, timeoutSeconds = 120): Promise<string> {
    return run(this.#host, [...this.#command, command], { timeoutSeconds });
  }

  /** Ends the connection. Never rejects. */
  async close(): Promise<void> {
    await run(this.#host, [...this.#command, '-O', 'exit']);
  }
}
