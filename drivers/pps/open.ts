/**
 * Chooses the driver for a pulse that the configuration names. Opens nothing yet.
 */
import type { PulseSource } from '../../src/ports/pulse-source.js';
import { CLOCK } from '../linux/abi.js';
import { TimespecReader } from '../linux/clock.js';
import { GpioPulse, type GpioPulseOptions } from './gpio.js';
import { KernelPulse } from './kernel.js';
import { SysfsGpioPulse } from './sysfs-gpio.js';

export interface PulseWish extends Pick<GpioPulseOptions, 'pull' | 'devices' | 'deviceFolder'> {
  /** a kernel PPS device or a link to one; used when there is no `gpio`; default /dev/pps0 */
  readonly device?: string | undefined;
  /** line of the GPIO chip */
  readonly gpio?: number | undefined;
  /** the chip's name ("gpiochip0") or label; left out: the board's */
  readonly chip?: string | undefined;
  /** sysfs only where the configuration asks for it; default chardev */
  readonly access?: 'chardev' | 'sysfs';
  readonly edge: 'rising' | 'falling';
  /** label of the chip behind the board's header, if the board is known */
  readonly boardChipLabel?: string | undefined;
}

export function createPulseSource(wish: PulseWish): PulseSource {
  const { gpio, edge, pull } = wish;
  if (gpio === undefined) return new KernelPulse({ path: wish.device ?? '/dev/pps0', edge });
  const chip = wish.chip ?? wish.boardChipLabel;
  const realtime = new TimespecReader(CLOCK.realtime);
  const monotonic = new TimespecReader(CLOCK.monotonic);
  const clocks = { realtimeNs: () => realtime.readNs(), monotonicNs: () => monotonic.readNs() };
  if (wish.access === 'sysfs')
    return new SysfsGpioPulse({ line: gpio, chip, edge, realtimeNs: clocks.realtimeNs });
  const { devices, deviceFolder } = wish;
  const end = { ...(devices && { devices }), ...(deviceFolder && { deviceFolder }) };
  return new GpioPulse({ line: gpio, chip, edge, pull, clocks, ...end });
}
