/**
 * An update of noonmark on a card: the read-only root is opened, the package installed and tried, the one before put back
 * if it does not serve, and the root closed again. Owns the order of it; what is done goes through `CardHost`.
 */
import { NoonmarkError } from '../../errors.js';

/** What a card has and no other machine. */
export const CARD_FOLDER = '/usr/lib/noonmark-card';
/** Where the card builder puts what a card was made of, with its boards and its hat, and the package that is installed. */
export const CARD_MANIFEST = `${CARD_FOLDER}/manifest`;
export const INSTALLED_PACKAGE = `${CARD_FOLDER}/installed.deb`;
export const CONFIGURATION = '/etc/noonmark/ntp.conf';
/** What its owner edits, in words: once changed it takes CONFIGURATION's place at the next start (image/files/setup). */
export const EDITED_CONFIGURATION = "noonmark.conf on the card's first partition";
/** While it is there an update is not over: the next start installs INSTALLED_PACKAGE anew (image/files/init). */
export const UPDATE_MARK = `${CARD_FOLDER}/update-is-not-over`;
/** A service that ends soon after its start is started again half a second later: so long it must have stood, ms. */
const TRIAL_MS = 10_000;

export interface CardHost {
  exists(path: string): boolean;
  isRoot(): boolean;
  /** Runs a program to its end; `output`: what it said, both streams. */
  run(program: string, ...args: readonly string[]): { readonly exitCode: number; readonly output: string };
  /** The copy takes its place whole, and is on the disk when this returns. */
  copy(from: string, to: string): void;
  pause(ms: number): Promise<void>;
}

export interface UpdateResult {
  readonly from: string;
  readonly to: string;
  /** undefined: the new one is installed and serves; else why the old one is back */
  readonly fault: string | undefined;
  /** after a fault: the old one serves again */
  readonly isRestored: boolean;
  /** false: something holds the root open until the next start */
  readonly isReadOnly: boolean;
}

/** The last line that is not empty: programs say there what was wrong. */
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/**
 * Throws before anything is changed: ERR_UNSUPPORTED where this is no card, ERR_PERMISSION, ERR_FILE for a package that is
 * none of ours or of another machine, ERR_CONFIG when the configuration is wrong already (nothing could be tried).
 */
export async function updateCard(
  host: CardHost,
  file: string,
  say: (text: string) => void,
): Promise<UpdateResult> {
  if (!host.exists(CARD_MANIFEST))
    throw new NoonmarkError(
      'ERR_UNSUPPORTED',
      'this machine was not started from a card that "npm run image" made',
      `sudo apt install ${file.includes('/') ? file : `./${file}`}`,
    );
  if (!host.isRoot())
    throw new NoonmarkError('ERR_PERMISSION', 'an update wants root', `sudo noonmark update ${file}`);
  const to = versionOf(host, file);
  const from = versionOf(host, INSTALLED_PACKAGE);
  const before = host.run('noonmark', 'check', CONFIGURATION);
  if (before.exitCode !== 0)
    throw new NoonmarkError(
      'ERR_CONFIG',
      'the configuration is wrong already, so that an update cannot be tried',
      `noonmark check ${CONFIGURATION}`,
    );
  const opened = host.run('mount', '-o', 'remount,rw', '/');
  if (opened.exitCode !== 0)
    throw new NoonmarkError(
      'ERR_FILE',
      `the root cannot be written: ${lastLine(opened.output)}`,
      'is the card worn out?',
    );
  let fault: string | undefined;
  let isRestored = false;
  let isReadOnly = false;
  try {
    beginOrThrow(host);
    say(`noonmark ${from} -> ${to}: installing`);
    fault = await installed(host, file, say);
    if (fault === undefined) host.copy(file, INSTALLED_PACKAGE);
    else {
      say(`${fault}: ${from} is put back`);
      isRestored = (await installed(host, INSTALLED_PACKAGE, say)) === undefined;
    }
    host.run('sync');
    // Where neither serves, the next start tries once more to put the one before back.
    if (fault === undefined || isRestored) host.run('rm', '-f', UPDATE_MARK);
  } finally {
    host.run('sync');
    isReadOnly = host.run('mount', '-o', 'remount,ro', '/').exitCode === 0;
  }
  return { from, to, fault, isRestored, isReadOnly };
}

/** The mark is on the card before anything else is: without it a power cut would leave pieces that nobody mends. */
function beginOrThrow(host: CardHost): void {
  for (const [program, ...options] of [['touch'], ['sync', '-f']] as const) {
    const { exitCode, output } = host.run(program, ...options, UPDATE_MARK);
    if (exitCode !== 0)
      throw new NoonmarkError(
        'ERR_FILE',
        `the root cannot be written: ${lastLine(output)}`,
        'is the card full, or worn out?',
      );
  }
}

/** Version of a package that is noonmark, for this machine. */
function versionOf(host: CardHost, file: string): string {
  const { exitCode, output } = host.run('dpkg-deb', '-f', file, 'Package', 'Version', 'Architecture');
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(output)?.[1];
  const remedy = 'npm run package:deb makes it';
  if (exitCode !== 0)
    throw new NoonmarkError('ERR_FILE', `${file} is no package: ${lastLine(output)}`, remedy);
  if (field('Package') !== 'noonmark')
    throw new NoonmarkError('ERR_FILE', `${file} is ${field('Package')}, not noonmark`, remedy);
  const machine = host.run('dpkg', '--print-architecture').output.trim();
  if (field('Architecture') !== machine)
    throw new NoonmarkError(
      'ERR_FILE',
      `${file} is for ${field('Architecture')}, this machine is ${machine}`,
      remedy,
    );
  return field('Version') ?? '';
}

/** Installs and tries it. Answers what is wrong. */
async function installed(
  host: CardHost,
  file: string,
  say: (text: string) => void,
): Promise<string | undefined> {
  const { exitCode, output } = host.run('dpkg', '--force-confold', '--force-downgrade', '-i', file);
  if (exitCode !== 0) return `it cannot be installed (${lastLine(output)})`;
  const check = host.run('noonmark', 'check', CONFIGURATION);
  if (check.exitCode !== 0) return `it does not take the configuration (${lastLine(check.output)})`;
  // Ends when the service answers requests, or has failed to.
  const start = host.run('systemctl', 'restart', 'noonmarkd');
  if (start.exitCode !== 0) return `it does not start (${lastLine(start.output)})`;
  const restarts = () =>
    host.run('systemctl', 'show', '-p', 'NRestarts', '--value', 'noonmarkd').output.trim();
  const count = restarts();
  say(`it answers; ${TRIAL_MS / 1000} s more must pass`);
  await host.pause(TRIAL_MS);
  const stands = host.run('systemctl', 'is-active', 'noonmarkd').exitCode === 0 && restarts() === count;
  return stands ? undefined : 'it does not keep running';
}
