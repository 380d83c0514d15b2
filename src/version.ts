/** What this build is. The build date is the floor below which no clock can be right. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

export const version = manifest.version;
/** Unix ns; when this copy of the program was made. */
export const builtAtNs: bigint =
  BigInt(Math.floor(statSync(fileURLToPath(import.meta.url)).mtimeMs)) * 1_000_000n;
