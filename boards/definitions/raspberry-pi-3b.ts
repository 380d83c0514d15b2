/** Raspberry Pi 3 Model B and B+. */
import type { BoardDefinition } from '../board.js';
import { emulatedOnly, raspberryPi, SMALL_MEMORY, usbEthernet } from '../raspberry-pi.js';

export const raspberryPi3B: BoardDefinition = {
  ...raspberryPi,
  id: 'raspberry-pi-3b',
  name: 'Raspberry Pi 3 Model B or B+',
  models: ['Raspberry Pi 3 Model B', 'Raspberry Pi 3 Model B Plus'],
  compatible: ['raspberrypi,3-model-b', 'raspberrypi,3-model-b-plus'],
  gpioChipLabel: 'pinctrl-bcm2835',
  memoryMegabytes: 1024,
  v8Options: SMALL_MEMORY,
  debian: {
    trees: ['bcm2837-rpi-3-b.dtb', 'bcm2837-rpi-3-b-plus.dtb'],
    overlays: ['gps-uart'],
  },
  verifiedAgainst: emulatedOnly,
  quirks: [usbEthernet],
};
