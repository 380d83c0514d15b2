/** Raspberry Pi 400: a 4B in a keyboard. */
import type { BoardDefinition } from '../board.js';
import { emulatedOnly, energyEfficientEthernet, raspberryPi } from '../raspberry-pi.js';

export const raspberryPi400: BoardDefinition = {
  ...raspberryPi,
  id: 'raspberry-pi-400',
  name: 'Raspberry Pi 400',
  models: ['Raspberry Pi 400'],
  compatible: ['raspberrypi,400'],
  // The 43456: Debian has its firmware in raspi-firmware, of which a card has the first partition's files only.
  radioMayLackFirmware: true,
  gpioChipLabel: 'pinctrl-bcm2711',
  memoryMegabytes: 4096,
  debian: { trees: ['bcm2711-rpi-400.dtb'], overlays: ['gps-uart'] },
  verifiedAgainst: emulatedOnly,
  quirks: [energyEfficientEthernet],
};
