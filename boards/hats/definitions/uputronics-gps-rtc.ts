/** Uputronics GPS/RTC Expansion Board: u-blox MAX-M8Q or M10, and an RV-3028 clock on battery. */
import type { HatDefinition } from '../hat.js';

export const uputronicsGpsRtc: HatDefinition = {
  id: 'uputronics-gps-rtc',
  name: 'Uputronics GPS/RTC Expansion Board',
  pps: { gpio: 18, headerPin: 12 },
  baud: 9600,
  receiver: 'ublox',
  ddcAddress: 0x42,
  rtc: { chip: 'rv3028', address: 0x52 },
  overlays: ['pps-gpio18', 'i2c-header', 'rtc-rv3028'],
  configTxt: [
    'dtoverlay=pps-gpio,gpiopin=18',
    'dtparam=i2c_arm=on',
    'dtoverlay=i2c-rtc,rv3028,backup-switchover-mode=3',
  ],
  link: 'https://store.uputronics.com/products/raspberry-pi-gps-rtc-board',
};
