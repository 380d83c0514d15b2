/**
 * Every capture of ../shared/gps-captures through `noonmark gps --json`, against gpsd's reading of the same bytes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../../src/cli/gps.js';
import { keptIo } from '../../cli/gps-io.js';
import { assert, has, record, sharedFolder, test } from '../../support/suite.js';

interface Line {
  readonly time: string;
  readonly valid: boolean;
  readonly fix: string;
  readonly satellitesUsed: number;
  readonly from: string;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly altM: number | null;
  readonly leapSeconds?: number;
  readonly quantisationErrorPs?: number;
}

interface Tpv {
  readonly time: string;
  readonly mode: number;
  readonly lat?: number;
  readonly lon?: number;
  readonly altMSL?: number;
  readonly leapseconds?: number;
}

const folder = join(sharedFolder, 'gps-captures');
const linesOf = (path: string) => readFileSync(path, 'latin1').split('\n');

async function read(name: string, ...options: string[]): Promise<Line[]> {
  const io = keptIo();
  assert.is(await command.run([join(folder, name), '--json', ...options], io), 0);
  return io
    .written()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** gpsd's times with a fix, once each; the last report of each time is the most complete. */
function fixesOf(name: string): Map<string, Tpv> {
  const fixes = new Map<string, Tpv>();
  for (const line of linesOf(join(folder, `${name}.chk`))) {
    if (!line.includes('"class":"TPV"')) continue;
    const tpv = JSON.parse(line) as Partial<Tpv>;
    if (tpv.time !== undefined && (tpv.mode ?? 0) >= 2) fixes.set(tpv.time, tpv as Tpv);
  }
  return fixes;
}

if (has('captures of real receivers', 'shared')) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
    test(`${name}: each time of gpsd's is ours, valid, once, and ours contradict none`, async () => {
      const epochs = await read(name);
      const valid = epochs.filter((epoch) => epoch.valid);
      const times = valid.map((epoch) => epoch.time);
      const fixes = fixesOf(name);
      for (const time of fixes.keys()) assert.ok(times.includes(time), `${time} is missing`);
      assert.is(new Set(epochs.map((epoch) => epoch.time)).size, epochs.length, 'each instant once');
      // What gpsd did not report lies beside what it did: before its first, after its last, or between two.
      const known = [...fixes.keys()].map(Date.parse);
      for (const time of times.filter((one) => !fixes.has(one))) {
        const nearest = Math.min(...known.map((one) => Math.abs(one - Date.parse(time))));
        assert.ok(nearest <= 10_000 && nearest % 200 === 0, `${time} is not of this capture`);
      }
      for (const epoch of valid) {
        const tpv = fixes.get(epoch.time);
        if (tpv === undefined) continue;
        const near = (ours: number | null | undefined, theirs: number | undefined, within: number) =>
          ours == null || theirs === undefined || Math.abs(ours - theirs) <= within;
        assert.ok(near(epoch.lat, tpv.lat, 2e-4) && near(epoch.lon, tpv.lon, 2e-4), `${epoch.time} position`);
        assert.ok(near(epoch.leapSeconds, tpv.leapseconds, 0), `${epoch.time} leap seconds`);
      }
      record(`gps-capture ${name}`, { epochs: epochs.length, valid: valid.length, gpsd: fixes.size });
    });

    test(`${name}: the same epochs whatever the size of the pieces`, async () => {
      const { createGpsDecoder } = await import('../../../drivers/gps/decoder.js');
      const bytes = readFileSync(join(folder, name));
      const instants = (size: number) => {
        const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
        const found: string[] = [];
        const take = (events: ReturnType<typeof decoder.feed>) => {
          for (const event of events)
            if (event.type === 'epoch')
              found.push(`${event.epoch.timeNs} ${event.epoch.from} ${event.epoch.valid}`);
        };
        for (let at = 0; at < bytes.length; at += size) take(decoder.feed(bytes.subarray(at, at + size), 0n));
        take(decoder.end());
        return { found, counters: { ...decoder.counters } };
      };
      const whole = instants(bytes.length);
      for (const size of [1, 7, 64, 1000]) assert.equal(instants(size), whole, `pieces of ${size}`);
    });
  }

  test('a timing receiver: fix, leap seconds and the quantisation error of the pulse at each epoch', async () => {
    const epochs = await read('u-blox-m8t-time.log');
    assert.is(epochs[0]?.fix, 'time');
    assert.ok(epochs.slice(1).every((epoch) => epoch.leapSeconds === 18));
    // TIM-TP with towMS 237871000 (18:04:31 UTC) comes in the burst of 18:04:30 and says qErr 9862: early by as much.
    const epoch = epochs.find((one) => one.time === '2021-02-23T18:04:31.000Z');
    assert.is(epoch?.quantisationErrorPs, -9862);
  });

  test('a capture whose receiver rolled over is repaired only when a floor is given, or it carries no date', async () => {
    assert.is((await read('april6_2019.log'))[0]?.time, '1999-08-22T00:02:31.420Z');
    assert.is((await read('april6_2019.log', '--floor', '2019-03-01'))[0]?.time, '2019-04-07T00:02:31.420Z');
    assert.is((await read('neo-m8n.log'))[0]?.time, '2034-11-01T17:19:26.000Z');
    assert.is((await read('neo-m8n.log', '--floor', 'none'))[0]?.time, '2015-03-18T17:19:26.000Z');
  });

  test('SiRF binary is not read, and not misread', async () => {
    const io = keptIo();
    assert.is(await command.run([join(folder, 'bu303-nofix.log'), '--json'], io), 0);
    assert.is(io.written(), '');
    assert.match(io.errors(), /no time was told .*3160 other bytes/);
  });
}

test.run();
