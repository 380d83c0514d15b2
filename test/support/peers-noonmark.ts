/**
 * noonmarkd in a host of a lab: as a server on the simulated board (its truth is this machine's clock), and as a client
 * with `clock none`; and what its --watch lines and log say.
 */
import { join } from 'node:path';
import type { Host } from './namespace.js';
import { type Files, Program, run, until } from './peers.js';
import { keysFile, type TestKey } from './peers-keys.js';
import { type NtpqKind, type NtpqPeer, ntpq, parseNtpq } from './peers-ntpq.js';
import { projectRoot } from './suite.js';

export interface WatchState {
  readonly stratum: number;
  readonly phase: string;
  readonly offsetSeconds: number;
  readonly line: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, µs: 1e-6, ns: 1e-9 };

/** The --watch lines that tell a stratum, oldest first. Pure. */
export const statesOf = (output: string): readonly WatchState[] =>
  [...output.matchAll(/^\S+ {2}stratum (\d+) \S+ {2}(\S+) {2}offset (-?[\d.]+) (\S+) {2}.*$/gm)].map(
    ([line, stratum, phase = '', offset, unit = '']) => ({
      stratum: Number(stratum),
      phase,
      offsetSeconds: Number(offset) * (UNITS[unit] ?? Number.NaN),
      line,
    }),
  );

let serial = 0;

export class Noonmarkd {
  readonly program: Program;

  constructor(host: Host, files: Files, lines: readonly string[], keys: readonly TestKey[] = []) {
    serial += 1;
    const name = `noonmarkd-${serial}`;
    const config = files.write(
      `${name}.conf`,
      [
        'port 123',
        `statedir ${files.path(name)}`,
        ...(keys.length === 0
          ? []
          : [
              `keys ${files.write(`${name}.keys`, keysFile('ntpd', keys))}`,
              `trustedkey ${keys.map(({ id }) => id).join(' ')}`,
            ]),
        ...lines,
        '',
      ].join('\n'),
    );
    this.program = new Program({
      name,
      host,
      command: [process.execPath, join(projectRoot, 'dist/src/daemon/main.js'), '-c', config, '--watch'],
      env: { NOONMARK_CLOCK_READ_ONLY: '1' },
    });
  }

  /** What it said each second since it serves. */
  states(): readonly WatchState[] {
    return statesOf(this.program.output());
  }

  state(): WatchState | undefined {
    return this.states().at(-1);
  }

  /** Its sources, as an ntpq shows them. */
  async peers(kind: NtpqKind = 'ntpd'): Promise<readonly NtpqPeer[]> {
    return parseNtpq(await this.ask(kind, 'peers', 'associations'));
  }

  ask(kind: NtpqKind, ...commands: readonly string[]): Promise<string> {
    return ntpq(kind, this.program.host, ...commands);
  }

  /** Waits until it says that it serves this stratum. */
  serving(seconds: number, stratum: number): Promise<WatchState> {
    return until(
      { what: `${this.program.name} serves stratum ${stratum}`, seconds, programs: [this.program] },
      () => {
        const state = this.state();
        return state?.stratum === stratum ? state : undefined;
      },
    );
  }

  /** Waits until it is locked and its own view of its offset is below `withinSeconds`. */
  locked(seconds: number, withinSeconds: number): Promise<WatchState> {
    return until({ what: `${this.program.name} locks`, seconds, programs: [this.program] }, () => {
      const state = this.state();
      return state?.phase === 'locked' && Math.abs(state.offsetSeconds) < withinSeconds ? state : undefined;
    });
  }
}

/** The simulated board: stratum 1 in some ten seconds. */
export const SIMULATED: readonly string[] = [
  'board simulated',
  'clock simulated',
  'refclock gps device simulated baud 38400',
  'refclock pps device simulated',
];

/** `clock none`: it measures and never sets. */
export const MEASURES_ONLY: readonly string[] = ['board generic', 'clock none'];

/** A `server` line. */
export const serverLine = (address: string, key?: TestKey): string =>
  `server ${address} iburst minpoll 3 maxpoll 3${key === undefined ? '' : ` key ${key.id}`}`;

/** One packet from a host, by peers-probe.ts; the answer's bytes, or undefined if none came in time. */
export async function probe(host: Host, address: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const script = join(projectRoot, 'dist/test/support/peers-probe.js');
  const printed = await run(host, [process.execPath, script, address, Buffer.from(bytes).toString('hex')]);
  const hex = /^answer ([0-9a-f]*)$/m.exec(printed)?.[1];
  if (hex !== undefined) return new Uint8Array(Buffer.from(hex, 'hex'));
  if (/^no answer$/m.test(printed)) return undefined;
  throw new Error(`the probe failed: ${printed}`);
}
