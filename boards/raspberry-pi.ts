/**
 * What the Raspberry Pis have in common: the 40-pin header with the BCM283x's pins, and from the Zero 2 W to the CM4 either
 * of two UARTs on GPIO 14 and 15. The definitions beside this file take it and add what is theirs.
 * Sources: https://www.raspberrypi.com/documentation/computers/configuration.html#configure-uarts, Linux
 * arch/arm64/boot/dts/broadcom (bcm283x-rpi-*.dtsi).
 */
import type { BoardDefinition, GpsUart, PpsWiring } from './board.js';

export const headerPps: PpsWiring = { gpio: 18, headerPin: 12, pull: 'none' };

/** The PL011 is better than the mini UART, whose rate follows the core's clock; Bluetooth has it as shipped. */
export const headerUart: GpsUart = {
  device: '/dev/serial0',
  configLines: ['enable_uart=1'],
  consoleLines: [],
  debugTty: undefined,
  conflicts: [
    {
      with: 'console',
      remedy: 'take "console=serial0,115200" out of /boot/firmware/cmdline.txt and restart',
    },
    {
      with: 'bluetooth',
      remedy: 'write "dtoverlay=disable-bt" into /boot/firmware/config.txt and restart',
    },
  ],
};

export const raspberryPi = {
  pps: headerPps,
  gpsUart: headerUart,
  i2cBus: 1,
  thermalZone: '/sys/class/thermal/thermal_zone0/temp',
  cores: 4,
  cryptoBudgetPercent: 10,
  powersBytes: 2 * 1024 * 1024,
  v8Options: [],
  noImage: undefined,
  quirks: [],
} as const satisfies Partial<BoardDefinition>;

export const emulatedOnly = {
  against: 'device-tree',
  note: "checked against Debian's device tree of it, not on the board itself",
} as const;

export const SMALL_MEMORY = ['--max-old-space-size=96', '--max-semi-space-size=2'] as const;

/** Ethernet behind USB: late packets, by up to a millisecond at 100 Mbit/s. */
export const usbEthernet = {
  text: 'its Ethernet hangs on USB, which adds some 100 µs of jitter to what clients see; the clock itself is as good',
  remedy: 'for clients that need better than 0.1 ms, a board with Ethernet of its own (4B, CM4)',
  link: 'https://www.raspberrypi.com/documentation/computers/processors.html',
} as const;

/**
 * The BCM2711's Ethernet, on the 4B, the 400 and the CM4. Debian's module genet has no parameter `eee` (a patch of
 * Raspberry Pi's kernel: https://github.com/raspberrypi/linux/pull/7270), and a card has no ethtool.
 */
export const energyEfficientEthernet = {
  text: 'its Ethernet saves energy together with the switch (EEE), and with some switches packets are late or lost then',
  remedy:
    'on Raspberry Pi OS write "dtparam=eee=off" into /boot/firmware/config.txt and restart; elsewhere "sudo ethtool --set-eee end0 eee off" at each start ("ip link" tells whether it is end0 or eth0)',
  mendedBy: 'dtparam=eee=off',
  staysOnCard: true,
  link: 'https://github.com/raspberrypi/linux/issues/4289',
} as const;
