import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { symmetricKey, verifyMac } from '../../src/auth/mac.js';
import { EXIT } from '../../src/errors.js';
import { DaemonProcess, freePort, sleep, temporaryFolder, until } from '../support/daemon-process.js';
import { assert, projectRoot, test } from '../support/suite.js';

const LOCAL = ['board auto', 'clock none', 'server 127.127.1.0'];
const main = join(projectRoot, 'dist', 'src', 'daemon', 'main.js');

/** noonmarkd with streams that the test may close. */
async function startBare(
  args: readonly string[] = [],
): Promise<{ child: ChildProcess; exit: () => number | null }> {
  const folder = temporaryFolder();
  const config = join(folder, 'ntp.conf');
  const lines = [...LOCAL, `port ${await freePort()}`, 'interface ignore all', 'interface listen 127.0.0.1'];
  writeFileSync(config, `${[...lines, `statedir ${folder}`].join('\n')}\n`);
  const child = spawn(process.execPath, [main, '-c', config, '--socket', join(folder, 's'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NOONMARK_CLOCK_READ_ONLY: '1' },
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await until('the start', 15, () => output.includes(' started: '));
  return { child, exit: () => child.exitCode };
}

test('a reader of the log that goes away does not end the time service', async () => {
  const { child, exit } = await startBare();
  child.stderr?.destroy();
  // Each reload writes a line.
  for (let i = 0; i < 5; i += 1) {
    child.kill('SIGHUP');
    await sleep(0.2);
  }
  assert.is(exit(), null);
  child.kill('SIGTERM');
  await until('the end', 5, () => exit() !== null);
  assert.is(exit(), EXIT.ok);
});

test('with --watch, the daemon ends with whoever watched it', async () => {
  const { child, exit } = await startBare(['--watch']);
  child.stdout?.destroy();
  await until('the end', 5, () => exit() !== null);
  assert.is(exit(), EXIT.ok);
});

test('a daemon that can serve nowhere ends and says what to do', async () => {
  const taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
  const daemon = await DaemonProcess.start({ lines: LOCAL, port: taken.address().port });
  try {
    await until(
      'the end',
      10,
      () => daemon.hasExited,
      () => daemon.output,
    );
    assert.is((await daemon.stop()).code, EXIT.unavailable, daemon.output);
    assert.match(
      daemon.output,
      /noonmarkd: UDP port \d+ on 127.0.0.1 cannot be bound: EADDRINUSE; another program has it/,
    );
  } finally {
    taken.close();
    await daemon.stop();
  }
});

/** Length of the answer to a request that is authenticated with key 1; its MAC is right: negative. */
async function askWithKey(port: number): Promise<number | undefined> {
  const key = symmetricKey({ id: 1, algorithm: 'SHA1', secret: Buffer.from('noon'), ranges: [] });
  const request = new Uint8Array(72);
  request[0] = 0x23;
  request.set([0, 0, 0, 1], 48);
  key.computeMac(request, 48, request, 52);
  const socket = createSocket('udp4');
  const answer = new Promise<number>((resolve) =>
    socket.on('message', (bytes) =>
      resolve(bytes.length === 72 && verifyMac(key, bytes, 48, 24) ? -bytes.length : bytes.length),
    ),
  );
  socket.send(request, port, '127.0.0.1');
  const first = await Promise.race([answer, sleep(1).then(() => undefined)]);
  socket.close();
  return first;
}

test('a keys line that is taken out is out of force after a reload', async () => {
  const folder = temporaryFolder();
  const keys = join(folder, 'keys');
  writeFileSync(keys, '1 SHA1 noon\n', { mode: 0o600 });
  const daemon = await DaemonProcess.start({ folder, lines: [...LOCAL, `keys ${keys}`, 'trustedkey 1'] });
  try {
    await daemon.untilStratum(6, 15);
    assert.is(await askWithKey(daemon.port), -72);
    const without = [`port ${daemon.port}`, `statedir ${folder}`, 'interface ignore all'];
    const lines = [...without, 'interface listen 127.0.0.0/8', ...LOCAL];
    writeFileSync(daemon.configFile, `${lines.join('\n')}\n`);
    daemon.signal('SIGHUP');
    await daemon.until('the reload', 5, () => daemon.logged('reload') > 0);
    assert.is(await askWithKey(daemon.port), 52, 'a crypto-NAK');
  } finally {
    await daemon.stop();
  }
});

test('a keys file that cannot be read after a reload leaves the old keys, but only those that are trusted now', async () => {
  const folder = temporaryFolder();
  const keys = join(folder, 'keys');
  writeFileSync(keys, '1 SHA1 noon\n2 SHA1 mark\n', { mode: 0o600 });
  const daemon = await DaemonProcess.start({ folder, lines: [...LOCAL, `keys ${keys}`, 'trustedkey 1'] });
  const reload = (trusted: number) => {
    const lines = [`port ${daemon.port}`, `statedir ${folder}`, 'interface ignore all'];
    lines.push('interface listen 127.0.0.0/8', ...LOCAL, `keys ${folder}/gone`, `trustedkey ${trusted}`);
    writeFileSync(daemon.configFile, `${lines.join('\n')}\n`);
    daemon.signal('SIGHUP');
  };
  try {
    await daemon.untilStratum(6, 15);
    reload(1);
    await daemon.until('the reload', 5, () => daemon.logged('reload') > 0);
    assert.is(daemon.logged('keys-file', 'the keys read before stay in force'), 1, daemon.output);
    assert.is(await askWithKey(daemon.port), -72);
    reload(2);
    await daemon.until('a crypto-NAK', 5, async () => (await askWithKey(daemon.port)) === 52);
  } finally {
    await daemon.stop();
  }
});

test('what is logged before the clock is set up bears the time too', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'drift'), 'nonsense\n');
  const lines = [...LOCAL, `driftfile ${join(folder, 'drift')}`];
  const daemon = await DaemonProcess.start({ folder, lines });
  try {
    await daemon.until('the start', 10, () => daemon.logged('started') > 0);
    assert.is(daemon.logged('drift-file-bad'), 1);
    assert.not.match(daemon.output, /^1970/m);
  } finally {
    await daemon.stop();
  }
});

test.run();
