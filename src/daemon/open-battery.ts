/**
 * Opens the battery clock that the configuration names, with its thermometer where no kernel driver shows that one.
 * Never throws: time is served without it.
 */
import { openI2cBus } from '../../drivers/i2c/bus.js';
import { Ds3231 } from '../../drivers/rtc/ds3231.js';
import { findKernelRtc, KernelRtc } from '../../drivers/rtc/kernel.js';
import type { RtcConfig } from '../config/types.js';
import { explain } from '../errors.js';
import type { BatteryClock } from '../ports/battery-clock.js';
import type { Log } from '../ports/log.js';
import type { Thermometer } from '../ports/thermometer.js';

export interface OpenedBattery {
  readonly battery?: BatteryClock | undefined;
  readonly thermometer?: Thermometer | undefined;
}

/** `keepsLocalTime`: another system on this machine has the battery clock show local time. */
export function openBattery(config: RtcConfig, keepsLocalTime: boolean, log: Log): OpenedBattery {
  if (config.kind === 'none') return {};
  if (config.kind === 'i2c') {
    try {
      const chip = new Ds3231(openI2cBus(config.bus));
      return { battery: chip.clock, thermometer: chip.thermometer };
    } catch (error) {
      log.write('warning', 'battery-clock', explain(error));
      return {};
    }
  }
  if (keepsLocalTime) {
    const text =
      'the battery clock shows local time (/etc/adjtime): it is left alone; timedatectl set-local-rtc 0';
    log.write('notice', 'battery-clock', text);
    return {};
  }
  return { battery: config.kind === 'kernel' ? new KernelRtc(config.id) : findKernelRtc() };
}
