/**
 * Opens what a refclock line names. Chooses the driver by the name; knows no protocol and no time.
 */
import type { SimulatedHardware } from '../../boards/simulated.js';
import type { RefclockConfig } from '../config/types.js';
import { NoonmarkError } from '../errors.js';
import type { ByteLink } from '../ports/byte-link.js';
import type { PulseSource } from '../ports/pulse-source.js';

/** Written as a device, it means the simulated board's. */
export const SIMULATED_DEVICE = 'simulated';

export interface Devices {
  /** The serial line of a GPS line. Not opened yet. */
  link(config: RefclockConfig): ByteLink;
  /** The pulse of a PPS line, or a GPS line's own. Not opened yet. */
  pulse(config: RefclockConfig): PulseSource;
}

function simulatedPart<Part>(
  hardware: SimulatedHardware | undefined,
  pick: (hardware: SimulatedHardware) => Part,
): Part {
  if (hardware !== undefined) return pick(hardware);
  throw new NoonmarkError(
    'ERR_CONFIG',
    "device 'simulated' exists on the simulated board only",
    "name the real device, as /dev/serial0 or /dev/pps0, or write 'board simulated' and 'clock simulated'",
  );
}

export function createDevices(simulated: SimulatedHardware | undefined): Devices {
  return {
    link() {
      return simulatedPart(simulated, ({ gps }) => gps);
    },
    pulse() {
      return simulatedPart(simulated, ({ pulse }) => pulse);
    },
  };
}
