/**
 * The card that tests boot, made by image/ from this checkout: once for each state of what goes into it, kept beside the
 * other things that tests unpack. For the tests of image/ and of the appliance.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildImage, type CardParts } from '../../image/build.js';
import { readOptions } from '../../image/options.js';
import { Progress } from '../../image/progress.js';
import { requestOf } from '../../image/request.js';
import { projectRoot } from './suite.js';

export interface TestCard {
  /** the whole card, uncompressed; not to be written to */
  readonly image: string;
  readonly parts: CardParts;
  /** of the machine's root, private half of the key that the card knows; undefined: nobody has it */
  readonly sshKey?: string;
}

/** What a card is made of, beside Debian's packages, which the lock names. */
const INPUTS = [
  'dist/src',
  'dist/drivers',
  'dist/boards',
  'dist/image',
  'boards',
  'docs',
  'image',
  'packaging',
  'systemd',
];
const INPUT_FILES = ['package.json', 'package-lock.json', 'scripts/package-deb.sh'];
const KEPT = 4;

function inputsHash(): string {
  const hash = createHash('sha256');
  const add = (path: string) => hash.update(`${path}\0`).update(readFileSync(join(projectRoot, path)));
  for (const folder of INPUTS)
    for (const entry of readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true }).sort(
      (a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1),
    ))
      if (entry.isFile() && !entry.name.endsWith('.map'))
        add(join(entry.parentPath, entry.name).slice(projectRoot.length + 1));
  for (const file of INPUT_FILES) add(file);
  return hash.digest('hex').slice(0, 24);
}

/** What npm run image is told for a card for the 3B and the 4B. */
export const TEST_BOARDS = ['--board', 'raspberry-pi-3b', '--board', 'raspberry-pi-4b'];

/** Builds a card of TEST_BOARDS into `folder`: card.img and its parts. `more`: of npm run image. */
export async function buildTestCard(
  folder: string,
  more: readonly string[] = [],
): Promise<TestCard & { readonly imageSha256: string }> {
  mkdirSync(folder, { recursive: true });
  const image = join(folder, 'card.img');
  const options = readOptions([
    ...[...TEST_BOARDS, '--out', image],
    ...['--parts', join(folder, 'parts'), ...more],
  ]);
  const request = await requestOf(options, {
    tell: () => undefined,
    askPassword: () => Promise.reject(new Error('nobody is asked')),
  });
  const { parts, imageSha256 } = await buildImage(request, new Progress(() => undefined, false, 1));
  if (parts === undefined) throw new Error('the build kept no parts');
  return { image, parts, imageSha256 };
}

async function buildInto(folder: string, home: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  const key = join(unfinished, 'ssh-key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]);
  await buildTestCard(unfinished, ['--ssh-key', `${key}.pub`]);
  for (const old of readdirSync(home)
    .filter((name) => !join(home, name).startsWith(folder))
    .slice(KEPT - 1))
    rmSync(join(home, old), { recursive: true, force: true });
  renameSync(unfinished, folder);
  rmSync(`${folder}.builder`, { force: true });
}

/** Who has put its process id into that file: this process, if nobody who lives has. */
function builderOf(path: string): number {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const pid = Number(existsSync(path) ? readFileSync(path, 'utf8') : 0);
  // Not yet written, or just done: asked again.
  if (pid > 0 && !existsSync(`/proc/${pid}`)) rmSync(path, { force: true });
  return pid;
}

/**
 * The card of this checkout, built if there is none yet: by one of the tests that ask for it at the same time, while the
 * others wait. To be called as root.
 */
export async function testCard(): Promise<TestCard> {
  const home = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noonmark', 'card');
  const folder = join(home, inputsHash());
  mkdirSync(home, { recursive: true });
  while (!existsSync(folder)) {
    const builder = builderOf(`${folder}.builder`);
    if (builder === process.pid) await buildInto(folder, home);
    else await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const parts = join(folder, 'parts');
  const bootFiles = join(parts, 'boot');
  return {
    image: join(folder, 'card.img'),
    sshKey: join(folder, 'ssh-key'),
    parts: {
      ...{ kernel: join(bootFiles, 'kernel8.img'), initrd: join(bootFiles, 'initrd.img'), bootFiles },
      ...{ root: join(parts, 'root.ext4'), boot: join(parts, 'boot.fat') },
    },
  };
}
