/**
 * Who made this system, which decides how pulse, UART and I2C come into its device tree: our card has them in it, on
 * Raspberry Pi OS config.txt asks the firmware for overlays, and Debian's own kernel takes a tree that was patched before.
 * Owns the words of all three; what is missing is the checks'.
 */
import { CLOCKS, type ClockId } from '../../../boards/clocks.js';
import type { HatDefinition } from '../../../boards/hats/hat.js';
import { HATS } from '../../../boards/hats/list.js';
import { CARD_FOLDER, CARD_MANIFEST, CONFIGURATION, EDITED_CONFIGURATION } from '../update/card.js';
import type { Case } from './finding.js';
import { type Machine, sharedFile } from './machine.js';

export type System =
  /** `boards`: ids of those it was made for; `hat`: undefined for a card that does not tell */
  | {
      readonly kind: 'card';
      readonly boards: readonly string[];
      readonly hat: HatDefinition | undefined;
      /** on battery, beside the hat or the hat's own */
      readonly rtc: ClockId | undefined;
    }
  /** `firmware`: where config.txt is, and is heeded */
  | { readonly kind: 'raspberry-pi-os'; readonly firmware: string }
  /** Debian's kernel, or a machine that is no Raspberry Pi at all */
  | { readonly kind: 'other'; readonly firmware: string | undefined };

const FIRMWARE = ['/boot/firmware', '/boot'];

export function systemOf(machine: Machine): System {
  if (machine.exists(CARD_FOLDER)) {
    const manifest = machine.read(CARD_MANIFEST) ?? '';
    const told = (name: string) => new RegExp(`^${name} (.+)$`, 'm').exec(manifest)?.[1]?.split(' ') ?? [];
    const [[id], [rtc]] = [told('hat'), told('rtc')];
    const hat = HATS.find((hat) => hat.id === id);
    return { kind: 'card', boards: told('boards'), hat, rtc: clockNamed(rtc) ?? hat?.rtc };
  }
  const firmware = FIRMWARE.find((folder) => machine.exists(`${folder}/config.txt`));
  // Debian's packages write a config.txt as well, but have none of the overlays that it could name.
  const isTheirs = machine.exists('/etc/rpi-issue') || machine.exists(`${firmware}/overlays/pps-gpio.dtbo`);
  return firmware !== undefined && isTheirs
    ? { kind: 'raspberry-pi-os', firmware }
    : { kind: 'other', firmware };
}

const clockNamed = (name: string | undefined): ClockId | undefined =>
  Object.keys(CLOCKS).find((known): known is ClockId => known === name);

/** Does a card put that configuration in its place by itself? What is written into it there is lost. */
export const isCardsOwn = ({ kind }: System, file: string): boolean =>
  kind === 'card' && file === CONFIGURATION;

/** Where a line of that configuration is to be written. */
export const writtenTo = (system: System, file: string): string =>
  isCardsOwn(system, file) ? EDITED_CONFIGURATION : file;

/** What the device tree is to have. */
export interface TreeWish {
  /** lines of Raspberry Pi OS's config.txt */
  readonly lines: readonly string[];
  /** sources in boards/overlays */
  readonly overlays: readonly string[];
  /** what the card builder is asked for, where no hat need have it */
  readonly rtc?: ClockId;
}

export const uartWish = ({ gpsUart }: Case['board']): TreeWish => ({
  lines: gpsUart?.configLines ?? [],
  overlays: ['gps-uart'],
});
export const WITHOUT_BLUETOOTH: TreeWish = { lines: ['dtoverlay=disable-bt'], overlays: ['gps-uart'] };
export const I2C: TreeWish = { lines: ['dtparam=i2c_arm=on'], overlays: ['i2c-header'] };
export const DS3231: TreeWish = {
  lines: [...I2C.lines, 'dtoverlay=i2c-rtc,ds3231'],
  overlays: CLOCKS.ds3231.overlays,
  rtc: 'ds3231',
};

/** Is this a board whose device tree we know how to bring what it lacks? */
export const knowsTree = ({ board, system }: Case): boolean =>
  system.kind !== 'other' ||
  board.debian !== undefined ||
  (board.noImage !== undefined && board.models.length > 0);

/** Does Raspberry Pi OS's config.txt have that line? With more behind it ("=on,…") it is the same line. */
export const isConfigured = ({ machine, system }: Case, line: string): boolean =>
  system.kind === 'raspberry-pi-os' &&
  (machine.read(`${system.firmware}/config.txt`) ?? '')
    .split('\n')
    .some((written) => written.trim().startsWith(line));

/** How this system comes to have it. */
export function treeRemedy(on: Case, wish: TreeWish): string {
  const { system, board } = on;
  if (system.kind === 'card') return `make the card again: ${imageCommand(on, wish)}`;
  if (system.kind === 'raspberry-pi-os') {
    const lines = wish.lines.map((line) => `"${line}"`).join(' and ');
    return `write ${lines} into ${system.firmware}/config.txt and restart`;
  }
  return board.debian === undefined && board.noImage !== undefined
    ? board.noImage
    : `${patchCommand(on, wish)}, then sudo mv ${treeFile(on)}.new ${treeFile(on)} and restart; again after an update of the kernel`;
}

/** With a hat that has it, or can be beside it: this card's if it can be, else those that would. */
function imageCommand({ board, system }: Case, { overlays, rtc }: TreeWish): string {
  const has = (hat: HatDefinition) =>
    (rtc !== undefined && hat.rtc === undefined) ||
    overlays.every((name) => hat.overlays.includes(name) || board.debian?.overlays.includes(name));
  const none = { boards: [], hat: undefined, rtc: undefined };
  const { boards, hat: own, rtc: ownRtc } = system.kind === 'card' ? system : none;
  // A hat's own clock is not asked for.
  const clock = rtc ?? (own?.rtc === undefined ? ownRtc : undefined);
  const more = clock === undefined ? '' : ` --rtc ${clock}`;
  const fitting = HATS.filter(has).map(({ id }) => id);
  const hats = own !== undefined && has(own) ? [own.id] : fitting;
  const ids = new Set([...boards, ...(board.debian === undefined ? [] : [board.id])]);
  const names = [...ids].map((id) => `--board ${id}`);
  return `npm run image -- ${names.join(' ')} --hat ${hats.length === 1 ? hats[0] : `HAT (${hats.join(', ')})`}${more}`;
}

/** As the packages install the sources; `docs/appliance.md` tells the same. */
function patchCommand(on: Case, { overlays }: TreeWish): string {
  const sources = sharedFile(on.machine, 'overlays');
  const compiled = overlays.map((name) => `/tmp/${name}.dtbo`);
  const compile = overlays.map(
    (name, index) => `dtc -@ -I dts -O dtb -o ${compiled[index]} ${sources}/${name}.dts`,
  );
  const tree = treeFile(on);
  return [
    'sudo apt install device-tree-compiler',
    ...compile,
    `sudo fdtoverlay -i ${tree} -o ${tree}.new ${compiled.join(' ')}`,
  ].join(' && ');
}

/** The tree that the firmware takes: of those of a 3B and a 3B+ it is by the model. */
function treeFile({ model, board, system }: Case): string {
  const folder = (system.kind === 'other' ? system.firmware : undefined) ?? '/boot/firmware';
  const trees = board.debian?.trees ?? [];
  const isPlus = / Plus\b/.test(model ?? '');
  const name = trees.find((tree) => tree.includes('-plus') === isPlus) ?? trees[0] ?? 'BOARD.dtb';
  return `${folder}/${name}`;
}

/** The line of the pulse: the configuration's, the device tree's, the hat's, config.txt's, else the board's. */
export interface PulseLine {
  readonly gpio: number;
  /** for people, as "pin 12 of the header (GPIO 18)" */
  readonly place: string;
}

export function pulseLine({ config, system, machine, board }: Case): PulseLine | undefined {
  const written =
    system.kind === 'raspberry-pi-os'
      ? /^\s*dtoverlay=pps-gpio,(?:.*,)?gpiopin=(\d+)/m.exec(
          machine.read(`${system.firmware}/config.txt`) ?? '',
        )?.[1]
      : undefined;
  const hat = system.kind === 'card' ? system.hat : undefined;
  const gpio =
    config?.refclocks.find((clock) => clock.gpio !== undefined)?.gpio ??
    treeLine(machine) ??
    hat?.pps.gpio ??
    (written === undefined ? undefined : Number(written)) ??
    board.pps?.gpio;
  if (gpio === undefined) return undefined;
  const pin = [board, ...HATS].find(({ pps }) => pps?.gpio === gpio)?.pps?.headerPin;
  return { gpio, place: pin === undefined ? `GPIO ${gpio}` : `pin ${pin} of the header (GPIO ${gpio})` };
}

/** Line of the node that an overlay made for the driver pps-gpio: phandle, line and flags, four bytes each. */
export function treeLine(machine: Machine): number | undefined {
  const base = '/sys/firmware/devicetree/base';
  const node = machine.list(base).find((name) => /^pps(@|$)/.test(name));
  const cells = node === undefined ? undefined : machine.read(`${base}/${node}/gpios`);
  // Lines are small: their last byte is a character of its own, whatever the phandle's are.
  return cells === undefined || cells.length < 8 ? undefined : cells.charCodeAt(cells.length - 5);
}

/** Overlay of that line; ours are for the lines that hats use. */
export const pulseWish = (gpio: number): TreeWish => ({
  lines: [`dtoverlay=pps-gpio,gpiopin=${gpio}`],
  overlays: [`pps-gpio${gpio}`],
});

/** Hats with another line than that, for who is told to write one: "gpiopin=4 for the Adafruit …". */
export const otherLines = (gpio: number, word: string): string =>
  HATS.filter(({ pps }) => pps.gpio !== gpio)
    .map(({ name, pps }) => `${word}${pps.gpio} for the ${name}`)
    .join(', ');
