/** Raspberry Pi 4 Model B. */
import type { BoardDefinition } from '../board.js';
import { emulatedOnly, energyEfficientEthernet, raspberryPi } from '../raspberry-pi.js';

export const raspberryPi4B: BoardDefinition = {
  ...raspberryPi,
  id: 'raspberry-pi-4b',
  name: 'Raspberry Pi 4 Model B',
  models: ['Raspberry Pi 4 Model B'],
  compatible: ['raspberrypi,4-model-b'],
  gpioChipLabel: 'pinctrl-bcm2711',
  memoryMegabytes: 1024,
  debian: { trees: ['bcm2711-rpi-4-b.dtb'], overlays: ['gps-uart'] },
  verifiedAgainst: emulatedOnly,
  quirks: [energyEfficientEthernet],
};
