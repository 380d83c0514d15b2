/** Adafruit Ultimate GPS HAT (2324), with an MTK3339: its pulse is on GPIO 4. */
import type { HatDefinition } from '../hat.js';

export const adafruitUltimateGps: HatDefinition = {
  id: 'adafruit-ultimate-gps',
  name: 'Adafruit Ultimate GPS HAT',
  pps: { gpio: 4, headerPin: 7 },
  factoryBaud: 9600,
  receiverOptions: '',
  ddcAddress: undefined,
  rtc: undefined,
  overlays: ['pps-gpio4'],
  link: 'https://learn.adafruit.com/adafruit-ultimate-gps-hat-for-raspberry-pi',
};
