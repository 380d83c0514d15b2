/**
 * A receiver's bytes through a pseudo-terminal, serialport and the decoder; hung up and reopened midway. Real time, at
 * several times the recorded pace.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { realScheduler } from '../../../drivers/linux/scheduler.js';
import { planReplay } from '../../../drivers/serial/replay-plan.js';
import { createSerialLink } from '../../../drivers/serial/serial-link.js';
import { openPty } from '../../support/pty.js';
import { assert, has, record, sharedFolder, test } from '../../support/suite.js';
import { gga, NOON, NS, rmc, zda } from '../gps/gps-kit.js';

const PACE = 4;

interface Result {
  readonly times: bigint[];
  readonly log: string[];
}

/** Plays a capture; `breakAfter`: the line is hung up once so many epochs have come, and is back half a second later. */
async function play(capture: Uint8Array, breakAfter: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-replay-'));
  const path = join(folder, 'gps0');
  let pty = openPty();
  symlinkSync(pty.path, path);
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const result: Result = { times: [], log: [] };
  const link = createSerialLink({
    path,
    baud: 115_200,
    now: () => process.hrtime.bigint(),
    scheduler: realScheduler,
  });
  link.open({
    up: () => result.log.push('up'),
    down: (reason) => result.log.push(reason),
    bytes(chunk, arrivalNs) {
      for (const event of decoder.feed(chunk, arrivalNs))
        if (event.type === 'epoch' && event.epoch.valid) result.times.push(event.epoch.timeNs);
    },
  });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  while (result.log.length === 0) await pause(5);
  const started = process.hrtime.bigint();
  let broken = false;
  for (const { atSeconds, bytes } of planReplay(capture, { baud: 115_200, stepBytes: 64 })) {
    const wait = (atSeconds / PACE) * 1000 - Number(process.hrtime.bigint() - started) / 1e6;
    if (wait > 0) await pause(wait);
    if (!broken && result.times.length >= breakAfter) {
      broken = true;
      pty.close();
      rmSync(path);
      await pause(500);
      pty = openPty();
      symlinkSync(pty.path, path);
    }
    pty.write(bytes);
  }
  await pause(200);
  await link.close();
  pty.close();
  rmSync(folder, { recursive: true });
  return result;
}

function check(name: string, { times, log }: Result, least: number): void {
  assert.ok(times.length >= least, `${times.length} epochs`);
  for (let i = 1; i < times.length; i += 1)
    assert.ok((times[i] as bigint) > (times[i - 1] as bigint), 'times only go forward');
  assert.is(log.filter((line) => line === 'up').length, 2, log.join('; '));
  record(`replay-through-pty ${name}`, { epochs: times.length });
}

test('sentences through a pseudo-terminal that is closed and reopened midway', async () => {
  const seconds = Array.from({ length: 16 }, (_, i) => NOON + BigInt(i) * NS);
  const capture = Buffer.concat(seconds.flatMap((t) => [rmc(t), gga(t), zda(t)]));
  const result = await play(capture, 5);
  check('sentences', result, 9);
  assert.is(result.times.at(-1), seconds.at(-1));
});

if (has('recorded receivers through a pseudo-terminal', 'shared')) {
  for (const [name, least] of [
    ['ublox8-uniqid-monhw', 3],
    ['ublox-lea-m8f', 20],
    ['quectel-L70', 8],
  ] as const) {
    test(`${name} through a pseudo-terminal that is closed and reopened midway`, async () => {
      const capture = readFileSync(join(sharedFolder, 'gps-captures', `${name}.log`));
      check(name, await play(capture, 2), least);
    });
  }
}

test.run();
