/**
 * A small network for tests, out of network namespaces: hosts on one switch, each with an IPv4 and an IPv6 address.
 * Owns the namespaces and their end, also after a failure or a killed test; what runs in them is peers.ts's.
 * Needs root.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names are PREFIX, the process id of the test, '-' and the rest: what a killed test left is known by its id. */
const PREFIX = 'noonmark-';
/** `ip netns exec` binds the files of /etc/netns/NAME over those of /etc, for the program it starts only. */
const ETC = '/etc/netns';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface Host {
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** One more IPv4 address of its own. Daemons that look at the addresses once want it before they start. */
  alias(): string;
  /** Puts a file in place of /etc/NAME for whatever is started in this host from now on. /etc/NAME must exist. */
  etc(name: string, text: string): void;
}

const ip = (args: readonly string[]): string =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Commands for one `ip -batch`. */
function batch(namespace: string, commands: readonly string[]): void {
  execFileSync('ip', ['-n', namespace, '-batch', '-'], {
    input: `${commands.join('\n')}\n`,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

function removeNamespace(name: string): void {
  rmSync(join(ETC, name), { recursive: true, force: true });
  try {
    ip(['netns', 'delete', name]);
  } catch {
    // Gone already.
  }
}

/** Ends what still runs in a namespace of ours; without that it would live on, and the namespace with it. */
function endPrograms(name: string): void {
  for (const word of ip(['netns', 'pids', name]).split('\n')) {
    const pid = Number(word);
    if (pid > 1) process.kill(pid, 'SIGKILL');
  }
}

/** What tests that were killed left behind. */
function sweep(): void {
  for (const line of ip(['netns', 'list']).split('\n')) {
    const name = line.split(' ', 1)[0] ?? '';
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      endPrograms(name);
    } catch {
      // Another test sweeps, too.
    }
    removeNamespace(name);
  }
}

export class Lab {
  readonly #namespaces: string[] = [];
  readonly #switch: string;
  #hosts = 0;
  #aliases = 0;
  #taps = 0;
  readonly #atExit = () => this.close();
  /** Without a handler a signal would end the process and leave everything behind. */
  readonly #atSignal = () => process.exit(1);

  /** `label`: tells several labs of one test apart; they share no wire, and each begins with 10.9.0.1. */
  constructor(private readonly label = '') {
    sweep();
    process.on('exit', this.#atExit);
    for (const signal of SIGNALS) process.on(signal, this.#atSignal);
    this.#switch = this.#namespace('switch');
    batch(this.#switch, ['link add switch type bridge', 'link set switch up']);
  }

  #namespace(label: string): string {
    const name = `${PREFIX}${process.pid}-${this.label}${label}`;
    ip(['netns', 'add', name]);
    this.#namespaces.push(name);
    return name;
  }

  /**
   * The n-th host made has 10.9.0.n/16 and fd09::n/64; aliases are 10.9.1.1 and so on. Broadcasts go to 10.9.255.255, and
   * multicasts leave by the same wire.
   */
  host(label: string): Host {
    this.#hosts += 1;
    const n = this.#hosts;
    const namespace = this.#namespace(label);
    const ipv4 = `10.9.0.${n}`;
    const ipv6 = `fd09::${n.toString(16)}`;
    batch(this.#switch, [
      `link add port${n} type veth peer name eth0 netns ${namespace}`,
      `link set port${n} master switch up`,
    ]);
    // No duplicate address detection: the addresses are to be of use at once.
    batch(namespace, [
      'link set lo up',
      'link set eth0 up',
      `address add ${ipv4}/16 broadcast + dev eth0`,
      'route add 224.0.0.0/4 dev eth0',
      `address add ${ipv6}/64 dev eth0 nodad`,
    ]);
    return {
      namespace,
      ipv4,
      ipv6,
      alias: () => {
        this.#aliases += 1;
        const address = `10.9.1.${this.#aliases}`;
        batch(namespace, [`address add ${address}/16 dev eth0`]);
        return address;
      },
      etc(name, text) {
        const folder = join(ETC, namespace);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, name), text);
      },
    };
  }

  /** A place on the switch for an emulated machine: QEMU, started in that namespace, may take the tap device. */
  tap(): { readonly namespace: string; readonly device: string } {
    this.#taps += 1;
    const device = `tap${this.#taps}`;
    batch(this.#switch, [
      `tuntap add dev ${device} mode tap`,
      `link set ${device} master switch`,
      `link set ${device} up`,
    ]);
    return { namespace: this.#switch, device };
  }

  /** Deletes everything; what still runs in a namespace keeps it alive, so end that first. */
  close(): void {
    process.off('exit', this.#atExit);
    for (const signal of SIGNALS) process.off(signal, this.#atSignal);
    for (const name of this.#namespaces.splice(0)) removeNamespace(name);
    try {
      if (readdirSync(ETC).length === 0) rmSync(ETC, { recursive: true });
    } catch {
      // It was never made.
    }
  }
}
