import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../src/cli/gps.js';
import { epochTime } from '../../src/cli/gps-report.js';
import { NoonmarkError } from '../../src/errors.js';
import type { GpsEpoch } from '../../src/ports/gps.js';
import { epochsOf, gga, NOON, NS, pvt, rmc } from '../drivers/gps/gps-kit.js';
import { openPty } from '../support/pty.js';
import { assert, test } from '../support/suite.js';
import { keptIo } from './gps-io.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-gps-'));
test.after(() => rmSync(folder, { recursive: true }));

function capture(name: string, ...pieces: readonly Uint8Array[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(pieces));
  return path;
}

async function run(...args: string[]) {
  const io = keptIo();
  const code = await command.run(args, io);
  return { code, out: io.written(), err: io.errors() };
}

const failure = async (...args: string[]): Promise<NoonmarkError> => {
  try {
    await run(...args);
  } catch (error) {
    if (error instanceof NoonmarkError) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

test('--json: one object an epoch, with the members in the order of the manual', async () => {
  const path = capture('a.log', rmc(NOON), gga(NOON), rmc(NOON + NS), gga(NOON + NS));
  const { code, out } = await run(path, '--json');
  assert.is(code, 0);
  const lines = out.trim().split('\n');
  assert.is(lines.length, 2);
  assert.is(
    lines[1],
    '{"time":"2026-11-23T12:00:01.000Z","valid":true,"fix":"3d","satellitesUsed":9,"from":"RMC","lat":48.1,"lon":11.5,"altM":520}',
  );
});

test('for people: a table, then what was read', async () => {
  const path = capture('b.log', pvt(NOON), pvt(NOON + NS));
  const { out } = await run(path);
  assert.match(out, /^receiver: u-blox\n/);
  assert.match(out, /2026-11-23T12:00:00\.000Z {2}yes {4}3d {6}12 {2}NAV-PVT/);
  assert.match(out, /2 epochs, 2 valid; 0 NMEA sentences, 2 UBX frames, 0 wrong checksums, 0 other bytes\n$/);
});

test('the lines at the top of a capture are not the receiver’s, whatever stands in them', async () => {
  const other = rmc(NOON + 3600n * NS).toString();
  const path = capture('c.log', Buffer.from(`# Name: x\n# ${other}#\n`), rmc(NOON), rmc(NOON + NS));
  const { out } = await run(path, '--json');
  assert.is(out.trim().split('\n').length, 2);
  assert.match(out, /^\{"time":"2026-11-23T12:00:00\.000Z"/);
});

test('1024 weeks are added to an old date of an undated capture, told on standard error; --floor decides', async () => {
  const old = NOON - 1024n * 7n * 86_400n * NS;
  const undated = capture('d.log', rmc(old));
  const dated = capture('e.log', Buffer.from('# Date: 2007-04-09\n'), rmc(old));
  const repaired = await run(undated, '--json');
  assert.match(repaired.out, /2026-11-23/);
  assert.match(repaired.err, /1024 weeks are added/);
  assert.match((await run(dated, '--json')).out, /2007-04-09/);
  assert.match((await run(dated, '--json', '--floor', '2020-01-01')).out, /2026-11-23/);
  assert.match((await run(undated, '--json', '--floor', 'none')).out, /2007-04-09/);
});

test('a file without any time says so', async () => {
  const { code, out, err } = await run(capture('f.log', Buffer.from('nothing here')));
  assert.is(code, 0);
  assert.is(out, '');
  assert.match(err, /no time was told \(0 NMEA sentences, 0 UBX frames, 0 wrong checksums, 12 other bytes\)/);
  assert.match((await run(capture('g.log'))).err, /no time was told/);
});

test('times: NMEA to its last digit, UBX to the millisecond, a leap second as :60', () => {
  const time = (stream: Uint8Array) => epochTime(epochsOf([stream])[0] as GpsEpoch);
  assert.is(time(rmc(NOON + 123_450_000n, 'A', 6)), '2026-11-23T12:00:00.12345Z');
  assert.is(time(pvt(NOON, { nanoNs: -192_599 })), '2026-11-23T12:00:00.000Z');
  const leap = { year: 2016, month: 12, day: 31, hour: 23, minute: 59, second: 60, nanoNs: 500_000_000 };
  assert.is(time(pvt(NOON, leap)), '2016-12-31T23:59:60.500Z');
});

test('wrong command lines are named', async () => {
  assert.is((await failure()).code, 'ERR_USAGE');
  assert.is((await failure('a', 'b')).code, 'ERR_USAGE');
  const path = capture('h.log', rmc(NOON));
  assert.match((await failure(path, '--baud', 'fast')).message, /--baud fast/);
  assert.match((await failure(path, '--floor', '1.1.2020')).message, /--floor/);
  assert.match((await failure(path, '--protocol', 'sirf')).message, /--protocol/);
  assert.is((await failure(join(folder, 'none.log'))).code, 'ERR_FILE');
  assert.is((await failure(folder)).code, 'ERR_FILE');
  const missing = await failure('/dev/no-such-gps');
  assert.is(missing.code, 'ERR_DEVICE');
  assert.match(missing.remedy, /plug the receiver in/);
});

test('a device is read until Ctrl-C', async () => {
  const pty = openPty();
  const io = keptIo();
  const running = command.run([pty.path, '--json', '--baud', '9600'], io);
  const started = Date.now();
  for (let i = 0; !io.written().includes('12:00:03') && Date.now() - started < 10_000; i += 1) {
    pty.write(rmc(NOON + BigInt(i) * NS));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.emit('SIGINT');
  assert.is(await running, 0);
  assert.match(io.written(), /"time":"2026-11-23T12:00:03\.000Z","valid":true/);
  pty.close();
});

test('a device that cannot be opened ends the command, with the reason', async () => {
  // A character device that is no serial port.
  const { code, err } = await run('/dev/null');
  assert.is(code, 69);
  assert.match(err, /is no serial port/);
});

test.run();
