import { EEPROM, RV3028, STATUS_EEPROM_BUSY, STATUS_POWER_LOST } from '../../drivers/rtc/rv3028.js';
import { FACTORY_BACKUP, Rv3028Twin } from './rv3028-twin.js';
import { assert, test } from './suite.js';

const NOON_NS = BigInt(Date.UTC(2026, 10, 23, 12, 34, 56)) * 1_000_000n;
const ms = (n: number) => BigInt(n) * 1_000_000n;

/** A chip at noon, and its time base. */
function chipAtNoon() {
  const base = { ns: NOON_NS };
  const chip = new Rv3028Twin(() => base.ns);
  const write = (...bytes: readonly number[]) => chip.write(Uint8Array.from(bytes));
  const read = (register: number, length = 1) => {
    write(register);
    return Buffer.from(chip.read(length));
  };
  return { chip, base, write, read };
}

test('seven registers are the time, which goes on with the time base; a write begins a second', () => {
  const { base, chip, write, read } = chipAtNoon();
  assert.is(read(0, 7).toString('hex'), '56341201231126');
  base.ns += ms(4_700);
  assert.is(read(0, 7).toString('hex'), '00351201231126');
  write(0, ...Buffer.from('58591903310129', 'hex'));
  assert.is(chip.nowNs, BigInt(Date.UTC(2029, 0, 31, 19, 59, 58)) * 1_000_000n);
});

test('the battery takes over only in two of four modes; else the time is lost, and said to be', () => {
  for (const [mode, keeps] of [
    [0x00, false],
    [0x04, true],
    [0x08, false],
    [0x0c, true],
  ] as const) {
    const { chip, write, read } = chipAtNoon();
    assert.is(read(RV3028.backup)[0], FACTORY_BACKUP);
    write(RV3028.backup, FACTORY_BACKUP | mode);
    chip.cutPower();
    assert.is(((read(RV3028.status)[0] ?? 0) & STATUS_POWER_LOST) === 0, keeps);
    assert.is(chip.nowNs === NOON_NS, keeps);
  }
});

test('the flag of lost power can only be taken back', () => {
  const { chip, write, read } = chipAtNoon();
  chip.loseTime();
  write(RV3028.status, 0x00);
  assert.is(read(RV3028.status)[0], 0);
  write(RV3028.status, STATUS_POWER_LOST);
  assert.is(read(RV3028.status)[0], 0);
});

test('what is written to a copy is gone at midnight, unless the refresh is held', () => {
  const { chip, write, read } = chipAtNoon();
  write(RV3028.backup, 0x1c);
  write(RV3028.control1, 0x08);
  chip.midnight();
  assert.is(read(RV3028.backup)[0], 0x1c);
  write(RV3028.control1, 0x00);
  chip.midnight();
  assert.is(read(RV3028.backup)[0], FACTORY_BACKUP);
});

test('the EEPROM is written by two commands, with the refresh held and the battery off, and is busy for 16 ms', () => {
  const { chip, base, write, read } = chipAtNoon();
  const order = (...commands: readonly number[]) => {
    write(RV3028.eepromAddress, RV3028.backup, 0x1c);
    for (const command of commands) write(RV3028.eepromCommand, command);
  };
  order(EEPROM.first, EEPROM.write);
  assert.equal([chip.eepromWrites, chip.misuses], [0, 1], 'refreshes');
  write(RV3028.control1, 0x08);
  order(EEPROM.write);
  assert.equal([chip.eepromWrites, chip.misuses], [0, 1], 'one command alone is none');
  write(RV3028.backup, 0x14);
  order(EEPROM.first, EEPROM.write);
  assert.equal([chip.eepromWrites, chip.misuses], [0, 2], 'the battery may take over');
  write(RV3028.backup, 0x10);
  order(EEPROM.first, EEPROM.write);
  assert.is(chip.eepromWrites, 1);
  assert.is(chip.eeprom[RV3028.backup], 0x1c);
  base.ns += ms(15);
  assert.is((read(RV3028.status)[0] ?? 0) & STATUS_EEPROM_BUSY, STATUS_EEPROM_BUSY);
  write(RV3028.backup, 0x1c);
  assert.is(chip.misuses, 3, 'it is busy');
  base.ns += ms(1);
  assert.is((read(RV3028.status)[0] ?? 0) & STATUS_EEPROM_BUSY, 0);
});

test.run();
