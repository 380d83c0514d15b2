/** `noonmark keygen` and the reference's ntp-keygen 4.2.8p15, run by a test. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { command } from '../../src/cli/keygen.js';
import { libraryPath, peerPath } from './peers-client.js';

/** Runs our keygen and answers what it wrote to standard output. */
export async function noonmarkKeygen(directory: string, ...args: readonly string[]): Promise<string> {
  let out = '';
  const code = await command.run([...args, '-d', directory], {
    out: (text) => {
      out += text;
    },
    err: () => {},
    monotonic: () => 0n,
    isTerminal: false,
    columns: 80,
  });
  if (code !== 0) throw new Error(`keygen ${args.join(' ')} ended with ${code}: ${out}`);
  return out;
}

/**
 * Runs the reference's in a directory; throws with what it printed when it fails. It has the machine's name unless told
 * otherwise by `-s`.
 */
export function referenceKeygen(directory: string, ...args: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  const root = peerPath('ntp');
  const { stdout, stderr, status } = spawnSync(`${root}/usr/sbin/ntp-keygen`, args, {
    cwd: directory,
    encoding: 'latin1',
    env: {
      ...process.env,
      LD_LIBRARY_PATH: libraryPath(root),
      RANDFILE: `${directory}/.rnd`,
      HOME: directory,
    },
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`ntp-keygen ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** This machine's name, which ntp-keygen takes for the group unless `-i` says otherwise. */
export const machineName = (): string => execFileSync('hostname', { encoding: 'utf8' }).trim();
