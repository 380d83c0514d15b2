import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findThermometer } from '../../../drivers/thermal/sysfs.js';
import { assert, test } from '../../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-thermal-'));
const hwmon = join(folder, 'hwmon');
const zone = join(folder, 'temp');
const chip = (number: number, name: string, text: string) => {
  const path = join(hwmon, `hwmon${number}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'name'), `${name}\n`);
  writeFileSync(join(path, 'temp1_input'), text);
};

test('without a DS3231 the thermal zone is read; without either there is none', () => {
  assert.is(findThermometer(undefined, hwmon), undefined);
  assert.is(findThermometer(zone, hwmon), undefined);
  writeFileSync(zone, '48312\n');
  chip(0, 'cpu_thermal', '50000\n');
  const found = findThermometer(zone, hwmon);
  assert.is(found?.read(), 48.312);
  assert.match(found?.name ?? '', /SoC/);
});

test('a DS3231 is preferred, and what is no temperature is no reading', () => {
  chip(1, 'ds3231', '23750\n');
  const found = findThermometer(zone, hwmon);
  assert.is(found?.read(), 23.75);
  assert.match(found?.name ?? '', /ds3231/);
  for (const text of ['', 'abc\n', '999999\n', '-273150\n']) {
    chip(1, 'ds3231', text);
    assert.is(found?.read(), undefined, text);
  }
  rmSync(join(hwmon, 'hwmon1'), { recursive: true });
  assert.is(found?.read(), undefined);
  assert.match(findThermometer(zone, hwmon)?.name ?? '', /SoC/);
});

test.after(() => rmSync(folder, { recursive: true, force: true }));
test.run();
