import { openBattery } from '../../src/daemon/open-battery.js';
import { NoonmarkError } from '../../src/errors.js';
import { Lines } from '../drivers/gps/setup/setup-kit.js';
import { assert, test } from '../support/suite.js';

/** No machine has so many. */
const NO_BUS = 255;

test('an RV-3028 whose bus is not there yet is asked again whenever it is read', () => {
  const log = new Lines();
  const { battery, thermometer } = openBattery({ kind: 'i2c', bus: NO_BUS, chip: 'rv3028' }, true, log);
  assert.is(battery?.name, `rv3028 (i2c-${NO_BUS})`);
  assert.is(thermometer, undefined);
  for (let turn = 0; turn < 2; turn += 1)
    assert.throws(
      () => battery?.read(),
      (error: unknown) => error instanceof NoonmarkError,
    );
  assert.equal(log.lines, []);
});

test("a DS3231 whose bus is not there is said, and gives way to the machine's other thermometers", () => {
  const log = new Lines();
  assert.equal(openBattery({ kind: 'i2c', bus: NO_BUS, chip: 'ds3231' }, true, log), {});
  assert.is(log.lines.length, 1);
  assert.match(log.lines[0] ?? '', /^warning battery-clock /);
});

test('none is none, and one that shows local time is left alone', () => {
  const log = new Lines();
  assert.equal(openBattery({ kind: 'none' }, false, log), {});
  assert.equal(openBattery({ kind: 'auto' }, true, log), {});
  assert.match(log.lines.join('; '), /^notice battery-clock the battery clock shows local time/);
});

test.run();
