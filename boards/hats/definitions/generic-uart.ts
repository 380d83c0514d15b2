/** Any receiver with a serial line and a pulse, wired by hand: TX to pin 10, RX to pin 8, PPS to pin 12. */
import type { HatDefinition } from '../hat.js';

export const genericUart: HatDefinition = {
  id: 'generic-uart',
  name: 'a GPS receiver on the UART, its pulse on GPIO 18',
  pps: { gpio: 18, headerPin: 12 },
  factoryBaud: undefined,
  receiverOptions: '',
  ddcAddress: undefined,
  rtc: undefined,
  overlays: ['pps-gpio18'],
  link: 'https://pinout.xyz',
};
