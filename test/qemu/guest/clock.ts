/**
 * In the guest: LinuxClock through the real clock_adjtime on a clock that may be set. What it writes is read back from
 * the kernel, and measured against CLOCK_MONOTONIC_RAW, which no adjustment touches.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { steeringKernelClock, TimespecReader } from '../../../drivers/linux/clock.js';
import { STA } from '../../../src/clock/kernel-clock.js';
import { LinuxClock } from '../../../src/clock/linux.js';
import type { ClockStatus } from '../../../src/ports/clock.js';
import { claim, end, pause } from './claims.js';

const CLOCK_MONOTONIC_RAW = 4;
const TOLERANCE = 50e-6;
const raw = new TimespecReader(CLOCK_MONOTONIC_RAW);
const kernel = steeringKernelClock();
const clock = new LinuxClock(kernel);
const good: ClockStatus = {
  synchronised: true,
  leap: 0,
  maxErrorSeconds: 0.002,
  estimatedErrorSeconds: 0.001,
  taiOffsetSeconds: 37,
};
/** Busybox, a program of somebody else: `adjtimex` and `date` set the clock behind our back. */
const other = (...args: string[]) => execFileSync('/bin/busybox', args, { encoding: 'utf8' });

/** Served time minus raw time, ns: the tightest of some readings (emulation is held up now and then). */
function apart(): number {
  let best = { width: Number.POSITIVE_INFINITY, value: 0n };
  for (let i = 0; i < 50; i += 1) {
    const before = raw.readNs();
    const served = clock.now();
    const after = raw.readNs();
    const width = Number(after - before);
    if (width < best.width) best = { width, value: served - (before + after) / 2n };
  }
  return Number(best.value - origin);
}
const origin = clock.now() - raw.readNs();

/**
 * How fast the served clock runs beside the raw one, fractional: what is nearest to `wanted` of four seconds. The kernel
 * works a change in at its next tick, which an emulated processor that is held up has late.
 */
async function measuredFrequency(wanted: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 4 && Math.abs(best - wanted) > TOLERANCE; turn += 1) {
    const [from, start] = [apart(), raw.readNs()];
    await pause(1000);
    const measured = (apart() - from) / Number(raw.readNs() - start);
    if (Math.abs(measured - wanted) < Math.abs(best - wanted)) best = measured;
  }
  return best;
}
const near = (actual: number, expected: number, within: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, not ${expected} (± ${within})`);

await claim('taking over ends an adjtime() that another program began', async () => {
  other('adjtimex', '-q', '-o', '500000');
  clock.takeOver();
  const frequency = await measuredFrequency(clock.frequency);
  const timex = kernel.read();
  assert.equal(timex.phaseNs, 0);
  // adjtime() would have slewed by 500 ppm.
  near(frequency, clock.frequency, TOLERANCE, 'frequency');
  return { slewPpm: frequency * 1e6 };
});

for (const wanted of [12.5e-6, -200e-6, 499.9e-6, 0]) {
  await claim(
    `a frequency of ${wanted * 1e6} ppm is in force in the kernel, rounded to its unit`,
    async () => {
      const real = clock.setFrequency(wanted);
      near(real, wanted, clock.frequencyResolution / 2, 'answered');
      const timex = kernel.read();
      assert.equal(timex.scaledFrequency, Math.round(wanted * 1e6 * 65536));
      assert.equal(timex.tickUs, 10_000);
      const readback = clock.readback();
      assert.equal(readback.frequency, real);
      assert.equal(readback.foreignHand, false);
      if (Math.abs(wanted) < 100e-6) return {};
      const measured = await measuredFrequency(clock.frequency);
      near(measured, wanted, TOLERANCE, 'measured');
      return { measuredPpm: measured * 1e6 };
    },
  );
}

for (const wanted of [3333e-6, -0.0123456]) {
  await claim(`a frequency of ${wanted * 1e6} ppm is reached by the length of the tick`, async () => {
    const real = clock.setFrequency(wanted);
    near(real, wanted, clock.frequencyResolution, 'answered');
    const timex = kernel.read();
    assert.equal(timex.tickUs, 10_000 + Math.round(wanted * 1e4));
    near((timex.tickUs - 10_000) * 1e-4 + timex.scaledFrequency * 2 ** -16 * 1e-6, wanted, 2e-11, 'kernel');
    const measured = await measuredFrequency(clock.frequency);
    near(measured, wanted, TOLERANCE, 'measured');
    assert.equal(clock.readback().foreignHand, false);
    return { measuredPpm: measured * 1e6 };
  });
}
clock.setFrequency(0);

await claim('the kernel itself forgets status and error at ADJ_SETOFFSET', () => {
  clock.setStatus({ ...good, leap: 1 });
  const before = kernel.read();
  assert.equal(before.status & (STA.unsync | STA.insert), STA.insert);
  const after = kernel.adjust({ stepNs: 1_000_000n });
  assert.equal(after.status & STA.unsync, STA.unsync, 'it says unsynchronised');
  near(after.maxErrorUs, 16_000_000, 1000, 'maximum error');
  assert.equal(clock.readback().foreignHand, true, 'and that step was not the clock’s own');
  clock.setStatus(good);
  clock.readback();
});

for (const seconds of [0.25, -0.25, 3600.5, -86_400.125]) {
  await claim(
    `a step of ${seconds} s is made, and status, error, TAI and armed leap stand again`,
    async () => {
      clock.setStatus({ ...good, leap: 1 });
      const before = apart();
      clock.step(seconds);
      near((apart() - before) / 1e9, seconds, 100e-6, 'step');
      const timex = kernel.read();
      assert.equal(timex.status & (STA.unsync | STA.insert | STA.delete), STA.insert);
      assert.equal(timex.taiOffsetSeconds, 37);
      assert.ok(timex.maxErrorUs < 10_000, `maximum error ${timex.maxErrorUs} us`);
      const readback = clock.readback();
      assert.equal(readback.leap, 1);
      assert.equal(readback.synchronised, true);
      assert.equal(readback.foreignHand, false);
      // The kernel looks at its flags when a second is over.
      await pause(1100);
      assert.equal(kernel.read().state, 1, 'the kernel is waiting for the leap second');
      clock.setStatus(good);
    },
  );
}

await claim('unsynchronised is told to the kernel, and synchronised again', () => {
  clock.setStatus({ ...good, synchronised: false });
  assert.equal(kernel.read().status & STA.unsync, STA.unsync);
  assert.equal(kernel.read().state, 5);
  assert.equal(clock.readback().synchronised, false);
  clock.setStatus(good);
  assert.equal(kernel.read().status & STA.unsync, 0);
  assert.notEqual(kernel.read().state, 5);
  const { synchronised, foreignHand } = clock.readback();
  assert.deepEqual({ synchronised, foreignHand }, { synchronised: true, foreignHand: false });
});

await claim(
  'the kernel goes unsynchronised by itself at 16 s of error, and that is nobody’s hand',
  async () => {
    clock.setStatus({ ...good, maxErrorSeconds: 15.9995 });
    assert.equal(clock.readback().synchronised, true);
    await pause(3500);
    const readback = clock.readback();
    assert.equal(readback.synchronised, false);
    assert.equal(readback.foreignHand, false);
    clock.setStatus(good);
  },
);

await claim('a frequency set by another program is noticed', () => {
  assert.equal(clock.readback().foreignHand, false);
  other('adjtimex', '-q', '-f', '655360');
  const readback = clock.readback();
  assert.equal(readback.foreignHand, true);
  near(readback.frequency, 10e-6, 1e-11, 'its frequency');
  clock.setFrequency(0);
  assert.equal(clock.readback().foreignHand, false);
});

await claim('a clock set by another program is noticed, once', () => {
  const now = Math.floor(Number(clock.now() / 1_000_000_000n));
  other('date', '-u', '-s', `@${now + 100}`);
  const readback = clock.readback();
  assert.equal(readback.foreignHand, true);
  near(readback.jumpSeconds, 100, 2, 'jump');
  clock.setStatus(good);
  assert.equal(clock.readback().foreignHand, false);
});

end();
