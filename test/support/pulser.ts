/**
 * A program: presses the guest's power button, which is its pulse input, at each second of a time scale of its own, and
 * prints one line for each with how late it was itself and how long a thread of QEMU waited for a processor. A second in
 * which this machine was late says nothing about what runs in the guest; one that is known to be late in time has no pulse.
 * Arguments: QMP socket, QEMU's process id, time of second 0 (CLOCK_MONOTONIC, ns), length of a second (ns).
 * Ends with its standard input.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Qmp } from './qmp.js';

export interface PulseRecord {
  /** which second of the scale */
  readonly second: number;
  /** or left out, because it would have been late */
  readonly isSent: boolean;
  /** when the command went out after it was due, or would have, ns */
  readonly lateNs: number;
  /** until QEMU had answered, ns */
  readonly answerNs: number;
  /** the longest that a thread of QEMU was ready to run and got no processor, from before the pulse to 20 ms after, ns */
  readonly waitedNs: number;
}

/** Later than this, a pulse is left out, ns. */
const LATE_NS = 300_000;

const SPIN_NS = 2_000_000n;
const AFTER_MS = 20;

/** Time that each thread has waited for a processor, ns (Linux: Documentation/scheduler/sched-stats.rst). */
function waits(processId: number): ReadonlyMap<string, number> {
  const folder = `/proc/${processId}/task`;
  const found = new Map<string, number>();
  for (const task of readdirSync(folder)) {
    try {
      found.set(task, Number(readFileSync(`${folder}/${task}/schedstat`, 'latin1').split(' ')[1]));
    } catch {
      // A thread that has just ended waits no more.
    }
  }
  return found;
}

function longestWait(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  let longest = 0;
  for (const [task, ns] of after) longest = Math.max(longest, ns - (before.get(task) ?? ns));
  return longest;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function run(socket: string, processId: number, originNs: bigint, secondNs: bigint): Promise<void> {
  const qmp = await Qmp.connect(socket);
  const now = () => process.hrtime.bigint();
  let second = (now() - originNs) / secondNs + 1n;
  for (;;) {
    const due = originNs + second * secondNs;
    const rest = due - SPIN_NS - now();
    if (rest > 0n) await pause(Number(rest) / 1e6);
    const before = waits(processId);
    while (now() < due);
    const sent = now();
    const lateNs = Number(sent - due);
    // A pulse that is known to be wrong is none: a receiver leaves it out too, and what waits for it can bear that.
    const isSent = lateNs <= LATE_NS;
    if (isSent) await qmp.command('system_powerdown');
    const answered = now();
    await pause(AFTER_MS);
    const record: PulseRecord = {
      second: Number(second),
      isSent,
      lateNs,
      answerNs: Number(answered - sent),
      waitedNs: longestWait(before, waits(processId)),
    };
    process.stdout.write(`${JSON.stringify(record)}\n`);
    second = (now() - originNs) / secondNs + 1n;
  }
}

const [socket, processId, originNs, secondNs] = process.argv.slice(2);
if (socket === undefined || originNs === undefined || secondNs === undefined)
  throw new Error('see the head of this file');
process.stdin.on('close', () => process.exit(0));
process.stdin.resume();
await run(socket, Number(processId), BigInt(originNs), BigInt(secondNs));
