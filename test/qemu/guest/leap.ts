/**
 * In the guest: leap seconds that the kernel carries out at the end of its UTC day, armed and stepped over by LinuxClock.
 */
import assert from 'node:assert/strict';
import { steeringKernelClock } from '../../../drivers/linux/clock.js';
import { LinuxClock } from '../../../src/clock/linux.js';
import type { ClockStatus } from '../../../src/ports/clock.js';
import { claim, end, pause } from './claims.js';

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const kernel = steeringKernelClock();
const clock = new LinuxClock(kernel);
clock.takeOver();
clock.setFrequency(0);
const good: ClockStatus = {
  synchronised: true,
  leap: 0,
  maxErrorSeconds: 0.002,
  estimatedErrorSeconds: 0.001,
  taiOffsetSeconds: 37,
};

/** Steps to so many seconds before the next UTC midnight; answers that midnight, Unix ns. */
function goBefore(seconds: number): bigint {
  const now = clock.now();
  const midnight = (now / DAY + 1n) * DAY;
  clock.step(Number(midnight - now) / 1e9 - seconds);
  return midnight;
}

interface Look {
  readonly realtimeNs: bigint;
  readonly monotonicNs: bigint;
  readonly state: number;
}
async function watch(seconds: number): Promise<readonly Look[]> {
  const looks: Look[] = [];
  const until = kernel.monotonicNs() + BigInt(seconds) * SECOND;
  while (kernel.monotonicNs() < until) {
    const { state } = kernel.read();
    looks.push({ realtimeNs: kernel.realtimeNs(), monotonicNs: kernel.monotonicNs(), state });
    await pause(20);
  }
  return looks;
}
/** Realtime minus monotonic, at the end against the start, s. */
const jumped = (looks: readonly Look[]): number => {
  const apart = (look: Look | undefined) => (look === undefined ? 0n : look.realtimeNs - look.monotonicNs);
  return Number(apart(looks.at(-1)) - apart(looks[0])) / 1e9;
};
const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, not ${expected} (± ${within})`);

await claim(
  'a leap second that was armed before a step is inserted: 23:59:59 twice, TAI one more',
  async () => {
    goBefore(3600);
    clock.setStatus({ ...good, leap: 1 });
    const midnight = goBefore(3);
    assert.equal(clock.readback().leap, 1);
    const looks = await watch(6);
    near(jumped(looks), -1, 0.01);
    assert.ok(
      looks.some(({ state }) => state === 3),
      'the kernel says that a leap second is in progress',
    );
    assert.equal(kernel.read().state, 4);
    const last = looks.filter(({ realtimeNs }) => realtimeNs >= midnight - SECOND && realtimeNs < midnight);
    const seconds = Number((last.at(-1)?.monotonicNs ?? 0n) - (last[0]?.monotonicNs ?? 0n)) / 1e9;
    near(seconds, 2, 0.3);
    const readback = clock.readback();
    assert.equal(readback.taiOffsetSeconds, 38);
    assert.equal(readback.foreignHand, false, 'a leap second is not somebody else’s step');
    return { lastSecondOfTheDay: seconds };
  },
);

await claim(
  'that one is not repeated, withdrawn it is done with, and a deleted second can follow',
  async () => {
    clock.setStatus({ ...good, taiOffsetSeconds: 38 });
    assert.equal(kernel.read().state, 4);
    // The kernel leaves "done" at the next second.
    await pause(1500);
    assert.equal(kernel.read().state, 0);
    clock.setStatus({ ...good, taiOffsetSeconds: 38, leap: 2 });
    const midnight = goBefore(3);
    const looks = await watch(5);
    near(jumped(looks), 1, 0.01);
    // The kernel takes it out at the first tick in it, which an emulated processor may get late.
    const skipped = looks.filter(
      ({ realtimeNs }) => realtimeNs >= midnight - (4n * SECOND) / 5n && realtimeNs < midnight - SECOND / 10n,
    );
    assert.equal(skipped.length, 0, '23:59:59 was shown');
    const readback = clock.readback();
    assert.equal(readback.taiOffsetSeconds, 37);
    assert.equal(readback.foreignHand, false);
    clock.setStatus(good);
  },
);

await claim('a leap second that was withdrawn does not happen', async () => {
  await pause(1500);
  clock.setStatus({ ...good, leap: 1 });
  goBefore(4);
  clock.setStatus(good);
  near(jumped(await watch(5)), 0, 0.01);
  assert.equal(clock.readback().taiOffsetSeconds, 37);
});

end();
