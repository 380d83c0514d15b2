/**
 * What noonmark must know of a board to find its pulse, its serial line and its limits: data only. One file a board
 * beside this one; detection is detect.ts. A field that is undefined is not known for this board: the user writes it.
 */
export interface BoardQuirk {
  /** one sentence for a person */
  readonly text: string;
  /** what to do about it */
  readonly remedy: string;
  /** line of Raspberry Pi OS's config.txt, or word of the kernel's command line, with which doctor is silent about it */
  readonly mendedBy?: string;
  /** a card has nothing that mends it: doctor is silent about it there */
  readonly staysOnCard?: true;
  /** where it is documented */
  readonly link: string;
}

/** Where the pulse is wired. */
export interface PpsWiring {
  /** line of the header's GPIO chip */
  readonly gpio: number;
  /** pin on the header, for people */
  readonly headerPin: number;
  /** the pin's resistor while the pulse is read; 'none': a receiver drives its line both ways */
  readonly pull: 'none' | 'up' | 'down';
}

export interface GpsUart {
  /** e.g. /dev/serial0; a link that outlives the kernel's renaming of ports, where there is one */
  readonly device: string;
  /** lines of Raspberry Pi OS's config.txt that put it on the header */
  readonly configLines: readonly string[];
  /** lines of that file that put the console on it; not there as the board is shipped */
  readonly consoleLines: readonly string[];
  /** tty of a connector of its own that the console is on, and that /dev/serial0 means; undefined: there is none */
  readonly debugTty: string | undefined;
  /** who else wants this UART as the board is shipped, and how to take it from them */
  readonly conflicts: readonly { readonly with: 'console' | 'bluetooth'; readonly remedy: string }[];
}

/** How the board is brought up from Debian's own kernel package. */
export interface DebianBoot {
  /** device trees of this board and its revisions below broadcom/ in that package */
  readonly trees: readonly string[];
  /** sources in boards/overlays that give the GPS its UART; a hat's come on top */
  readonly overlays: readonly string[];
}

/** What was really done with a definition. */
export interface Verification {
  /** 'device-tree': its overlays apply to Debian's tree of it, pins, UART, cores and zone are those (test/boards); nothing else */
  readonly against: 'hardware' | 'device-tree' | 'none';
  /** one sentence for a person */
  readonly note: string;
}

export interface BoardDefinition {
  /** as written after `board`, e.g. "raspberry-pi-4b" */
  readonly id: string;
  /** for people */
  readonly name: string;
  /** beginnings of /proc/device-tree/model that mean this board */
  readonly models: readonly string[];
  /** entries of /proc/device-tree/compatible that mean this board or one of its kind */
  readonly compatible: readonly string[];
  /** some of these boards have a radio whose firmware a card does not have: Wi-Fi works on the others only */
  readonly radioMayLackFirmware?: true;
  /** label of the GPIO chip behind the header, e.g. "pinctrl-bcm2711": numbers and bases change with the kernel */
  readonly gpioChipLabel: string | undefined;
  readonly pps: PpsWiring | undefined;
  readonly gpsUart: GpsUart | undefined;
  /** N of /dev/i2c-N on the header */
  readonly i2cBus: number | undefined;
  /** file with the temperature of the processor, millidegrees Celsius */
  readonly thermalZone: string | undefined;
  /** doctor tells when fewer are on */
  readonly cores: number | undefined;
  /** what its budgets take for granted, MiB; doctor tells when much less is there */
  readonly memoryMegabytes: number | undefined;
  /** CPU share of Autokey's public-key work when the configuration does not say */
  readonly cryptoBudgetPercent: number;
  /** memory of an identity scheme's table and pool, bytes (autokey/powers) */
  readonly powersBytes: number;
  /** node's options for noonmarkd, e.g. "--max-semi-space-size=2" */
  readonly v8Options: readonly string[];
  /** undefined: no card is made for this board, `noImage` says why */
  readonly debian: DebianBoot | undefined;
  readonly noImage: string | undefined;
  readonly verifiedAgainst: Verification;
  readonly quirks: readonly BoardQuirk[];
}
