/**
 * An I2C bus that is opened when it is first used: at a start of the machine its driver may come later than we do. Owns
 * when; each use opens it anew until one succeeds.
 */
import { type I2cBus, openI2cBus } from './bus.js';

export function lateI2cBus(bus: number, open: (bus: number) => I2cBus = openI2cBus): I2cBus {
  let opened: I2cBus | undefined;
  const theBus = () => {
    opened ??= open(bus);
    return opened;
  };
  return {
    name: `i2c-${bus}`,
    readBytes: (address, length) => theBus().readBytes(address, length),
    writeBytes: (address, bytes) => theBus().writeBytes(address, bytes),
    close() {
      opened?.close();
      opened = undefined;
    },
  };
}
