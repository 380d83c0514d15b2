/** Waveshare MAX-M8Q GNSS HAT, and u-blox timing boards that are wired like it. */
import type { HatDefinition } from '../hat.js';

export const waveshareMaxM8q: HatDefinition = {
  id: 'waveshare-max-m8q',
  name: 'Waveshare MAX-M8Q GNSS HAT, or another u-blox with its time pulse on GPIO 18',
  pps: { gpio: 18, headerPin: 12 },
  // As u-blox ships M8 and M10. The list of satellites fills it for half a second: what tells the time comes late then.
  factoryBaud: 9600,
  receiverOptions: 'speed 38400',
  ddcAddress: 0x42,
  rtc: undefined,
  overlays: ['pps-gpio18', 'i2c-header'],
  link: 'https://www.waveshare.com/wiki/MAX-M8Q_GNSS_HAT',
};
