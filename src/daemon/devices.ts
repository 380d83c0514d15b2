/**
 * Opens what a refclock line names. Chooses the driver by the name; knows no protocol and no time.
 */
import type { BoardDefinition } from '../../boards/board.js';
import type { SimulatedHardware } from '../../boards/simulated.js';
import { unixInbox } from '../../drivers/handover/datagram-inbox.js';
import { openI2cBus } from '../../drivers/i2c/bus.js';
import { createDdcLink } from '../../drivers/i2c/ddc-link.js';
import { createPulseSource, type PulseWish } from '../../drivers/pps/open.js';
import { createSerialLink } from '../../drivers/serial/serial-link.js';
import type { RefclockConfig } from '../config/types.js';
import { NoonmarkError } from '../errors.js';
import type { ByteLink } from '../ports/byte-link.js';
import type { Clock } from '../ports/clock.js';
import type { DatagramInbox } from '../ports/datagram-inbox.js';
import type { Log } from '../ports/log.js';
import type { PulseSource } from '../ports/pulse-source.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { SharedSegment } from '../ports/shared-segment.js';

/** Written as a device, it means the simulated board's. */
const SIMULATED = 'simulated';

/** Nothing that these answer is open yet. */
export interface Devices {
  /** the serial line of a GPS line, or its I2C bus (/dev/i2c-N: the DDC port of a u-blox at 0x42) */
  link(config: RefclockConfig): ByteLink;
  /** the pulse of a PPS line, or a GPS line's own */
  pulse(config: RefclockConfig): PulseSource;
  segment(config: RefclockConfig): SharedSegment;
  inbox(config: RefclockConfig): DatagramInbox;
}

export interface DeviceParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly board: BoardDefinition;
  readonly simulated: SimulatedHardware | undefined;
  readonly segment: (unit: number) => SharedSegment;
}

export function createDevices(parts: DeviceParts): Devices {
  const { clock, scheduler, log } = parts;
  return {
    link(config) {
      const path = config.device ?? parts.board.gpsUart?.device ?? '/dev/serial0';
      if (path === SIMULATED) return simulatedPart(parts, ({ gps }) => gps);
      const bus = /^\/dev\/i2c-(\d+)$/.exec(path)?.[1];
      if (bus !== undefined) {
        const open = () => openI2cBus(Number(bus));
        return createDdcLink({ name: path, open, now: () => clock.now(), scheduler });
      }
      const serial = { path, now: () => clock.now(), scheduler, log };
      // A receiver that is brought to another speed may be at either when we come.
      const speeds =
        config.setup?.baud === undefined ? undefined : [config.setup.baud, config.baud ?? []].flat();
      return createSerialLink(speeds ? { ...serial, expected: speeds } : { ...serial, baud: config.baud });
    },
    pulse(config) {
      const path = config.kind === 'gps' ? config.pulseDevice : config.device;
      if (path === SIMULATED) return simulatedPart(parts, ({ pulse }) => pulse);
      return createPulseSource(pulseWish(config, parts.board));
    },
    segment: (config) => parts.segment(config.unit),
    inbox: (config) => unixInbox(config.device ?? ''),
  };
}

/** What the driver is asked for; the board knows the header's chip only. */
export function pulseWish(config: RefclockConfig, { gpioChipLabel, pps }: BoardDefinition): PulseWish {
  return {
    device: config.kind === 'gps' ? config.pulseDevice : config.device,
    gpio: config.gpio,
    chip: config.gpioChip,
    access: config.gpioAccess,
    edge: config.edge,
    boardChipLabel: gpioChipLabel,
    pull: config.gpioChip === undefined ? pps?.pull : undefined,
  };
}

function simulatedPart<Part>({ simulated }: DeviceParts, pick: (hardware: SimulatedHardware) => Part): Part {
  if (simulated !== undefined) return pick(simulated);
  throw new NoonmarkError(
    'ERR_CONFIG',
    "device 'simulated' exists on the simulated board only",
    "name the real device, as /dev/serial0 or /dev/pps0, or write 'board simulated' and 'clock simulated'",
  );
}
