/** What programs read of the clock's state by adjtimex (ntptime, chronyc, PTP daemons), on a kernel in memory. */
import { STA } from '../../src/clock/kernel-clock.js';
import { LinuxClock } from '../../src/clock/linux.js';
import { ClockStatusTeller } from '../../src/daemon/clock-status.js';
import type { LeapState } from '../../src/discipline/leap.js';
import { LeapKeeper } from '../../src/discipline/leap.js';
import { silentLog } from '../../src/ports/log.js';
import { initialSystem, type SystemVariables } from '../../src/source/system.js';
import { ScriptedKernel } from '../clock/scripted-kernel.js';
import { assert, test } from '../support/suite.js';

const NOON = 1_798_718_400n * 1_000_000_000n;

function machine() {
  const kernel = new ScriptedKernel(NOON);
  const teller = new ClockStatusTeller(new LinuxClock(kernel));
  const leapState: LeapState = { ...new LeapKeeper(silentLog).state(NOON), taiOffsetSeconds: 37 };
  const tell = (change: Partial<SystemVariables>, bound = 180e-9, leap: Partial<LeapState> = {}) =>
    teller.tell(
      { ...initialSystem(kernel.monotonicNs(), NOON, -20), ...change },
      { ...leapState, ...leap },
      bound,
    );
  return { kernel, tell };
}

const LOCKED = {
  state: 'synchronised',
  leap: 0,
  stratum: 1,
  rootDelaySeconds: 2e-6,
  rootDispersionSeconds: 1.5e-6,
} as const;
const LOOPS = STA.pll | STA.fll | STA.ppsFrequency | STA.ppsTime | STA.frequencyHold;

test('locked: synchronised, the kernel’s own loops off, errors in whole microseconds rounded up, TAI', () => {
  const { kernel, tell } = machine();
  assert.ok(kernel.read().status & STA.unsync, 'as a kernel starts');
  tell(LOCKED);
  const { status, maxErrorUs, estimatedErrorUs, taiOffsetSeconds } = kernel.read();
  assert.is(status & (STA.unsync | LOOPS | STA.insert | STA.delete), 0);
  assert.is(maxErrorUs, 3);
  assert.is(estimatedErrorUs, 1);
  assert.is(taiOffsetSeconds, 37);
});

test('a leap second is armed and disarmed; holdover is still synchronised; without a source the clock is not', () => {
  const { kernel, tell } = machine();
  tell(LOCKED);
  assert.is(tell({ ...LOCKED, leap: 1 }), true);
  assert.is(kernel.read().status & (STA.insert | STA.delete), STA.insert);
  assert.is(tell({ ...LOCKED, leap: 1 }), false);
  tell({ ...LOCKED, leap: 0 });
  assert.is(kernel.read().status & (STA.insert | STA.delete), 0);
  tell({ ...LOCKED, state: 'holdover', rootDispersionSeconds: 0.0125 }, 0.012);
  assert.is(kernel.read().status & STA.unsync, 0);
  tell({ state: 'unsynchronised', leap: 3 });
  assert.is(kernel.read().status & (STA.unsync | STA.insert), STA.unsync);
});

test('the error bound, which the kernel lets grow, is renewed; a new TAI offset is told at once', () => {
  const { kernel, tell } = machine();
  tell(LOCKED);
  kernel.advance(10_000_000_000n);
  const grown = kernel.read().maxErrorUs;
  assert.ok(grown >= 5000, `${grown}`);
  tell(LOCKED);
  assert.is(kernel.read().maxErrorUs, grown, 'not yet due');
  kernel.advance(6_000_000_000n);
  tell(LOCKED);
  assert.is(kernel.read().maxErrorUs, 3);
  tell(LOCKED, 180e-9, { taiOffsetSeconds: 38 });
  assert.is(kernel.read().taiOffsetSeconds, 38);
});

test.run();
