/** An I2C bus of the guest's, behind USB: a DS3231 and a u-blox on it, and what the drivers there make of them. */
import { DDC_ADDRESS } from '../../drivers/i2c/ddc-link.js';
import { DS3231_ADDRESS } from '../../drivers/rtc/ds3231.js';
import { DdcTwin } from '../../src/sim/ddc-twin.js';
import { UbloxTwin } from '../../src/sim/ublox-twin.js';
import { assertSet } from '../drivers/gps/setup/setup-kit.js';
import { Ds3231Twin } from '../support/ds3231-twin.js';
import type { Guest } from '../support/guest.js';
import { type I2cDevice, i2cTinyUsb } from '../support/i2c-tiny-usb.js';
import { realtimeNs } from '../support/ntp-client.js';
import { test } from '../support/suite.js';
import { plugIn } from '../support/usb-redir.js';
import { testScript } from './scripts.js';

const GENERATION = 9;

/** Registers the tests. */
export async function testI2c(guest: Guest): Promise<void> {
  const chip = new Ds3231Twin(realtimeNs);
  chip.show(realtimeNs());
  chip.celsius = -3.5;
  const receiver = new UbloxTwin({ generation: GENERATION, port: 'i2c' });
  const port = new DdcTwin((bytes) => {
    for (const frame of receiver.receive(bytes)) port.say(frame);
  });
  const seconds = setInterval(() => {
    for (const frame of receiver.second(realtimeNs())) port.say(frame);
  }, 1000);
  const devices = new Map<number, I2cDevice>([
    [DS3231_ADDRESS, chip],
    [DDC_ADDRESS, port],
  ]);
  const line = await plugIn(guest.usbSocket, i2cTinyUsb(devices));
  try {
    await testScript(guest, 'i2c', 180);
  } finally {
    clearInterval(seconds);
    line.destroy();
  }
  test(`${guest.architecture}: the u-blox is as it was asked to be`, () =>
    assertSet(receiver, GENERATION, 'i2c'));
}
