/** A u-blox's twin behind its DDC port, which says each second what the time is: to be put on an I2C bus. */
import { DdcTwin } from '../../src/sim/ddc-twin.js';
import { UbloxTwin, type UbloxTwinOptions } from '../../src/sim/ublox-twin.js';

export interface DdcReceiver {
  readonly receiver: UbloxTwin;
  readonly port: DdcTwin;
  stop(): void;
}

/** `unixNs`: the true time. */
export function ddcReceiver(generation: UbloxTwinOptions['generation'], unixNs: () => bigint): DdcReceiver {
  const receiver = new UbloxTwin({ generation, port: 'i2c' });
  const port = new DdcTwin((bytes) => {
    for (const frame of receiver.receive(bytes)) port.say(frame);
  });
  const seconds = setInterval(() => {
    for (const frame of receiver.second(unixNs())) port.say(frame);
  }, 1000);
  return { receiver, port, stop: () => clearInterval(seconds) };
}
