/** What a host of the lab saw of a time server, half second by half second: looker.ts's lines, as they come. */
import { join } from 'node:path';
import type { Host } from '../support/namespace.js';
import { Program } from '../support/peers.js';
import { hostWasLate, type PulseRecord } from '../support/pulses.js';
import { projectRoot } from '../support/suite.js';
import type { TimeScale } from './time-scale.js';

export interface Look {
  readonly leap: number;
  readonly stratum: number;
  readonly refid: string;
  readonly rootDispersionSeconds: number;
  /** to the server and back, without what it took the server, s: the half of it is what this look may be wrong by */
  readonly delaySeconds: number;
  /** this machine's clock, Unix ns */
  readonly atNs: bigint;
  /** this machine's monotonic clock then, ns: nobody sets it */
  readonly monotonicNs: bigint;
  /** what the server's clock showed then, Unix ns */
  readonly servedNs: bigint;
}

export class Looks {
  readonly #program: Program;

  constructor(host: Host, address: string) {
    const script = join(projectRoot, 'dist', 'test', 'appliance', 'looker.js');
    this.#program = new Program({ name: 'looker', host, command: [process.execPath, script, address] });
  }

  /** All so far; undefined: no answer. */
  all(): readonly (Look | undefined)[] {
    const lines = this.#program.output().split('\n').slice(0, -1);
    return lines.flatMap((line) => (line.startsWith('{') || line === 'null' ? [lookOf(line)] : []));
  }

  last(): Look | undefined {
    return this.all().at(-1);
  }

  /** Those of the time after `fromNs` of this machine's clock that were answered. */
  since(fromNs: bigint): readonly Look[] {
    return this.all().flatMap((look) => (look !== undefined && look.atNs >= fromNs ? [look] : []));
  }
}

function lookOf(line: string): Look | undefined {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('at' in value) || !('offset' in value))
    return undefined;
  const { at, offset, monotonic, ...rest } = value as Omit<Look, 'atNs' | 'monotonicNs' | 'servedNs'> & {
    at: string;
    offset: string;
    monotonic: string;
  };
  const atNs = BigInt(at);
  return { ...rest, atNs, monotonicNs: BigInt(monotonic), servedNs: atNs + BigInt(offset) };
}

export const isSynchronised = (look: Look | undefined): look is Look =>
  look !== undefined && look.leap !== 3 && look.stratum === 1;

/** The server's clock minus the true time, s. */
export const errorOf = ({ monotonicNs, servedNs }: Look, scale: TimeScale): number =>
  Number(servedNs - scale.trueNs(monotonicNs)) / 1e9;

/** The quickest third of them: a look that waited somewhere is wrong by up to the half of it (RFC 5905 §10). */
export const quickest = (looks: readonly Look[]): readonly Look[] =>
  looks.toSorted((a, b) => a.delaySeconds - b.delaySeconds).slice(0, Math.ceil(looks.length / 3));

/** Those of seconds whose pulse is on record as made in time: of a second without a record nothing is known. Pure. */
export function inGoodSeconds(
  looks: readonly Look[],
  records: readonly PulseRecord[],
  scale: TimeScale,
): readonly Look[] {
  const good = new Set(records.filter((record) => !hostWasLate(record)).map(({ second }) => second));
  return looks.filter((look) => good.has(secondOf(look, scale)));
}

/** Which second of the scale it was. */
export const secondOf = ({ monotonicNs }: Look, scale: TimeScale): number =>
  Number(scale.trueNs(monotonicNs) / 1_000_000_000n) - scale.startUnixSecond;
