/**
 * In the guest: the battery clock of the machine (a PL031, through its kernel driver) read and set by KernelRtc. Never run
 * elsewhere: it sets the clock that survives this program.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { findKernelRtc } from '../../../drivers/rtc/kernel.js';
import { claim, end } from './claims.js';

const compatible = readFileSync('/proc/device-tree/compatible', 'utf8');
assert.match(compatible, /^linux,dummy-virt\0/, 'this is no guest of QEMU');
const rtc = findKernelRtc();
const shown = () => Number(rtc?.read() ?? Number.NaN);
const off = () => shown() - Date.now() / 1000;

await claim('the battery clock of the kernel is found, and shows the time', () => {
  assert.match(rtc?.name ?? '', /^rtc0 \(/);
  assert.ok(Math.abs(off()) < 5, `${off()} s off`);
});

await claim('it is set to a time years ahead, and back, and reads as it was set', () => {
  const before = Math.floor(Date.now() / 1000);
  const ahead = Date.UTC(2036, 1, 29, 23, 59, 30) / 1000;
  rtc?.set(BigInt(ahead));
  const read = shown();
  assert.ok(read - ahead >= 0 && read - ahead < 5, `${read - ahead} s after what it was set to`);
  rtc?.set(BigInt(before));
  assert.ok(Math.abs(shown() - before) < 5);
});

end();
