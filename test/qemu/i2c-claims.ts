/** An I2C bus of the guest's, behind USB: a DS3231, an RV-3028 and a u-blox on it, and what the drivers there make of them. */
import { DDC_ADDRESS } from '../../drivers/i2c/ddc-link.js';
import { DS3231_ADDRESS } from '../../drivers/rtc/ds3231.js';
import { RV3028_ADDRESS } from '../../drivers/rtc/rv3028.js';
import { assertSet } from '../drivers/gps/setup/setup-kit.js';
import { ddcReceiver } from '../support/ddc-receiver.js';
import { Ds3231Twin } from '../support/ds3231-twin.js';
import type { Guest } from '../support/guest.js';
import { type I2cDevice, i2cTinyUsb } from '../support/i2c-tiny-usb.js';
import { realtimeNs } from '../support/ntp-client.js';
import { Rv3028Twin } from '../support/rv3028-twin.js';
import { assert, test } from '../support/suite.js';
import { plugIn } from '../support/usb-redir.js';
import { testScript } from './scripts.js';

const GENERATION = 9;

/** Registers the tests. */
export async function testI2c(guest: Guest): Promise<void> {
  const chip = new Ds3231Twin(realtimeNs);
  chip.show(realtimeNs());
  chip.celsius = -3.5;
  const other = new Rv3028Twin(realtimeNs);
  const { receiver, port, stop } = ddcReceiver(GENERATION, realtimeNs);
  const devices = new Map<number, I2cDevice>([
    [DS3231_ADDRESS, chip],
    [RV3028_ADDRESS, other],
    [DDC_ADDRESS, port],
  ]);
  const line = await plugIn(guest.usbSocket, i2cTinyUsb(devices));
  try {
    await testScript(guest, 'i2c', 180);
  } finally {
    stop();
    line.destroy();
  }
  test(`${guest.architecture}: the RV-3028’s EEPROM was written to once, and as it may be`, () => {
    assert.is(other.eepromWrites, 1);
    assert.is(other.misuses, 0);
  });
  test(`${guest.architecture}: the u-blox is as it was asked to be`, () =>
    assertSet(receiver, GENERATION, 'i2c'));
}
