/**
 * In the guest: sets the clock, which is right to a fraction of a second, wrong by so many seconds (first argument)
 * against the pulses, and its frequency to 0.
 */
import { steeringKernelClock } from '../../../drivers/linux/clock.js';
import { KernelPulse } from '../../../drivers/pps/kernel.js';
import { LinuxClock } from '../../../src/clock/linux.js';
import { pause, phaseOf, tell } from './claims.js';

const PULSES = 4;
const wanted = Number(process.argv[2]);
const clock = new LinuxClock(steeringKernelClock());
const pulse = new KernelPulse({ path: '/dev/pps0' });
pulse.open();

/** Clock minus pulse, s: the least of some, because a pulse may come late here and never early. */
async function phase(): Promise<number> {
  const phases: number[] = [];
  while (phases.length < PULSES) {
    for (const { assertNs } of pulse.poll()) phases.push(phaseOf(assertNs));
    await pause(50);
  }
  return Math.min(...phases);
}

clock.setFrequency(0);
clock.setStatus({
  synchronised: false,
  leap: 0,
  maxErrorSeconds: 16,
  estimatedErrorSeconds: 16,
  taiOffsetSeconds: 0,
});
clock.step(wanted - (await phase()));
await pause(200);
pulse.poll();
tell('wrong', { seconds: await phase() });
