/** Waveshare MAX-M8Q GNSS HAT, and u-blox timing boards that are wired like it. */
import type { HatDefinition } from '../hat.js';

export const waveshareMaxM8q: HatDefinition = {
  id: 'waveshare-max-m8q',
  name: 'Waveshare MAX-M8Q GNSS HAT, or another u-blox with its time pulse on GPIO 18',
  pps: { gpio: 18, headerPin: 12 },
  baud: 9600,
  receiver: 'ublox',
  ddcAddress: 0x42,
  rtc: undefined,
  overlays: ['pps-gpio18', 'i2c-header'],
  configTxt: ['dtoverlay=pps-gpio,gpiopin=18', 'dtparam=i2c_arm=on'],
  link: 'https://www.waveshare.com/wiki/MAX-M8Q_GNSS_HAT',
};
