import {
  adjtimexError,
  packTimex,
  readOnlyKernelClock,
  realtimeStampClock,
  steeringKernelClock,
  unpackTimex,
} from '../../../drivers/linux/clock.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

test('the kernel clocks are read, and adjtimex without changing anything', () => {
  const kernel = readOnlyKernelClock();
  assert.ok(Math.abs(Number(kernel.realtimeNs()) / 1e6 - Date.now()) < 1000);
  const before = process.hrtime.bigint();
  const monotonic = kernel.monotonicNs();
  assert.ok(before <= monotonic && monotonic <= process.hrtime.bigint());
  const timex = kernel.read();
  assert.ok(timex.tickUs >= 9000 && timex.tickUs <= 11_000);
});

test('the stamp clock gives seconds and nanoseconds of CLOCK_REALTIME', () => {
  const clock = realtimeStampClock();
  const before = Date.now();
  clock.read();
  const ms = clock.seconds * 1000 + clock.nanoseconds / 1e6;
  assert.ok(ms >= before - 2 && ms <= Date.now() + 2);
});

test('a clock opened for reading cannot be set', () => {
  assert.throws(
    () => readOnlyKernelClock().adjust({ scaledFrequency: 0 }),
    (error: unknown) => error instanceof NoonmarkError && error.code === 'ERR_CLOCK',
  );
});

test('a test cannot get hold of a clock that can be set', () => {
  assert.throws(
    () => steeringKernelClock(),
    (error: unknown) => error instanceof NoonmarkError && error.code === 'ERR_CLOCK',
  );
});

test('without CAP_SYS_TIME the remedy names it', () => {
  assert.is(adjtimexError(1).code, 'ERR_PERMISSION');
  assert.match(adjtimexError(1).remedy, /CAP_SYS_TIME/);
  assert.is(adjtimexError(22).code, 'ERR_CLOCK');
});

test('a change is packed as the kernel reads it (modes and fields of linux/timex.h)', () => {
  const pack = (change: Parameters<typeof packTimex>[1]) => {
    const view = new DataView(new ArrayBuffer(256));
    packTimex(view, change);
    return view;
  };
  // As run on an arm64 guest (reference/appliance-notes.md, Appendix C): +12.5 ppm, and a step of +250 ms.
  const frequency = pack({ scaledFrequency: 12.5 * 65536 });
  assert.is(frequency.getUint32(0, true), 0x2);
  assert.is(frequency.getBigInt64(16, true), 819_200n);
  const step = pack({ stepNs: 250_000_000n });
  assert.is(step.getUint32(0, true), 0x2100);
  assert.is(step.getBigInt64(72, true), 0n);
  assert.is(step.getBigInt64(80, true), 250_000_000n);
  const back = pack({ stepNs: -250_000_000n });
  assert.is(back.getBigInt64(72, true), -1n);
  assert.is(back.getBigInt64(80, true), 750_000_000n);
  const whole = pack({ stepNs: -3_000_000_000n });
  assert.is(whole.getBigInt64(72, true), -3n);
  assert.is(whole.getBigInt64(80, true), 0n);
  const status = pack({
    status: 0x50,
    maxErrorUs: 5,
    estimatedErrorUs: 6,
    taiOffsetSeconds: 37,
    tickUs: 10_001,
  });
  assert.is(status.getUint32(0, true), 0x10 | 0x4 | 0x8 | 0x80 | 0x4000);
  assert.is(status.getInt32(40, true), 0x50);
  assert.is(status.getBigInt64(24, true), 5n);
  assert.is(status.getBigInt64(32, true), 6n);
  assert.is(status.getBigInt64(48, true), 37n);
  assert.is(status.getBigInt64(88, true), 10_001n);
  assert.is(pack({ cancelAdjtime: true }).getUint32(0, true), 0x8001);
});

test('phase is read in nanoseconds or microseconds as STA_NANO says', () => {
  const view = new DataView(new ArrayBuffer(256));
  view.setBigInt64(8, -7n, true);
  assert.is(unpackTimex(view, 0).phaseNs, -7000);
  view.setInt32(40, 0x2000, true);
  assert.is(unpackTimex(view, 0).phaseNs, -7);
});

test.run();
