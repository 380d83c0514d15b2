/**
 * Opens the battery clock that the configuration names, with its thermometer where no kernel driver shows that one.
 * Never throws: time is served without it.
 */
import { openI2cBus } from '../../drivers/i2c/bus.js';
import { lateI2cBus } from '../../drivers/i2c/late-bus.js';
import { Ds3231 } from '../../drivers/rtc/ds3231.js';
import { findKernelRtc, KernelRtc } from '../../drivers/rtc/kernel.js';
import { Rv3028, type Rv3028Parts } from '../../drivers/rtc/rv3028.js';
import type { BusRtc, RtcConfig } from '../config/types.js';
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
  if (config.kind === 'i2c') return onBus(config, log);
  if (keepsLocalTime) {
    const text =
      'the battery clock shows local time (/etc/adjtime): it is left alone; timedatectl set-local-rtc 0';
    log.write('notice', 'battery-clock', text);
    return {};
  }
  return { battery: config.kind === 'kernel' ? new KernelRtc(config.id) : findKernelRtc() };
}

function onBus({ bus, chip }: BusRtc, log: Log): OpenedBattery {
  if (chip === 'rv3028') {
    const remark: Rv3028Parts['remark'] = (level, text) => log.write(level, 'battery-clock', text);
    // What is wrong with the bus is told by whoever reads.
    return { battery: new Rv3028(lateI2cBus(bus), { remark }) };
  }
  try {
    // Not late: where its thermometer cannot be had there may be another.
    const { clock, thermometer } = new Ds3231(openI2cBus(bus));
    return { battery: clock, thermometer };
  } catch (error) {
    log.write('warning', 'battery-clock', explain(error));
    return {};
  }
}
