/**
 * Thermometers that the kernel reads and shows as files of millidegrees: a DS3231 (its driver rtc-ds1307 registers it
 * with hwmon) and the SoC's thermal zone. Owns the choice and the parsing.
 * Source: Linux Documentation/hwmon/sysfs-interface (name, temp1_input), Documentation/driver-api/thermal/sysfs-api (temp).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Thermometer } from '../../src/ports/thermometer.js';

const HWMON = '/sys/class/hwmon';
const RTC = 'ds3231';
/** What silicon on a board may have, degrees. */
const POSSIBLE = { least: -60, most: 150 };

/** One such file as a thermometer. */
export function millidegrees(name: string, path: string): Thermometer {
  return {
    name: `${name} (${path})`,
    read() {
      const text = readOr(path)?.trim() ?? '';
      const celsius = Number(text) / 1000;
      return text !== '' && celsius > POSSIBLE.least && celsius < POSSIBLE.most ? celsius : undefined;
    },
  };
}

/**
 * The best of this machine: a DS3231, which hangs in the same air as the crystal, before the SoC, which heats itself.
 * Undefined: none answers. `thermalZone`: the board's, if it has one.
 */
export function findThermometer(thermalZone: string | undefined, hwmon = HWMON): Thermometer | undefined {
  const chips = namesIn(hwmon)
    .map((chip) => join(hwmon, chip))
    .filter((chip) => readOr(join(chip, 'name'))?.trim() === RTC)
    .map((chip) => millidegrees(RTC, join(chip, 'temp1_input')));
  const zones = thermalZone === undefined ? [] : [millidegrees('the SoC', thermalZone)];
  return [...chips, ...zones].find((thermometer) => thermometer.read() !== undefined);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
