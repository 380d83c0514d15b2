/**
 * The real serial link on a pseudo-terminal. Real time, because the kernel's is the thing tested.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeSentence } from '../../../drivers/gps/nmea/sentence.js';
import { realScheduler } from '../../../drivers/linux/scheduler.js';
import { createSerialLink, type SerialLinkOptions } from '../../../drivers/serial/serial-link.js';
import { openPty, type Pty } from '../../support/pty.js';
import { assert, projectRoot, test } from '../../support/suite.js';
import { linkContract } from './link-contract.js';

const LIMIT_MS = 20_000;

async function until(done: () => boolean): Promise<void> {
  const started = Date.now();
  while (!done()) {
    if (Date.now() - started > LIMIT_MS) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const now = () => process.hrtime.bigint();
const options = (path: string, rest: Partial<SerialLinkOptions> = {}): SerialLinkOptions => ({
  path,
  baud: 115_200,
  now,
  scheduler: realScheduler,
  ...rest,
});

/** The pty holds some 4 kB; the reader must keep up. */
async function feed(pty: Pty, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 512) {
    try {
      pty.write(bytes.subarray(at, at + 512));
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

linkContract(
  'serial',
  async (payload) => {
    const pty = openPty();
    const link = createSerialLink(options(pty.path));
    return { link, send: () => feed(pty, payload), cleanup: async () => pty.close() };
  },
  until,
);

interface Heard {
  readonly log: string[];
  bytes: number;
}

const listener = (heard: Heard) => ({
  up: () => heard.log.push('up'),
  down: (reason: string) => heard.log.push(reason),
  bytes(chunk: Uint8Array) {
    heard.bytes += chunk.length;
  },
});

test('a line that is hung up and comes back recovers by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-pty-'));
  const path = join(folder, 'gps0');
  const first = openPty();
  symlinkSync(first.path, path);
  const heard: Heard = { log: [], bytes: 0 };
  const link = createSerialLink(options(path));
  link.open(listener(heard));
  await until(() => heard.log.length === 1);
  first.write(Buffer.from('$GPTXT,a'));
  await until(() => heard.bytes === 8);
  first.close();
  await until(() => heard.log.length === 2);
  rmSync(path);
  const second = openPty();
  symlinkSync(second.path, path);
  await until(() => heard.log.at(-1) === 'up');
  second.write(Buffer.from('again'));
  await until(() => heard.bytes === 13);
  link.write(Buffer.from('poll'));
  let written = '';
  await until(() => {
    written += Buffer.from(second.read()).toString();
    return written.includes('poll');
  });
  await link.close();
  second.close();
  rmSync(folder, { recursive: true });
});

test('a device that is not there is waited for, and its absence told once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-pty-'));
  const path = join(folder, 'gps0');
  const heard: Heard = { log: [], bytes: 0 };
  const link = createSerialLink(options(path));
  link.open(listener(heard));
  await until(() => heard.log.length === 1);
  assert.match(heard.log[0] ?? '', /there is no device .*; plug the receiver in/);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.is(heard.log.length, 1);
  const pty = openPty();
  symlinkSync(pty.path, path);
  await until(() => heard.log.at(-1) === 'up');
  await link.close();
  pty.close();
  rmSync(folder, { recursive: true });
});

test('two programs cannot share a port, and the second is told who may be the first', async () => {
  const pty = openPty();
  const heard: Heard = { log: [], bytes: 0 };
  const first = createSerialLink(options(pty.path));
  first.open(listener(heard));
  await until(() => heard.log.length === 1);
  const other: Heard = { log: [], bytes: 0 };
  const second = createSerialLink(options(pty.path));
  second.open(listener(other));
  await until(() => other.log.length === 1);
  assert.match(other.log[0] ?? '', /in use by another program \(gpsd/);
  await second.close();
  await first.close();
  pty.close();
});

test('the speed of a line is found by listening to it', async () => {
  const pty = openPty();
  const heard: Heard = { log: [], bytes: 0 };
  const notes: string[] = [];
  const link = createSerialLink(
    options(pty.path, { baud: undefined, log: { write: (_level, _event, text) => notes.push(text) } }),
  );
  link.open(listener(heard));
  await until(() => heard.log.length === 1);
  // A pseudo-terminal has no speed: until the link listens at the second one, it hears noise.
  const noise = Buffer.from([0xf8, 0x06, 0x9e, 0x60]);
  const sentence = encodeSentence({ talker: 'GP', type: 'TXT', fields: ['01', '01', '02', 'hello'] });
  const speaker = setInterval(() => {
    const found = notes.some((note) => note.includes('listening at 115200'));
    pty.write(found ? Buffer.from(`${sentence}\r\n`) : noise);
  }, 100);
  try {
    await until(() => notes.some((note) => note.includes('frames found at 115200 baud')));
  } finally {
    clearInterval(speaker);
    await link.close();
    pty.close();
  }
});

test('the package is loaded whole after a pipe was looked at, with modules behind a symbolic link too', () => {
  const drivers = pathToFileURL(join(projectRoot, 'dist/drivers')).href;
  const program = `
    import { fstatSync } from 'node:fs';
    import { createSerialLink } from '${drivers}/serial/serial-link.js';
    import { realScheduler } from '${drivers}/linux/scheduler.js';
    fstatSync(2);
    const link = createSerialLink({ path: '/dev/none', baud: 9600, now: () => 0n, scheduler: realScheduler });
    link.open({ up() {}, bytes() {}, down(reason) { console.log(reason); void link.close(); } });`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.match(child.stdout, /^there is no device \/dev\/none;/, child.stderr);
});

test.run();
