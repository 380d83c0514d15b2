/**
 * What a device's twin behind the interface of i2c-bus keeps to as openI2cBus shows it, whatever its registers mean.
 */
import { type I2cBusModule, openI2cBus } from '../../../drivers/i2c/bus.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

export interface I2cTwin {
  readonly module: I2cBusModule;
  /** whether it answers to its address */
  present: boolean;
}

/** `register`: one that may be chosen and read from. */
export function busContract(name: string, address: number, register: number, make: () => I2cTwin): void {
  const choose = Uint8Array.of(register);
  const open = () => {
    const twin = make();
    return { twin, bus: openI2cBus(1, () => twin.module) };
  };
  const isRefused = (action: () => void, device: number) =>
    assert.throws(
      action,
      (error: unknown) =>
        error instanceof NoonmarkError &&
        error.code === 'ERR_DEVICE' &&
        error.message.includes(`0x${device.toString(16).padStart(2, '0')} on i2c-1`) &&
        error.remedy.includes('i2cdetect -y 1'),
    );

  test(`${name}: a read answers as many bytes as it asked for`, () => {
    const { bus } = open();
    for (const length of [1, 2, 7, 64, 255]) {
      bus.writeBytes(address, choose);
      assert.is(bus.readBytes(address, length).length, length);
    }
    bus.close();
  });

  test(`${name}: what was read is the reader's to keep`, () => {
    const { bus } = open();
    const read = () => {
      bus.writeBytes(address, choose);
      return bus.readBytes(address, 2);
    };
    const first = read();
    const kept = [...first];
    first.fill(0x5a);
    assert.equal([...read()], kept);
  });

  test(`${name}: it answers to its own address alone`, () => {
    const { bus } = open();
    for (const other of [0x08, address ^ 1, 0x77]) {
      isRefused(() => bus.readBytes(other, 1), other);
      isRefused(() => bus.writeBytes(other, choose), other);
    }
  });

  test(`${name}: away it is an error, and back it answers on the bus that was open`, () => {
    const { twin, bus } = open();
    twin.present = false;
    isRefused(() => bus.readBytes(address, 1), address);
    isRefused(() => bus.writeBytes(address, choose), address);
    twin.present = true;
    bus.writeBytes(address, choose);
    assert.is(bus.readBytes(address, 1).length, 1);
  });
}
