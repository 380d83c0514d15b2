/**
 * In the guest: the drivers for I2C on a real bus of the kernel's, through the module i2c-bus: a DS3231 that no driver is
 * bound to and then one that is, an RV-3028, and the DDC port of a u-blox. The adapter and what hangs on it are test/qemu's.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createSetupLink } from '../../../drivers/gps/setup/setup-link.js';
import { openI2cBus } from '../../../drivers/i2c/bus.js';
import { createDdcLink } from '../../../drivers/i2c/ddc-link.js';
import { realScheduler } from '../../../drivers/linux/scheduler.js';
import { DS3231_ADDRESS, Ds3231 } from '../../../drivers/rtc/ds3231.js';
import { findKernelRtc, KernelRtc } from '../../../drivers/rtc/kernel.js';
import { Rv3028 } from '../../../drivers/rtc/rv3028.js';
import { NoonmarkError } from '../../../src/errors.js';
import { claim, end, pause } from './claims.js';

const BUSES = '/sys/bus/i2c/devices';
const NOBODY = 0x43;
const NOON = BigInt(Date.UTC(2028, 1, 29, 12) / 1000);
const SET_SECONDS = 60;
const CHANGE_SECONDS = 10;

async function waitFor<T>(what: string, seconds: number, look: () => T | undefined): Promise<T> {
  for (let turn = 0; turn < seconds * 10; turn += 1) {
    const found = look();
    if (found !== undefined) return found;
    await pause(100);
  }
  throw new Error(`${what} did not come in ${seconds} s`);
}
const adapter = () =>
  readdirSync(BUSES).find(
    (name) => /^i2c-\d+$/.test(name) && /i2c-tiny-usb/.test(readFileSync(`${BUSES}/${name}/name`, 'utf8')),
  );
const name = await waitFor('the adapter', CHANGE_SECONDS, adapter);
const number = Number(name.slice(4));
await waitFor(`/dev/${name}`, CHANGE_SECONDS, () => existsSync(`/dev/${name}`) || undefined);
const bus = openI2cBus(number);
const { clock, thermometer } = new Ds3231(bus);
const failure = (action: () => unknown): NoonmarkError => {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof NoonmarkError, String(error));
    return error;
  }
  throw new Error('it did not fail');
};

await claim('a DS3231 without a kernel driver is read and set, and its thermometer is read', async () => {
  const first = clock.read();
  assert.ok(first !== undefined);
  await pause(2100);
  const later = Number((clock.read() ?? 0n) - first);
  assert.ok(later >= 2 && later <= 4, `${later} s later`);
  clock.set(NOON);
  const after = Number((clock.read() ?? 0n) - NOON);
  assert.ok(after >= 0 && after <= 2, `${after} s after it was set`);
  assert.equal(thermometer.read(), -3.5);
});

await claim('an RV-3028 is read and set, and its battery is switched on in its EEPROM, once', () => {
  const remarks: string[] = [];
  const remark = (level: string, text: string) => remarks.push(`${level}: ${text}`);
  const rv3028 = new Rv3028(bus, { remark });
  const away = Number((rv3028.read() ?? 0n) - BigInt(Math.round(Date.now() / 1000)));
  assert.ok(Math.abs(away) < 3600, `${away} s from this clock`);
  rv3028.set(NOON);
  const after = Number((rv3028.read() ?? 0n) - NOON);
  assert.ok(after >= 0 && after <= 2, `${after} s after it was set`);
  new Rv3028(bus, { remark }).read();
  assert.equal(remarks.length, 1, remarks.join('\n'));
  assert.match(remarks[0] ?? '', /^notice: .*did not use its battery: from now on it is, by its EEPROM$/);
});

await claim('an address at which nobody answers is told, with what to look at', () => {
  const { code, message, remedy } = failure(() => bus.readBytes(NOBODY, 1));
  assert.equal(code, 'ERR_DEVICE');
  assert.match(`${message}; ${remedy}`, /0x43 on i2c-\d+ cannot be read: E\w+.*i2cdetect -y \d+/);
});

const bound = `${BUSES}/${number}-0068`;
await claim(
  'once the kernel’s driver has it the kernel shows the same time, and the error says whose it is',
  async () => {
    const before = findKernelRtc();
    writeFileSync(`${BUSES}/${name}/new_device`, `ds3231 0x${DS3231_ADDRESS.toString(16)}`);
    const id = await waitFor('its rtc', CHANGE_SECONDS, () => {
      const folder = `${bound}/rtc`;
      return existsSync(folder) ? readdirSync(folder)[0] : undefined;
    });
    assert.notEqual(before?.name, new KernelRtc(id).name);
    const after = Number((new KernelRtc(id).read() ?? 0n) - NOON);
    assert.ok(after >= 0 && after < 60, `${after} s`);
    // Whose an address is the kernel asks when it is first used.
    const opened = openI2cBus(number);
    const taken = new Ds3231(opened);
    const { code, message, remedy } = failure(() => taken.clock.read());
    assert.equal(code, 'ERR_DEVICE');
    assert.match(`${message}; ${remedy}`, /0x68 on i2c-\d+ .*a driver of the kernel has it.*"rtc auto"/);
    assert.equal(taken.thermometer.read(), undefined);
    opened.close();
  },
);

await claim('given back by the driver it answers again', async () => {
  writeFileSync(`${BUSES}/${name}/delete_device`, `0x${DS3231_ADDRESS.toString(16)}`);
  await waitFor('its end', CHANGE_SECONDS, () => !existsSync(bound) || undefined);
  assert.ok((clock.read() ?? 0n) >= NOON);
});
bus.close();

await claim('a u-blox on the same bus is read through its DDC port, and set', async () => {
  const remarks: string[] = [];
  const link = createDdcLink({
    ...{ name: `/dev/${name}`, open: () => openI2cBus(number), scheduler: realScheduler },
    now: () => BigInt(Date.now()) * 1_000_000n,
  });
  const log = {
    write: (level: string, event: string, text: string) => remarks.push(`${level} ${event} ${text}`),
  };
  const setup = createSetupLink({
    ...{ link, remembered: undefined, scheduler: realScheduler, log },
    wish: {
      ...{ baud: undefined, elevationDegrees: 10, position: { kind: 'auto' }, surveySeconds: 600 },
      ...{ surveyAccuracyM: 5, cableDelayNs: undefined, save: false },
    },
  });
  let bytes = 0;
  setup.open({
    bytes: (chunk) => {
      bytes += chunk.length;
    },
    up() {},
    down: (reason) => remarks.push(reason),
  });
  const from = process.hrtime.bigint();
  try {
    await waitFor(`its settings (${remarks})`, SET_SECONDS, () => {
      const { state } = setup.setup.view;
      return state === 'set' ? state : undefined;
    });
    const seconds = Number(process.hrtime.bigint() - from) / 1e9;
    await waitFor('its messages', CHANGE_SECONDS, () => (bytes > 2000 ? bytes : undefined));
    return { seconds, bytes };
  } finally {
    await setup.close();
  }
});
end();
