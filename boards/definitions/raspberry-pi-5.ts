/**
 * Raspberry Pi 5 and Compute Module 5: the header hangs on the RP1, a chip behind PCIe. For Raspberry Pi OS only.
 */
import type { BoardDefinition } from '../board.js';
import { consoleUart, raspberryPi } from '../raspberry-pi.js';

const NO_RP1 =
  "Debian's kernel and device tree lack the RP1, with the UARTs, I2C, GPIO and Ethernet of this board: install the .deb on " +
  'Raspberry Pi OS';

const rp1Jitter = {
  text: 'pulses come through the RP1 behind PCIe, whose power saving adds microseconds of jitter',
  remedy: 'write "pcie_aspm=off" into /boot/firmware/cmdline.txt and restart',
  link: 'https://github.com/geerlingguy/time-pi/issues/39',
} as const;

const common = {
  ...raspberryPi,
  gpioChipLabel: 'pinctrl-rp1',
  gpsUart: consoleUart,
  memoryMegabytes: 2048,
  debian: undefined,
  noImage: NO_RP1,
  verifiedAgainst: {
    against: 'none',
    note: "written from the documents: Debian's device tree lacks the RP1, and no emulator has one",
  },
  quirks: [rp1Jitter],
} as const satisfies Partial<BoardDefinition>;

export const raspberryPi5: BoardDefinition = {
  ...common,
  id: 'raspberry-pi-5',
  name: 'Raspberry Pi 5',
  models: ['Raspberry Pi 5', 'Raspberry Pi 500'],
  compatible: ['raspberrypi,5-model-b'],
};

export const raspberryPiCm5: BoardDefinition = {
  ...common,
  id: 'raspberry-pi-cm5',
  name: 'Raspberry Pi Compute Module 5',
  models: ['Raspberry Pi Compute Module 5'],
  compatible: ['raspberrypi,5-compute-module'],
};
