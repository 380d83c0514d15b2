/**
 * chronyd 4 in a lab: it measures and never sets a clock (-x); asked through chronyc and its Unix socket.
 * Sources: chrony.conf(5), chronyc(1).
 */
import { readFileSync } from 'node:fs';
import { Program, run } from './peers.js';
import { type Client, type PeerOptions, peerPath, type Reading, unique } from './peers-client.js';
import { keysFile } from './peers-keys.js';

export interface ChronyOptions extends PeerOptions {
  /** log2 s between its requests, default 0 */
  readonly poll?: number;
}

export class Chronyd implements Client {
  readonly program: Program;
  readonly #socket: string;
  readonly #logs: string;

  constructor({ host, files, upstreams = [], keys = [], lines = [], poll = 0 }: ChronyOptions) {
    const name = unique('chronyd');
    this.#socket = files.path(`${name}.sock`);
    this.#logs = files.path(`${name}.logs`);
    const all = [...keys, ...upstreams.flatMap(({ key }) => key ?? [])];
    const config = files.write(
      `${name}.conf`,
      [
        ...upstreams.map(
          ({ kind = 'server', address, key }) =>
            `${kind} ${address}${kind === 'server' ? ' iburst' : ''} minpoll ${poll} maxpoll ${poll}${key === undefined ? '' : ` key ${key.id}`}`,
        ),
        ...(upstreams.every(({ kind }) => kind !== 'peer') && upstreams.length > 0
          ? ['port 0']
          : ['allow all']),
        ...(upstreams.length === 0 ? ['local stratum 1'] : []),
        ...(all.length === 0 ? [] : [`keyfile ${files.write(`${name}.keys`, keysFile('chrony', all))}`]),
        'cmdport 0',
        `bindcmdaddress ${this.#socket}`,
        `pidfile ${files.path(`${name}.pid`)}`,
        `logdir ${this.#logs}`,
        'log measurements',
        ...lines,
        '',
      ].join('\n'),
    );
    this.program = new Program({
      name,
      host,
      command: [peerPath('chrony/usr/sbin/chronyd'), '-d', '-x', '-u', 'root', '-f', config],
    });
  }

  /** What chronyc prints for one command. */
  ask(...command: readonly string[]): Promise<string> {
    return run(this.program.host, [peerPath('chrony/usr/bin/chronyc'), '-h', this.#socket, '-n', ...command]);
  }

  /**
   * How far the source it follows is ahead of this machine's clock, seconds; undefined: it follows none. What it says of
   * sources and measurements is reckoned from its own idea of the time, which with -x only it has.
   */
  async trackedOffset(): Promise<number | undefined> {
    // reference ID, its name, stratum, time of reference, correction (positive: the machine's clock is slow)
    const [id = '', , , , correction = ''] = (await this.ask('-c', 'tracking')).split(',');
    return /^[0-9A-F]{8}$/.test(id) && id !== '00000000' ? Number(correction) : undefined;
  }

  async read(): Promise<Reading> {
    const sources = await this.ask('-c', 'sources');
    const data = await this.ask('ntpdata');
    // mode, state, name, stratum, poll, reach (octal), …
    const fields = sources.trim().split(',');
    const selected = fields[1] === '*';
    const count = (label: string) => Number(new RegExp(`^${label}\\s*: (\\d+)`, 'm').exec(data)?.[1] ?? 0);
    const isAuthentic = !/^Authenticated\s*: No/m.test(data);
    // It says No both of no key and of wrong answers; the latter it counts as received and not as valid.
    const isRefused = count('Total RX') > 0 && count('Total valid RX') === 0;
    return {
      selected,
      reachable: Number.parseInt(fields[5] ?? '0', 8) !== 0,
      offsetSeconds: selected ? await this.trackedOffset() : undefined,
      authentication: isAuthentic ? 'ok' : isRefused ? 'bad' : 'none',
      text: `${sources}${data}`,
    };
  }

  /** Every measurement so far, seconds from its own idea of the time (measurements.log): their scatter. */
  residuals(): readonly number[] {
    try {
      return (
        readFileSync(`${this.#logs}/measurements.log`, 'utf8')
          .split('\n')
          // date, time, address, leap, stratum, three groups of tests, local poll, remote poll, score, offset
          .filter((line) => /^\d{4}-/.test(line))
          .map((line) => Number(line.trim().split(/\s+/)[11]))
      );
    } catch {
      return [];
    }
  }
}
