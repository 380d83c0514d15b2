/** What this build is. The build date is the floor below which no clock can be right. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest above this code, which a package has in files of other folders than a checkout. */
function manifestAbove(place: URL): URL {
  const file = new URL('package.json', place);
  const above = new URL('..', place);
  return existsSync(file) || above.href === place.href ? file : manifestAbove(above);
}

const manifestFile = fileURLToPath(manifestAbove(new URL('.', import.meta.url)));
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { version: string };

/** The folder of this copy of the program: a checkout, or where a package put it. */
export const home = dirname(manifestFile);

export const version = manifest.version;
/** Unix ns; when this copy of the program was made. */
export const builtAtNs: bigint =
  BigInt(Math.floor(statSync(fileURLToPath(import.meta.url)).mtimeMs)) * 1_000_000n;
