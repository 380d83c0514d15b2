/**
 * Raspberry Pi 5 and Compute Module 5: the header hangs on the RP1, a chip behind PCIe. For Raspberry Pi OS only.
 * Sources: https://github.com/raspberrypi/linux, arch/arm64/boot/dts/broadcom (bcm2712-rpi.dtsi, rp1.dtsi);
 * https://github.com/raspberrypi/documentation/issues/3239 and https://github.com/raspberrypi/rpi-eeprom/issues/673.
 */
import type { BoardDefinition, GpsUart } from '../board.js';
import { raspberryPi } from '../raspberry-pi.js';

const NO_RP1 =
  "Debian's kernel and device tree lack the RP1, with the UARTs, I2C, GPIO and Ethernet of this board: install the .deb on " +
  'Raspberry Pi OS';

/**
 * UART0 of the RP1 has GPIO 14 and 15, and Bluetooth a UART of its own. The console, and /dev/serial0 with it, is on the
 * 3-pin connector, unless config.txt brings it to the header.
 */
const rp1Uart: GpsUart = {
  device: '/dev/ttyAMA0',
  configLines: ['dtparam=uart0=on'],
  consoleLines: ['enable_uart=1', 'dtparam=uart0_console'],
  debugTty: 'ttyAMA10',
  conflicts: [
    {
      with: 'console',
      remedy: 'take "console=ttyAMA0,115200" out of /boot/firmware/cmdline.txt and restart',
    },
  ],
};

const rp1Jitter = {
  text: 'pulses come through the RP1 behind PCIe, whose power saving adds microseconds of jitter',
  remedy: 'write "pcie_aspm=off" into /boot/firmware/cmdline.txt and restart',
  mendedBy: 'pcie_aspm=off',
  link: 'https://github.com/geerlingguy/time-pi/issues/39',
} as const;

const common = {
  ...raspberryPi,
  gpioChipLabel: 'pinctrl-rp1',
  gpsUart: rp1Uart,
  memoryMegabytes: 1024,
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
