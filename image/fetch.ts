/** Gets the packages of the lock, each once: a cache on this machine, checked by their hashes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, NoonmarkError } from '../src/errors.js';
import type { LockedPackage } from './lock.js';

const AT_A_TIME = 4;

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Answers the .deb's path. Throws ERR_REMOTE naming the package when the archive has it no more or another in its place. */
async function fetchOne(wanted: LockedPackage, mirror: string, cache: string): Promise<string> {
  const { name, version, sha256, path } = wanted;
  const file = join(cache, `${name}_${sha256.slice(0, 16)}.deb`);
  if (existsSync(file) && sha256Of(readFileSync(file)) === sha256) return file;
  const url = `${mirror}/${path}`;
  const fault = (what: string, remedy: string) =>
    new NoonmarkError('ERR_REMOTE', `${name} ${version} ${what} (${url})`, remedy);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw fault(`cannot be fetched: ${explain(error)}`, 'connect this machine, or give another --mirror');
  }
  if (response.status === 404)
    throw fault(
      "has vanished from Debian's archive",
      'npm run image:lock takes the versions of today, or --mirror an archive that keeps the old ones',
    );
  if (!response.ok) throw fault(`cannot be fetched: ${response.status} ${response.statusText}`, 'try again');
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (sha256Of(bytes) !== sha256)
    throw fault('is not the file that packages.lock names', 'find out who changed it before going on');
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, bytes);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

/** Paths in the order of `packages`. `progress`: how many are here. */
export async function fetchPackages(
  packages: readonly LockedPackage[],
  options: { readonly mirror: string; readonly cache: string },
  progress: (done: number) => void,
): Promise<readonly string[]> {
  const files = new Array<string>(packages.length).fill('');
  const queue = packages.map((wanted, index) => ({ wanted, index }));
  let done = 0;
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      files[next.index] = await fetchOne(next.wanted, options.mirror, options.cache);
      done += 1;
      progress(done);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return files;
}
