/**
 * In the guest, beside the daemon: at each pulse, what the kernel's clock showed and how it is steered; and every tenth
 * time what an NTP client gets. Only reads. Runs until it is ended.
 */
import { readOnlyKernelClock } from '../../../drivers/linux/clock.js';
import { LinuxNetwork } from '../../../drivers/linux/network.js';
import { KernelPulse } from '../../../drivers/pps/kernel.js';
import { FREQUENCY_UNIT, NOMINAL_TICK_US, TICK_FREQUENCY } from '../../../src/clock/kernel-clock.js';
import { pause, phaseOf, tell } from './claims.js';

/** What the kernel's clock was like at one pulse. */
export interface Look {
  readonly sequence: number;
  /** clock minus pulse, s, in (-0.5, 0.5] */
  readonly phase: number;
  /** correction in force, fractional */
  readonly frequency: number;
  readonly status: number;
  readonly maxErrorUs: number;
}

/** What an NTP client on the loopback was answered. */
export interface Answer {
  readonly leap: number;
  readonly stratum: number;
  readonly refid: string;
}

const kernel = readOnlyKernelClock();
const network = new LinuxNetwork({});

async function ask(): Promise<Answer | undefined> {
  const socket = network.connect('127.0.0.1', 123);
  const request = new Uint8Array(48);
  request[0] = 0x23;
  socket.send(request);
  await pause(100);
  const bytes = socket.receive()?.bytes;
  socket.close();
  if (bytes === undefined || bytes.length < 48) return undefined;
  const [first = 0, stratum = 0] = bytes;
  const refid = String.fromCharCode(...bytes.subarray(12, 16)).replace(/\0+$/, '');
  return { leap: first >> 6, stratum, refid };
}

const pulse = new KernelPulse({ path: '/dev/pps0' });
pulse.open();
for (let count = 1; ; await pause(50)) {
  const edge = pulse.poll().at(-1);
  if (edge === undefined) continue;
  const { tickUs, scaledFrequency, status, maxErrorUs } = kernel.read();
  const look: Look = {
    sequence: edge.sequence,
    phase: phaseOf(edge.assertNs),
    frequency: (tickUs - NOMINAL_TICK_US) * TICK_FREQUENCY + scaledFrequency * FREQUENCY_UNIT,
    status,
    maxErrorUs,
  };
  tell('look', look);
  count += 1;
  const answer = count % 10 === 0 ? await ask() : undefined;
  if (answer !== undefined) tell('answer', answer);
}
