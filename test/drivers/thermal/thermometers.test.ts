/** Each thermometer under one contract; simulated ones: test/sim/driver-contracts.test.ts. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openI2cBus } from '../../../drivers/i2c/bus.js';
import { Ds3231 } from '../../../drivers/rtc/ds3231.js';
import { findThermometer, millidegrees } from '../../../drivers/thermal/sysfs.js';
import { temporaryFolder } from '../../support/daemon-process.js';
import { assert, test } from '../../support/suite.js';
import { TwinDs3231 } from '../rtc/rigs.js';
import { thermometerContract } from './contract.js';

const inMillidegrees = (celsius: number) => `${Math.round(celsius * 1000)}\n`;

thermometerContract('thermal zone', () => {
  const path = join(temporaryFolder(), 'temp');
  return {
    thermometer: millidegrees('the SoC', path),
    feel: (celsius) => writeFileSync(path, inMillidegrees(celsius)),
    silence: () => rmSync(path),
    tolerance: 0.001,
  };
});

thermometerContract('DS3231 by its kernel driver', () => {
  const hwmon = temporaryFolder();
  const chip = join(hwmon, 'hwmon0');
  const feel = (celsius: number) => {
    mkdirSync(chip, { recursive: true });
    writeFileSync(join(chip, 'name'), 'ds3231\n');
    writeFileSync(join(chip, 'temp1_input'), inMillidegrees(celsius));
  };
  feel(20);
  const thermometer = findThermometer(undefined, hwmon);
  assert.ok(thermometer);
  return { thermometer, feel, silence: () => rmSync(chip, { recursive: true }), tolerance: 0.001 };
});

thermometerContract('DS3231 on I2C', () => {
  const twin = new TwinDs3231(1_760_000_000n);
  return {
    thermometer: new Ds3231(openI2cBus(1, () => twin.module)).thermometer,
    feel: (celsius) => {
      twin.present = true;
      twin.chip.celsius = celsius;
    },
    silence: () => {
      twin.present = false;
    },
    tolerance: 0,
  };
});

test.run();
