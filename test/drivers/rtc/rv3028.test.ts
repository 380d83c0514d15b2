/** What is the RV-3028's own: its battery's switch and EEPROM, half days, and bits that are others'. */
import { openI2cBus } from '../../../drivers/i2c/bus.js';
import {
  CONTROL1_NO_REFRESH,
  CONTROL2_HALF_DAYS,
  RV3028,
  Rv3028,
  STATUS_POWER_LOST,
} from '../../../drivers/rtc/rv3028.js';
import { assert, test } from '../../support/suite.js';
import { TwinRv3028, withReadings } from './rigs.js';

const NOON = BigInt(Date.UTC(2026, 10, 23, 12, 34, 56) / 1000);
/** Its trickle charger on, with 9 kΩ; its crystal's odd bit; the detector on. */
const CHARGING = 0xb2;

function scene(backup?: number) {
  const twin = new TwinRv3028(NOON);
  const { chip, remarks } = twin;
  if (backup !== undefined) {
    chip.eeprom[RV3028.backup] = backup;
    chip.midnight();
  }
  const start = () =>
    new Rv3028(
      openI2cBus(1, () => twin.module),
      twin.parts,
    );
  return { twin, chip, remarks, start, clock: start() };
}

test('as it comes from the factory a power cut takes its time, and once it was read none does', () => {
  const fresh = scene();
  fresh.chip.cutPower();
  assert.is(fresh.clock.read(), undefined);
  const { chip, clock, remarks } = scene();
  assert.is(clock.read(), NOON);
  chip.cutPower();
  assert.is(clock.read(), NOON);
  assert.is(remarks.length, 1);
  assert.match(remarks[0] ?? '', /^notice: rv3028 \(i2c-1\) did not use its battery: from now on it is/);
});

test("its EEPROM is written once in its life, as the manual wants it, and the midnight's refresh keeps that", () => {
  const { chip, clock, start } = scene();
  for (let turn = 0; turn < 3; turn += 1) {
    clock.read();
    clock.set(NOON);
    chip.midnight();
  }
  start().read();
  chip.loseTime();
  start().read();
  assert.is(chip.eeprom[RV3028.backup], 0x1c);
  assert.is(chip.registers[RV3028.backup], 0x1c);
  assert.equal([chip.eepromWrites, chip.misuses], [1, 0]);
  assert.is((chip.registers[RV3028.control1] as number) & CONTROL1_NO_REFRESH, 0, 'it refreshes again');
});

for (const [what, mode] of [
  ['direct', 0x04],
  ['level', 0x0c],
] as const)
  test(`a battery that takes over already (${what}) is left as it is`, () => {
    const { chip, clock, remarks } = scene(CHARGING | mode);
    assert.is(clock.read(), NOON);
    assert.is(chip.registers[RV3028.backup], CHARGING | mode);
    assert.equal([chip.eepromWrites, remarks.length], [0, 0]);
  });

for (const mode of [0, 0x08])
  test(`trickle charger, crystal and detector stay as they are (mode ${mode >> 2})`, () => {
    const { chip, clock } = scene(CHARGING | mode);
    clock.read();
    assert.is(chip.eeprom[RV3028.backup], CHARGING | 0x0c);
    assert.is(chip.registers[RV3028.backup], CHARGING | 0x0c);
    assert.equal([chip.eepromWrites, chip.misuses], [1, 0]);
  });

test('what another program switched off for the time being is switched on without a write', () => {
  const { chip, clock, remarks } = scene(0x1c);
  chip.registers[RV3028.backup] = 0x10;
  clock.read();
  assert.is(chip.registers[RV3028.backup], 0x1c);
  assert.equal([chip.eepromWrites, chip.misuses], [0, 0]);
  assert.match(remarks.join(), /its EEPROM says that it is/);
});

test("another program's hold on the refresh stays", () => {
  const { chip, clock } = scene();
  chip.registers[RV3028.control1] = CONTROL1_NO_REFRESH | 0x20;
  clock.read();
  assert.is(chip.registers[RV3028.control1], CONTROL1_NO_REFRESH | 0x20);
  assert.is(chip.eepromWrites, 1);
});

test('an EEPROM that does not keep it, or is busy without end, is told once and takes no time away', () => {
  const { chip, clock, remarks } = scene();
  chip.isWornOut = true;
  for (let turn = 0; turn < 3; turn += 1) {
    assert.is(clock.read(), NOON);
    assert.is(chip.registers[RV3028.backup], 0x1c, 'until midnight the battery is used');
    chip.midnight();
  }
  assert.equal([chip.eepromWrites, chip.misuses], [1, 0]);
  assert.equal(remarks.length, 1);
  assert.match(remarks[0] ?? '', /^warning: rv3028 \(i2c-1\) may not use its battery: .*does not keep that/);
  assert.is((chip.registers[RV3028.control1] as number) & CONTROL1_NO_REFRESH, 0);
  const stuck = scene();
  const busy = new Rv3028(
    openI2cBus(1, () => stuck.twin.module),
    { ...stuck.twin.parts, pause() {} },
  );
  assert.is(busy.read(), NOON);
  assert.match(stuck.remarks.join(), /busy for 100 ms/);
  assert.is(stuck.chip.eepromWrites, 0);
});

test('half days are understood, and setting counts whole ones', () => {
  const { chip, clock } = scene();
  for (const hour of [0, 1, 11, 12, 13, 23]) {
    const time = BigInt(Date.UTC(2026, 10, 23, hour, 5) / 1000);
    clock.set(time);
    chip.registers[RV3028.control2] = CONTROL2_HALF_DAYS | 0x80;
    assert.is(clock.read(), time, `${hour}`);
    clock.set(time);
    assert.is(chip.registers[RV3028.control2], 0x80);
    assert.is(clock.read(), time);
  }
});

test('setting takes back the flag of lost power and no other', () => {
  const { chip, clock } = scene();
  chip.registers[RV3028.status] = STATUS_POWER_LOST | 0x24;
  assert.is(clock.read(), undefined);
  clock.set(NOON);
  assert.is(chip.registers[RV3028.status], 0x24);
});

test('digits that are none are no time', () => {
  for (const [register, byte] of [
    [0, 0x5a],
    [0, 0x60],
    [1, 0x60],
    [2, 0x24],
    [4, 0x00],
    [4, 0x32],
    [5, 0x13],
    [6, 0xa0],
  ] as const) {
    const { twin } = scene(0x1c);
    const module = withReadings(twin.module, (read) => {
      if (read.length > 6) read[register] = byte;
    });
    assert.is(
      new Rv3028(
        openI2cBus(1, () => module),
        twin.parts,
      ).read(),
      undefined,
      `${register}`,
    );
  }
});

test('one that does not answer is an error with a remedy, whether it is read or set, and touches nothing', () => {
  const { twin, chip, clock } = scene();
  twin.present = false;
  assert.throws(() => clock.read(), /0x52 on i2c-1/);
  assert.throws(() => clock.set(NOON), /0x52 on i2c-1/);
  assert.is(chip.eepromWrites, 0);
});

test.run();
