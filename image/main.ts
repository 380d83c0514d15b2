#!/usr/bin/env node
/**
 * `npm run image` and `npm run image:lock`: makes a card, or the list of its packages (`lock [MIRROR [FILE [KEYRING]]]`), and
 * says what came of it. For scripts: `native ARCHITECTURE FOLDER [MIRROR [CACHE]]` compiles the native parts of npm's packages in FOLDER for Debian.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { EXIT, explain, NoonmarkError } from '../src/errors.js';
import { BUILD_STEPS, buildImage } from './build.js';
import { printLock } from './lock.js';
import { buildNative, nativeArchitecture } from './native.js';
import { DEFAULT_MIRROR, readOptions, usage } from './options.js';
import { Progress } from './progress.js';
import { askPassword } from './prompt.js';
import { cacheFolder, lockedPackages, lockFile, requestOf } from './request.js';
import { DEBIAN_KEYS, resolvePackages } from './resolve.js';

/** What belongs to root on the card must seem to here: without being root, inside fakeroot. */
function becomeRoot(): number | undefined {
  if (process.getuid?.() === 0) return undefined;
  const { status, error } = spawnSync('fakeroot', [process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  if (error !== undefined)
    throw new NoonmarkError('ERR_UNSUPPORTED', 'the program fakeroot is missing', 'apt-get install fakeroot');
  return status ?? EXIT.failure;
}

function renewLock([
  mirror = DEFAULT_MIRROR,
  file = lockFile,
  keyring = DEBIAN_KEYS,
]: readonly string[]): number {
  const packages = resolvePackages(mirror, keyring);
  writeFileSync(file, printLock(packages));
  process.stdout.write(`image: ${file}: ${packages.length} packages\n`);
  return EXIT.ok;
}

/** Prints the name of the library that what it made is for. */
async function native([name, folder = '', mirror, cache]: readonly string[]): Promise<number> {
  const libnode = await buildNative({
    ...{ architecture: nativeArchitecture(name), folder, packages: lockedPackages() },
    ...{ mirror: mirror || DEFAULT_MIRROR, cache: cache || cacheFolder() },
  });
  process.stdout.write(`${libnode}\n`);
  return EXIT.ok;
}

async function main(args: readonly string[]): Promise<number> {
  process.umask(0o022);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return EXIT.ok;
  }
  if (args[0] === 'lock') return renewLock(args.slice(1));
  if (args[0] === 'native') return native(args.slice(1));
  const options = readOptions(args);
  const again = becomeRoot();
  if (again !== undefined) return again;
  const tell = (text: string) => void process.stderr.write(`image: ${text}\n`);
  const request = await requestOf(options, { tell, askPassword });
  const progress = new Progress(
    (text) => process.stderr.write(text),
    process.stderr.isTTY === true,
    BUILD_STEPS,
  );
  const { path, bytes, sha256, imageSha256 } = await buildImage(request, progress);
  progress.end();
  process.stdout.write(
    `${path}: ${(bytes / 1e6).toFixed(0)} MB, sha256 ${sha256}\nuncompressed: sha256 ${imageSha256}\n`,
  );
  return EXIT.ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`\nimage: ${explain(error)}\n`);
  process.exitCode = error instanceof NoonmarkError && error.code === 'ERR_USAGE' ? EXIT.usage : EXIT.failure;
}
