/**
 * Whether a device is on an I2C bus. One byte is read from where the device's own pointer stands: nothing is written, so
 * that no setting of a device that is taken for another is changed.
 */
import { NoonmarkError } from '../../src/errors.js';
import { type I2cBus, isTaken, openI2cBus } from './bus.js';

/** 'taken': a driver of the kernel has the address; 'unknown': this bus cannot be asked, by this user or at all */
export type I2cAnswer = 'there' | 'silent' | 'taken' | 'unknown';

export function probeI2c(
  number: number,
  address: number,
  open: (bus: number) => I2cBus = openI2cBus,
): I2cAnswer {
  let bus: I2cBus;
  try {
    bus = open(number);
  } catch {
    return 'unknown';
  }
  try {
    return bus.readBytes(address, 1).length === 1 ? 'there' : 'silent';
  } catch (error) {
    return refusal(error);
  } finally {
    bus.close();
  }
}

function refusal(error: unknown): I2cAnswer {
  if (!(error instanceof NoonmarkError) || error.code !== 'ERR_DEVICE') return 'unknown';
  return isTaken(error.cause) ? 'taken' : 'silent';
}
