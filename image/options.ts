/** The command line of `npm run image`. Pure; what it names is read elsewhere. */
import { parseArgs } from 'node:util';
import type { BoardDefinition } from '../boards/board.js';
import { CLOCKS, type ClockId } from '../boards/clocks.js';
import type { HatDefinition } from '../boards/hats/hat.js';
import { HATS } from '../boards/hats/list.js';
import { BOARDS } from '../boards/list.js';
import { explain, NoonmarkError } from '../src/errors.js';
import { checkHostname } from './texts.js';

export const DEFAULT_MIRROR = 'http://deb.debian.org';

export const usage = `usage: npm run image -- --board NAME [--board NAME …] [OPTIONS]

Makes a card for Raspberry Pis out of Debian's packages and this checkout: FILE.img.zst, and FILE.manifest beside it.

  --board NAME        what it is for, several if they share a header; the firmware takes what fits the board it finds
  --hat NAME          the receiver (generic-uart): ${HATS.map(({ id }) => id).join(', ')}
  --rtc NAME          a clock on battery that is wired to the header besides (none): ${Object.keys(CLOCKS).join(', ')}
  --hostname NAME     the machine's name; clients find NAME.local (noonmark)
  --ssh-key FILE      a public key that may log in as root; without one there is no SSH
  --join-key FILE     an AES-CMAC key, number 21, for card and clients: read from FILE, or made and written there
  --wifi SSID         join that network as well; asks for the password
  --wifi-password-file FILE, --wifi-country CC (00)
  --out FILE          what to write (out/noonmark-BOARD.img.zst; without .zst it is not compressed)
  --parts FOLDER      kernel, initrd and file systems there as well, for another machine or an emulator
  --mirror URL        Debian's archive (${DEFAULT_MIRROR})
  --cache FOLDER      of downloaded packages (~/.cache/noonmark/image)
  --deb FILE          noonmark's package (built from this checkout)

example: npm run image -- --board raspberry-pi-4b --hat uputronics-gps-rtc --ssh-key ~/.ssh/id_ed25519.pub
`;

export interface ImageOptions {
  readonly boards: readonly BoardDefinition[];
  readonly hat: HatDefinition;
  readonly rtc: ClockId | undefined;
  readonly hostname: string;
  readonly sshKeyFile: string | undefined;
  readonly joinKeyFile: string | undefined;
  readonly wifi:
    | { readonly ssid: string; readonly country: string; readonly passwordFile: string | undefined }
    | undefined;
  readonly out: string;
  readonly partsFolder: string | undefined;
  readonly mirror: string;
  readonly cache: string | undefined;
  readonly deb: string | undefined;
}

const wrong = (message: string, remedy: string) => new NoonmarkError('ERR_USAGE', message, remedy);

/** Throws ERR_USAGE; ERR_UNSUPPORTED for a board that no card can be made for, with the reason. */
export function readOptions(args: readonly string[]): ImageOptions {
  const { values } = parse(args);
  const boards = (values.board ?? []).map(boardOf);
  const [first] = boards;
  if (first === undefined) throw wrong('no board is named', `--board ${imageBoards()}`);
  if (values['wifi-password-file'] !== undefined && values.wifi === undefined)
    throw wrong('there is a password and no Wi-Fi', '--wifi SSID');
  const hat = hatOf(values.hat ?? 'generic-uart');
  return {
    boards,
    hat,
    rtc: values.rtc === undefined ? undefined : clockOf(values.rtc, hat),
    hostname: checkHostname(values.hostname ?? 'noonmark'),
    sshKeyFile: values['ssh-key'],
    joinKeyFile: values['join-key'],
    wifi:
      values.wifi === undefined
        ? undefined
        : {
            ssid: checkSsid(values.wifi),
            country: checkCountry(values['wifi-country'] ?? '00'),
            passwordFile: values['wifi-password-file'],
          },
    out: values.out ?? `out/noonmark-${boards.map(({ id }) => id).join('-')}.img.zst`,
    mirror: (values.mirror ?? DEFAULT_MIRROR).replace(/\/+$/, ''),
    partsFolder: values.parts,
    cache: values.cache,
    deb: values.deb,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        board: { type: 'string', multiple: true },
        ...{
          hat: text,
          rtc: text,
          hostname: text,
          'ssh-key': text,
          'join-key': text,
          out: text,
          mirror: text,
        },
        ...{
          wifi: text,
          'wifi-password-file': text,
          'wifi-country': text,
          cache: text,
          deb: text,
          parts: text,
        },
      },
    });
  } catch (cause) {
    throw new NoonmarkError('ERR_USAGE', explain(cause), 'npm run image -- --help', { cause });
  }
}

const imageBoards = () =>
  BOARDS.filter(({ debian }) => debian !== undefined)
    .map(({ id }) => id)
    .join(', ');

function boardOf(name: string): BoardDefinition {
  const board = BOARDS.find(({ id }) => id === name);
  if (board === undefined) throw wrong(`there is no board '${name}'`, `--board ${imageBoards()}`);
  if (board.debian === undefined)
    throw new NoonmarkError(
      'ERR_UNSUPPORTED',
      `no card is made for ${board.name}`,
      board.noImage ?? `it is no board; --board ${imageBoards()}`,
    );
  return board;
}

function hatOf(name: string): HatDefinition {
  const hat = HATS.find(({ id }) => id === name);
  if (hat !== undefined) return hat;
  throw wrong(`there is no hat '${name}'`, `--hat ${HATS.map(({ id }) => id).join(', ')}`);
}

function clockOf(name: string, hat: HatDefinition): ClockId {
  const id = Object.keys(CLOCKS).find((known): known is ClockId => known === name);
  if (id === undefined)
    throw wrong(`there is no clock on battery '${name}'`, `--rtc ${Object.keys(CLOCKS).join(', ')}`);
  if (hat.rtc === undefined) return id;
  throw wrong(`the ${hat.name} has a clock on battery of its own`, `leave out --rtc ${name}`);
}

function checkSsid(ssid: string): string {
  const length = Buffer.byteLength(ssid);
  if (length >= 1 && length <= 32) return ssid;
  throw wrong(`a Wi-Fi's name has 1 to 32 bytes, this one ${length}`, '--wifi SSID');
}

function checkCountry(country: string): string {
  if (/^(00|[A-Z]{2})$/.test(country)) return country;
  throw wrong(`'${country}' is no country`, '--wifi-country takes two capitals, e.g. DE');
}
