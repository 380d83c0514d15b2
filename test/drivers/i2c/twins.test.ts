/** The devices that tests put on an I2C bus, under one contract. */
import { DDC_ADDRESS, DDC_REGISTER } from '../../../drivers/i2c/ddc-link.js';
import { DS3231_ADDRESS, REGISTER } from '../../../drivers/rtc/ds3231.js';
import { DdcTwin } from '../../../src/sim/ddc-twin.js';
import { test } from '../../support/suite.js';
import { TwinDs3231 } from '../rtc/rigs.js';
import { busContract } from './contract.js';

busContract('DS3231', DS3231_ADDRESS, REGISTER.seconds, () => new TwinDs3231(1_760_000_000n));
busContract("a receiver's DDC port", DDC_ADDRESS, DDC_REGISTER.count, () => new DdcTwin());

test.run();
