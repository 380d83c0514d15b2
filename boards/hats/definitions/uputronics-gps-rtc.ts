/** Uputronics GPS/RTC Expansion Board: u-blox MAX-M8Q or M10, and an RV-3028 clock on battery. */
import type { HatDefinition } from '../hat.js';

export const uputronicsGpsRtc: HatDefinition = {
  id: 'uputronics-gps-rtc',
  name: 'Uputronics GPS/RTC Expansion Board',
  pps: { gpio: 18, headerPin: 12 },
  // As u-blox ships M8 and M10. The list of satellites fills it for half a second: what tells the time comes late then.
  factoryBaud: 9600,
  receiverOptions: 'speed 38400',
  ddcAddress: 0x42,
  rtc: 'rv3028',
  overlays: ['pps-gpio18', 'i2c-header'],
  link: 'https://store.uputronics.com/products/raspberry-pi-gps-rtc-board',
};
