import { STA } from '../../src/clock/kernel-clock.js';
import { LinuxClock, splitFrequency } from '../../src/clock/linux.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';
import { clockContract } from './contract.js';
import { ScriptedKernel } from './scripted-kernel.js';

const NOON = 1_751_284_800n * 1_000_000_000n;
const status = {
  synchronised: true,
  leap: 0,
  maxErrorSeconds: 0.002,
  estimatedErrorSeconds: 0.0001,
  taiOffsetSeconds: 37,
} as const;

clockContract('system clock', (startNs) => {
  const kernel = new ScriptedKernel(startNs);
  return {
    clock: new LinuxClock(kernel),
    advance: (ns) => kernel.advance(ns),
    kernelNow: () => kernel.realtimeNs(),
    foreignStep: (ns) => void kernel.adjust({ stepNs: ns }),
  };
});

test('frequencies up to 500 ppm leave the tick alone, others take the nearest tick', () => {
  assert.equal(splitFrequency(500e-6), { tickUs: 10_000, scaledFrequency: 32_768_000 });
  assert.is(splitFrequency(-499e-6).tickUs, 10_000);
  assert.equal(splitFrequency(0.01), { tickUs: 10_100, scaledFrequency: 0 });
  assert.equal(splitFrequency(-0.1), { tickUs: 9000, scaledFrequency: 0 });
  assert.is(splitFrequency(520e-6).tickUs, 10_005);
});

test('constructing it writes nothing', () => {
  const kernel = new ScriptedKernel(NOON);
  const clock = new LinuxClock(kernel);
  clock.now();
  clock.readback();
  assert.is(kernel.changes.length, 0);
});

test('what another program left behind ends when the clock is taken over', () => {
  const kernel = new ScriptedKernel(NOON);
  kernel.adjust({ status: STA.pll | STA.insert, phaseNs: 400_000, scaledFrequency: 65536 * 7 });
  kernel.startSlew(5_000_000);
  kernel.advance(2_000_000_000n);
  const clock = new LinuxClock(kernel);
  clock.takeOver();
  assert.is(kernel.read().phaseNs, 0);
  assert.is(kernel.slewNs, 0);
  assert.is(kernel.read().status & (STA.pll | STA.insert), 0);
  assert.ok(Math.abs(clock.frequency - 7e-6) < 1e-15, 'the frequency stays');
});

test('without CAP_SYS_TIME the error says so and what to do', () => {
  const kernel = new ScriptedKernel(NOON);
  kernel.permitted = false;
  const clock = new LinuxClock(kernel);
  for (const attempt of [() => clock.takeOver(), () => clock.setFrequency(1e-6), () => clock.step(1)]) {
    assert.throws(attempt, (error: unknown) => {
      assert.instance(error, NoonmarkError);
      assert.is((error as NoonmarkError).code, 'ERR_PERMISSION');
      assert.match((error as NoonmarkError).remedy, /CAP_SYS_TIME/);
      return true;
    });
  }
});

test('errors are written in microseconds, rounded up and held below what the kernel takes', () => {
  const kernel = new ScriptedKernel(NOON);
  const clock = new LinuxClock(kernel);
  clock.setStatus({ ...status, maxErrorSeconds: 1.2e-6, estimatedErrorSeconds: 99 });
  assert.is(kernel.read().maxErrorUs, 2);
  assert.is(kernel.read().estimatedErrorUs, 16_000_000);
});

test('a foreign frequency, tick, phase or status is noticed', () => {
  const meddling = [
    { scaledFrequency: 1 },
    { tickUs: 10_001 },
    { status: STA.insert },
    { status: STA.unsync },
  ];
  for (const change of meddling) {
    const kernel = new ScriptedKernel(NOON);
    const clock = new LinuxClock(kernel);
    clock.setFrequency(0);
    clock.setStatus(status);
    assert.is(clock.readback().foreignHand, false);
    kernel.adjust(change);
    assert.is(clock.readback().foreignHand, true, JSON.stringify(change));
  }
  const kernel = new ScriptedKernel(NOON);
  const clock = new LinuxClock(kernel);
  clock.setFrequency(0);
  kernel.adjust({ status: STA.pll, phaseNs: 1000 });
  assert.is(clock.readback().foreignHand, true, 'phase');
});

test('unsynchronised by itself, because nothing was written for hours, is no foreign hand', () => {
  const kernel = new ScriptedKernel(NOON);
  const clock = new LinuxClock(kernel);
  clock.setStatus({ ...status, maxErrorSeconds: 15.99 });
  kernel.advance(60_000_000_000n);
  assert.is(clock.readback().synchronised, false);
  assert.is(clock.readback().foreignHand, false);
});

test('the kernel inserting a second is no foreign hand', () => {
  const kernel = new ScriptedKernel(NOON);
  const clock = new LinuxClock(kernel);
  clock.setStatus({ ...status, leap: 1 });
  for (let second = 0; second < 43_202; second += 1) kernel.advance(1_000_000_000n);
  assert.is(clock.now(), NOON + 43_201_000_000_000n);
  assert.is(clock.readback().foreignHand, false);
});

test('nor is it when the new TAI offset is written before anything is read back', () => {
  const kernel = new ScriptedKernel(NOON);
  const clock = new LinuxClock(kernel);
  clock.setStatus({ ...status, leap: 1, maxErrorSeconds: 0.001 });
  kernel.advance(20_000_000_000_000n);
  clock.setStatus({ ...status, leap: 1, maxErrorSeconds: 0.001 });
  kernel.advance(23_201_500_000_000n);
  clock.setStatus({ ...status, leap: 0, taiOffsetSeconds: 38 });
  assert.is(clock.readback().foreignHand, false);
});

test('precision is the time it takes to read the clock', () => {
  const kernel = new ScriptedKernel(NOON);
  kernel.readingNs = 240n;
  assert.is(new LinuxClock(kernel).precisionLog2, -22);
});

test('being held up between two readings of the clocks, at any time, is no foreign step', () => {
  const kernel = new ScriptedKernel(NOON);
  const readMonotonic = kernel.monotonicNs.bind(kernel);
  let holdUp = false;
  kernel.monotonicNs = () => {
    if (holdUp) kernel.advance(5_000_000n);
    holdUp = false;
    return readMonotonic();
  };
  holdUp = true;
  const clock = new LinuxClock(kernel);
  holdUp = true;
  clock.takeOver();
  for (let i = 0; i < 5; i += 1) {
    holdUp = i % 2 === 0;
    assert.equal([clock.readback().foreignHand, clock.readback().jumpSeconds], [false, 0]);
  }
});

test.run();
