import { REGISTER, STATUS_STOPPED } from '../../drivers/rtc/ds3231.js';
import { Ds3231Twin } from './ds3231-twin.js';
import { assert, test } from './suite.js';

const NOON_NS = BigInt(Date.UTC(2026, 10, 23, 12, 34, 56)) * 1_000_000n;
const ms = (n: number) => BigInt(n) * 1_000_000n;

/** A chip at noon, and its time base. */
function chipAtNoon() {
  const base = { ns: NOON_NS };
  return { chip: new Ds3231Twin(() => base.ns), base };
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('seven registers are the time, which goes on with the time base', () => {
  const { chip, base } = chipAtNoon();
  chip.write(Uint8Array.of(0));
  assert.is(hex(chip.read(7)), '56341202231126');
  base.ns += ms(4_000);
  chip.write(Uint8Array.of(0));
  assert.is(hex(chip.read(7)), '00351202231126');
});

test('a write of the time begins a second, and is told', () => {
  const { chip, base } = chipAtNoon();
  base.ns += ms(700);
  chip.write(Buffer.from('0058591907310129', 'hex'));
  assert.is(chip.nowNs, BigInt(Date.UTC(2029, 0, 31, 19, 59, 58)) * 1_000_000n);
  base.ns += ms(999);
  assert.is(chip.nowNs % 1_000_000_000n, ms(999));
  assert.is(chip.sets.length, 1);
  assert.is(chip.sets[0]?.baseNs, NOON_NS + ms(700));
});

test('the flag of a stopped oscillator stays until it is written away, and cannot be written', () => {
  const { chip } = chipAtNoon();
  const status = () => {
    chip.write(Uint8Array.of(REGISTER.status));
    return chip.read(1)[0] ?? 0;
  };
  chip.loseTime();
  assert.is(new Date(Number(chip.nowNs / 1_000_000n)).getUTCFullYear(), 2000);
  assert.is(status() & STATUS_STOPPED, STATUS_STOPPED);
  chip.write(Uint8Array.of(REGISTER.status, 0x08));
  assert.is(status(), 0x08);
  chip.write(Uint8Array.of(REGISTER.status, 0x88));
  assert.is(status(), 0x08);
});

test('degrees are a signed byte and quarters, and reading them is counted', () => {
  const { chip } = chipAtNoon();
  for (const [celsius, bytes] of [
    [23.25, '1740'],
    [-9.25, 'f6c0'],
    [0, '0000'],
  ] as const) {
    chip.celsius = celsius;
    chip.write(Uint8Array.of(REGISTER.temperature));
    assert.is(hex(chip.read(2)), bytes);
  }
  assert.is(chip.temperatureReads, 3);
});

test.run();
