/** Compute Module 4 on an IO board with the 40-pin header. */
import type { BoardDefinition } from '../board.js';
import { emulatedOnly, energyEfficientEthernet, raspberryPi } from '../raspberry-pi.js';

export const raspberryPiCm4: BoardDefinition = {
  ...raspberryPi,
  id: 'raspberry-pi-cm4',
  name: 'Raspberry Pi Compute Module 4',
  models: ['Raspberry Pi Compute Module 4'],
  compatible: ['raspberrypi,4-compute-module'],
  gpioChipLabel: 'pinctrl-bcm2711',
  memoryMegabytes: 1024,
  debian: { trees: ['bcm2711-rpi-cm4-io.dtb'], overlays: ['gps-uart'] },
  verifiedAgainst: emulatedOnly,
  quirks: [
    energyEfficientEthernet,
    {
      text: 'carriers and receivers that are made for PTP wire the pulse to the Ethernet chip (SYNC_OUT), where no GPIO sees it',
      remedy: "wire the receiver's pulse to GPIO 18 (pin 12 of the header) as well",
      link: 'https://github.com/domschl/RaspberryNtpServer/issues/11',
    },
  ],
};
