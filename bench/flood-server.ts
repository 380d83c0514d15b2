/** The noonmarkd that is flooded: fresh keys (GQ and host key of 2048 bits), its own clock, loopback only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decryptCookie } from '../src/autokey/cookie.js';
import { type HostKey, hostKey } from '../src/autokey/host-key.js';
import { command as keygen } from '../src/cli/keygen.js';
import { decodeAutokeyField } from '../src/wire/autokey-field.js';
import { HEADER_LENGTH } from '../src/wire/header.js';
import { cookieRequest } from './flood-packets.js';

const daemon = fileURLToPath(new URL('../src/daemon/main.js', import.meta.url));
const PASSWORD = 'bench';
const TICKS_PER_SECOND = 100;
const LOWEST_PRIORITY = 19;

export interface FloodedServer {
  readonly port: number;
  /** cookie of 127.0.0.1 */
  readonly cookie: number;
  /** of somebody's host key, for COOKIE requests */
  readonly publicDer: Uint8Array;
  /** NTP seconds, of the GQ key */
  readonly filestamp: number;
  /** CPU seconds so far: the whole process, and its crypto thread alone */
  cpu(): { readonly process: number; readonly crypto: number };
  stop(): Promise<void>;
}

export async function startFloodedServer(port: number): Promise<FloodedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-bench-'));
  const keys = join(folder, 'keys');
  const io = { out() {}, err() {}, monotonic: () => 0n, isTerminal: false, columns: 80 };
  await keygen.run(['group', 'create', 'bench', '-s', 'alpha', '-p', PASSWORD, '-d', keys], io);
  const config = join(folder, 'ntp.conf');
  const lines = [
    ...[`port ${port}`, `statedir ${folder}`, 'interface ignore all', 'interface listen 127.0.0.0/8'],
    ...['board generic', 'clock none', `keysdir ${keys}`, `crypto pw ${PASSWORD} host alpha ident bench`],
    ...['server 127.127.1.0 minpoll 3 maxpoll 3', 'fudge 127.127.1.0 stratum 0', 'tos orphanwait 1'],
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn(process.execPath, [daemon, '-c', config, '--socket', join(folder, 'control')], {
    stdio: 'ignore',
    env: { ...process.env, NOONMARK_CLOCK_READ_ONLY: '1' },
  });
  const stop = async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = hostKey(privateKey);
    const cookie = await fetchCookie(port, own);
    const gqFile = readdirSync(keys).find((name) => /^ntpkey_GQkey_bench\.\d+$/.test(name)) ?? '';
    const filestamp = Number(gqFile.split('.').at(-1)) >>> 0;
    return { port, cookie, publicDer: own.publicDer, filestamp, cpu: () => cpuOf(child.pid ?? 0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks until the server is synchronised and answers. */
async function fetchCookie(port: number, own: HostKey): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  try {
    for (let i = 0; i < 120; i += 1) {
      socket.send(cookieRequest(own.publicDer), port, '127.0.0.1');
      const answer = await new Promise<Buffer | undefined>((resolve) => {
        const settle = (message?: Buffer) => {
          clearTimeout(timer);
          socket.off('message', settle);
          resolve(message);
        };
        const timer = setTimeout(settle, 500);
        socket.on('message', settle);
      });
      if (answer === undefined || answer.length < HEADER_LENGTH + 8 + 20) continue;
      const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
      const field = decodeAutokeyField(view, HEADER_LENGTH, view.getUint16(HEADER_LENGTH + 2));
      const cookie = field.ok && field.value.body ? decryptCookie(own, field.value.body.value) : undefined;
      if (cookie !== undefined) return cookie;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error('noonmarkd gave no cookie within a minute');
  } finally {
    socket.close();
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** From /proc: the crypto thread is the one of lowest priority. */
function cpuOf(pid: number): { readonly process: number; readonly crypto: number } {
  let all = 0;
  let crypto = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1');
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const seconds = (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
    all += seconds;
    if (Number(words[16]) === LOWEST_PRIORITY) crypto += seconds;
  }
  return { process: all, crypto };
}
