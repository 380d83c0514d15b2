/** Every BatteryClock under one contract, and what is each one's own. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openI2cBus } from '../../../drivers/i2c/bus.js';
import { Ds3231, REGISTER } from '../../../drivers/rtc/ds3231.js';
import { findKernelRtc, KernelRtc } from '../../../drivers/rtc/kernel.js';
import { Rv3028 } from '../../../drivers/rtc/rv3028.js';
import type { BatteryClock } from '../../../src/ports/battery-clock.js';
import { assert, test } from '../../support/suite.js';
import { TwinDs3231, TwinKernelRtc, TwinRv3028, withReadings } from './rigs.js';

const NOON = BigInt(Date.UTC(2026, 10, 23, 12, 34, 56) / 1000);

interface Rig {
  readonly clock: BatteryClock;
  shows(): bigint | undefined;
  loseTime(): void;
  dispose(): void;
}

const rigs: Readonly<Record<string, () => Rig>> = {
  'DS3231 on I2C': () => {
    const twin = new TwinDs3231(NOON);
    const { clock } = new Ds3231(openI2cBus(1, () => twin.module));
    return { clock, shows: () => twin.unixSeconds, loseTime: () => twin.loseTime(), dispose() {} };
  },
  'RV-3028 on I2C': () => {
    const twin = new TwinRv3028(NOON);
    const clock = new Rv3028(
      openI2cBus(1, () => twin.module),
      twin.parts,
    );
    return { clock, shows: () => twin.unixSeconds, loseTime: () => twin.chip.loseTime(), dispose() {} };
  },
  'kernel driver': () => {
    const twin = new TwinKernelRtc(NOON);
    const clock = new KernelRtc('rtc0', { sysfs: twin.sysfs, devices: twin });
    return {
      ...{ clock, shows: () => twin.unixSeconds, loseTime: () => twin.add('rtc0', undefined) },
      dispose: () => twin.dispose(),
    };
  },
};

for (const [name, make] of Object.entries(rigs)) {
  test(`${name}: it is read as it shows, and shows what it is set to`, () => {
    const { clock, shows, dispose } = make();
    assert.is(clock.read(), NOON);
    assert.ok(clock.name.length > 3);
    for (const time of [
      NOON + 1n,
      BigInt(Date.UTC(2028, 1, 29, 23, 59, 59) / 1000),
      BigInt(Date.UTC(2099, 11, 31) / 1000),
    ]) {
      clock.set(time);
      assert.is(shows(), time);
      assert.is(clock.read(), time);
    }
    dispose();
  });

  test(`${name}: one that has lost its time says nothing until it is set`, () => {
    const { clock, loseTime, dispose } = make();
    loseTime();
    assert.is(clock.read(), undefined);
    clock.set(NOON);
    assert.is(clock.read(), NOON);
    dispose();
  });
}

test('kernel: one that is not there is told from one that has lost its time', () => {
  const twin = new TwinKernelRtc(NOON);
  const clock = new KernelRtc('rtc7', { sysfs: twin.sysfs, devices: twin });
  assert.throws(() => clock.read(), /there is no \/dev\/rtc7/);
  // As the bus of a chip with a loose wire answers: EIO.
  twin.add('rtc3', undefined);
  symlinkSync('/proc/self/mem', join(twin.sysfs, 'rtc3', 'since_epoch'));
  const loose = new KernelRtc('rtc3', { sysfs: twin.sysfs, devices: twin });
  assert.throws(() => loose.read(), /rtc3 cannot be read: EIO/);
  assert.match(findKernelRtc({ sysfs: twin.sysfs, devices: twin })?.name ?? '', /^rtc0/);
  twin.dispose();
});

test('DS3231: one that does not answer is an error with a remedy, whether it is read or set', () => {
  const twin = new TwinDs3231(NOON);
  twin.present = false;
  const { clock, thermometer } = new Ds3231(openI2cBus(1, () => twin.module));
  assert.throws(() => clock.read(), /0x68 on i2c-1/);
  assert.is(thermometer.read(), undefined);
  assert.throws(() => clock.set(NOON), /0x68 on i2c-1/);
});

test('DS3231: the temperature, above and below zero', () => {
  const twin = new TwinDs3231(NOON);
  const { thermometer } = new Ds3231(openI2cBus(1, () => twin.module));
  assert.is(thermometer.read(), 23.25);
  twin.registers.set([0xf6, 0xc0], REGISTER.temperature);
  assert.is(thermometer.read(), -9.25);
});

test('DS3231: setting leaves alarms and outputs as they are, and starts a stopped oscillator', () => {
  const twin = new TwinDs3231(NOON);
  twin.registers.set([0x9d, 0x8b], REGISTER.control);
  new Ds3231(openI2cBus(1, () => twin.module)).clock.set(NOON);
  assert.equal([...twin.registers.subarray(REGISTER.control, REGISTER.control + 2)], [0x1d, 0x0b]);
});

test('DS3231: twelve hours are understood, and digits that are none are refused', () => {
  const twin = new TwinDs3231(NOON);
  const bytes = { hours: 0x12, month: 0x11 };
  const module = withReadings(twin.module, (read) => {
    if (read.length !== 7) return;
    read[2] = bytes.hours;
    read[5] = bytes.month;
  });
  const { clock } = new Ds3231(openI2cBus(1, () => module));
  bytes.hours = 0x40 | 0x20 | 0x03;
  assert.is(clock.read(), NOON + 3n * 3600n);
  bytes.hours = 0x40 | 0x12;
  assert.is(clock.read(), NOON - 12n * 3600n);
  bytes.month = 0x1a;
  assert.is(clock.read(), undefined);
  bytes.month = 0x13;
  assert.is(clock.read(), undefined);
});

test('kernel: what cannot be set is an error that says what is missing, and the device is closed', () => {
  const twin = new TwinKernelRtc(NOON);
  twin.refuses = 1;
  const clock = new KernelRtc('rtc0', { sysfs: twin.sysfs, devices: twin });
  assert.throws(() => clock.set(NOON), /cannot be set \(error 1\)/);
  assert.is(twin.opened, twin.closed);
  twin.dispose();
});

test('kernel: of several, the one that shows a time is taken; of none, none', () => {
  const twin = new TwinKernelRtc(undefined);
  twin.add('rtc1', NOON);
  assert.match(
    findKernelRtc({ sysfs: twin.sysfs, devices: twin })?.name ?? '',
    /^rtc1 \(rtc-ds1307 1-0068\)$/,
  );
  twin.add('rtc1', undefined);
  assert.match(findKernelRtc({ sysfs: twin.sysfs, devices: twin })?.name ?? '', /^rtc0/);
  assert.is(findKernelRtc({ sysfs: `${twin.sysfs}/none` }), undefined);
  twin.dispose();
});

test.run();
