/**
 * From options to what a build wants: reads the files that the command line names, the lock, and this checkout's time.
 * The appliance test makes its card through it as well.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explain, NoonmarkError } from '../src/errors.js';
import type { BuildInput } from './build.js';
import { checkAuthorizedKeys, checkJoinKeys, newJoinKeys, wifiText } from './inputs.js';
import { parseLock } from './lock.js';
import type { ImageOptions } from './options.js';

/** The checkout, from dist/image. */
export const project = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const lockFile = join(project, 'image', 'packages.lock');

export interface Person {
  /** what a person should know */
  tell(text: string): void;
  /** Rejects with ERR_USAGE where nobody can be asked. */
  askPassword(question: string): Promise<string>;
}

const read = (remedy: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new NoonmarkError('ERR_FILE', `${file} cannot be read: ${explain(cause)}`, remedy, { cause });
  }
};

function joinKeysOf(file: string | undefined, person: Person): string | undefined {
  if (file === undefined) return undefined;
  if (!existsSync(file)) {
    writeFileSync(file, newJoinKeys(randomBytes(16)), { mode: 0o600, flag: 'wx' });
    person.tell(`${file} is made: the key of card and clients`);
  }
  return checkJoinKeys(read('--join-key FILE', file), file);
}

async function wifiOf({ wifi, boards }: ImageOptions, person: Person): Promise<string | undefined> {
  if (wifi === undefined) return undefined;
  for (const { name, radioMayLackFirmware } of boards)
    if (radioMayLackFirmware === true)
      person.tell(`on some of the ${name} Wi-Fi does not work: the card has no firmware for their radio`);
  person.tell('by Wi-Fi clients see milliseconds of jitter, and losses; a cable where time matters');
  const { passwordFile } = wifi;
  const password =
    passwordFile === undefined
      ? await person.askPassword(`password of ${wifi.ssid}: `)
      : (read('--wifi-password-file FILE', passwordFile).split(/\r?\n/, 1)[0] ?? '');
  return wifiText(wifi.ssid, password, wifi.country);
}

/** The last commit's time, as the package has it. */
export const commitSeconds = (): number =>
  Number(
    process.env['SOURCE_DATE_EPOCH'] ??
      execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: project, encoding: 'utf8' }),
  );

/** Of downloaded packages, unless another is given. */
export const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noonmark', 'image');

/** Throws ERR_FILE. */
export const lockedPackages = () =>
  parseLock(read('npm run image:lock makes it', lockFile), 'image/packages.lock');

/** Throws ERR_FILE for a file that cannot be read or is not what it should be; ERR_USAGE. */
export async function requestOf(options: ImageOptions, person: Person): Promise<BuildInput> {
  const { sshKeyFile } = options;
  return {
    options,
    packages: lockedPackages(),
    project,
    cache: options.cache ?? cacheFolder(),
    seconds: commitSeconds(),
    authorizedKeys:
      sshKeyFile === undefined
        ? undefined
        : checkAuthorizedKeys(read('--ssh-key FILE', sshKeyFile), sshKeyFile),
    joinKeys: joinKeysOf(options.joinKeyFile, person),
    wifi: await wifiOf(options, person),
  };
}
