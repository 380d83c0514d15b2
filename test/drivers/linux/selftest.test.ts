import { readOnlyKernelClock } from '../../../drivers/linux/clock.js';
import { loadKoffi } from '../../../drivers/linux/libc.js';
import { type Known, selfTest } from '../../../drivers/linux/selftest.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

const known: Known = {
  wallMs: () => Date.now(),
  monotonicNs: () => process.hrtime.bigint(),
  kernelClock: readOnlyKernelClock,
};
const fails = (part: Partial<Known>, pattern: RegExp) =>
  assert.throws(
    () => selfTest({ ...known, ...part }),
    (error: unknown) =>
      error instanceof NoonmarkError && error.code === 'ERR_UNSUPPORTED' && pattern.test(error.message),
  );

test('the self-test passes on this machine', () => {
  selfTest();
});

test('a wall clock that reads otherwise than the runtime says is found', () => {
  fails({ wallMs: () => Date.now() + 1000 }, /clock_gettime/);
});

test('a monotonic clock that reads otherwise than the runtime says is found', () => {
  fails({ monotonicNs: () => 0n }, /CLOCK_MONOTONIC/);
});

test('an adjtimex that reads nonsense is found', () => {
  const real = readOnlyKernelClock();
  const shifted = { ...real.read(), tickUs: 0 };
  fails(
    {
      kernelClock: () => ({
        realtimeNs: () => 0n,
        monotonicNs: () => 0n,
        read: () => shifted,
        adjust: () => shifted,
      }),
    },
    /adjtimex/,
  );
});

test('a koffi without a binary for this platform is reported with what to do', () => {
  assert.throws(
    () =>
      loadKoffi(() => {
        throw new Error('Cannot find the native Koffi module; did you bundle it correctly?');
      }),
    (error: unknown) =>
      error instanceof NoonmarkError && error.code === 'ERR_UNSUPPORTED' && /npm ci/.test(error.remedy),
  );
});

test.run();
