/** Raspberry Pi Zero 2 W: small, quick enough, and without Ethernet. */
import type { BoardDefinition } from '../board.js';
import { emulatedOnly, raspberryPi, SMALL_MEMORY } from '../raspberry-pi.js';

export const raspberryPiZero2W: BoardDefinition = {
  ...raspberryPi,
  id: 'raspberry-pi-zero-2w',
  name: 'Raspberry Pi Zero 2 W',
  models: ['Raspberry Pi Zero 2 W'],
  compatible: ['raspberrypi,model-zero-2-w'],
  // The 43430 of revision b0, whose firmware Debian lacks.
  radioMayLackFirmware: true,
  gpioChipLabel: 'pinctrl-bcm2835',
  memoryMegabytes: 512,
  cryptoBudgetPercent: 5,
  powersBytes: 1024 * 1024,
  v8Options: SMALL_MEMORY,
  debian: { trees: ['bcm2837-rpi-zero-2-w.dtb'], overlays: ['gps-uart'] },
  verifiedAgainst: emulatedOnly,
  quirks: [
    {
      text: 'it has no Ethernet: by Wi-Fi clients see milliseconds of jitter, whatever the clock is worth',
      remedy: 'a USB Ethernet adapter, and "iw dev wlan0 set power_save off" where Wi-Fi it must be',
      link: 'https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-zero-2-w',
    },
  ],
};
