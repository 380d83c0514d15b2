/** The pulses of a guest, made by a process of their own (pulser.ts) that goes before all others where that is allowed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PulseRecord } from './pulser.js';
import { projectRoot } from './suite.js';

export type { PulseRecord };

/**
 * A second in which this machine was late. With real-time priority the waits are below 2.5 ms at a load of 7, and the
 * pulses within 0.2 ms; without it the waits are a time slice or two (3 ms each), and so is the lateness of the pulses.
 */
export const hostWasLate = ({ isSent, answerNs, waitedNs }: PulseRecord): boolean =>
  !isSent || answerNs > 3_000_000 || waitedNs > 3_000_000;

const isRecord = (value: unknown): value is PulseRecord =>
  typeof value === 'object' && value !== null && 'second' in value && 'waitedNs' in value;

/** Real-time priority, where this user may have it: nice does not help. */
const first = (priority: number): readonly string[] => {
  const chrt = ['chrt', '-r', String(priority)];
  return spawnSync('chrt', [...chrt.slice(1), 'true']).status === 0 ? chrt : [];
};

/** A time scale of its own over this machine's CLOCK_MONOTONIC. */
export interface PulseScale {
  /** when its second 0 was, ns */
  readonly originNs: bigint;
  /** length of its second, ns */
  readonly secondNs: bigint;
}

export const scaleFromNow = (secondNs: bigint): PulseScale => ({
  originNs: process.hrtime.bigint(),
  secondNs,
});

/** A machine whose power button is its pulse input. */
export interface Pulsed {
  readonly processId: number;
  readonly pulseSocket: string;
}

export class Pulses {
  readonly records: PulseRecord[] = [];
  readonly #child: ChildProcess;
  readonly #end = () => void this.#child.kill('SIGKILL');

  constructor(guest: Pulsed, scale: PulseScale, onPulse: (record: PulseRecord) => void = () => undefined) {
    const { originNs, secondNs } = scale;
    const program = join(projectRoot, 'dist', 'test', 'support', 'pulser.js');
    const numbers = [guest.processId, originNs, secondNs].map(String);
    const [command = '', ...rest] = [...first(6), process.execPath, program, guest.pulseSocket, ...numbers];
    this.#child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    process.on('exit', this.#end);
    if (this.#child.stdout === null) throw new Error('no pipe');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const record: unknown = JSON.parse(line);
      if (!isRecord(record)) return;
      this.records.push(record);
      onPulse(record);
    });
  }

  stop(): void {
    process.off('exit', this.#end);
    this.#end();
  }
}
