import { type GpsReceiverOptions, SimGpsReceiver } from '../../src/sim/gps-receiver.js';
import { nmeaLine } from '../../src/sim/nmea-encode.js';
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { sawtooth } from '../../src/sim/sawtooth.js';
import { monVer, ubxFrame } from '../../src/sim/ubx-encode.js';
import type { UtcOptions } from '../../src/sim/utc-scale.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, record, test } from '../support/suite.js';

const START = Date.UTC(2026, 2, 14, 15, 9, 20) / 1000;

function bench(options: GpsReceiverOptions, utc: Partial<UtcOptions> = {}) {
  const world = new VirtualWorld({ startUnixSecond: START, ...utc });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0), startErrorSeconds: 0.05 });
  const link = new SimGpsReceiver(world, clock, options);
  const chunks: { text: string; bytes: Uint8Array; at: bigint; t: number }[] = [];
  const events: string[] = [];
  link.open({
    bytes: (bytes, at) =>
      chunks.push({ text: Buffer.from(bytes).toString('latin1'), bytes, at, t: world.now() }),
    up: () => events.push(`up ${world.now()}`),
    down: () => events.push(`down ${world.now()}`),
  });
  const lines = (start: string) =>
    chunks
      .map((chunk) => chunk.text)
      .join('')
      .split('\r\n')
      .filter((line) => line.startsWith(start));
  return { world, clock, link, chunks, events, lines };
}

const field = (line: string | undefined, n: number) => line?.split(',')[n] ?? 'no line';

test('the checksum is that of a published sentence', () => {
  assert.is(
    nmeaLine('GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E'),
    '$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\r\n',
  );
});

test('the Fletcher checksum is that of the published poll of MON-VER', () => {
  assert.equal([...ubxFrame(0x0a, 0x04, 0)], [0xb5, 0x62, 0x0a, 0x04, 0, 0, 0x0e, 0x34]);
});

test('a void time, then a fix: RMC goes from V to A and names the second that the pulse marked', () => {
  const { world, lines } = bench({ timeAfter: 1, fixAfter: 3 });
  world.runUntil(6);
  const rmc = lines('$GPRMC');
  assert.equal(
    rmc.map((line) => `${field(line, 1)} ${field(line, 2)} ${field(line, 9)}`),
    [
      ' V ',
      '150921.00 V 140326',
      '150922.00 V 140326',
      '150923.00 A 140326',
      '150924.00 A 140326',
      '150925.00 A 140326',
    ],
  );
  const gga = lines('$GPGGA');
  assert.is(field(gga[0], 7), '00');
  assert.ok(Number(field(gga[4], 7)) >= 7);
  assert.match(gga[4] ?? '', /,5128\.67400,N,00000\.09000,W,1,/);
  assert.match(lines('$GPZDA')[5] ?? '', /^\$GPZDA,150925\.00,14,03,2026,00,00\*/);
});

test('bytes come in chunks at the pace of the line, behind the second by the delay', () => {
  const { world, chunks, clock } = bench({ delaySeconds: 0.3, jitterSeconds: 0, fixAfter: 0, baud: 9600 });
  world.runUntil(0.99);
  const total = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  const first = chunks[0];
  const last = chunks.at(-1);
  assert.ok(chunks.every((chunk) => chunk.bytes.length <= 64));
  assert.ok(Math.abs((first?.t ?? 0) - (0.3 + 64 / 960)) < 1e-9);
  assert.ok(Math.abs((last?.t ?? 0) - (0.3 + total / 960)) < 1e-9);
  assert.is(last?.at, clock.servedAt(last?.t ?? 0));
});

test('delays beyond one second do not reorder bytes', () => {
  const { world, lines } = bench({ delaySeconds: 0.99, jitterSeconds: 0.01, fixAfter: 0, baud: 38400 });
  world.runUntil(20);
  const seconds = lines('$GPRMC').map((line) => Number(field(line, 1).slice(4, 6)));
  assert.equal(
    seconds,
    seconds.map((_, i) => 20 + i),
  );
});

test('an outage voids the time and stops the pulse, the time runs on', () => {
  const { world, link, lines } = bench({ fixAfter: 0, outages: [{ from: 3, to: 5 }], messages: ['RMC'] });
  world.runUntil(6);
  assert.equal(
    lines('$GPRMC').map((line) => field(line, 2)),
    ['A', 'A', 'A', 'V', 'V', 'A'],
  );
  assert.is(field(lines('$GPRMC')[4], 1), '150924.00');
  assert.equal([link.model.fixed(2), link.model.fixed(3), link.model.fixed(5)], [true, false, true]);
});

test('unknown leap seconds: UTC is off by whole seconds, marked valid by NMEA, not by UBX, then jumps right', () => {
  const options = { fixAfter: 0, utcAfter: 3, assumedLeapSeconds: 15 } as const;
  const nmea = bench({ ...options, messages: ['RMC'] });
  nmea.world.runUntil(5);
  assert.equal(
    nmea.lines('$GPRMC').map((line) => field(line, 1)),
    ['150923.00', '150924.00', '150925.00', '150923.00', '150924.00'],
  );
  const ubx = bench({ ...options, messages: ['NAV-TIMEUTC', 'NAV-TIMELS'] });
  const valid = (k: number) => {
    const bytes = ubx.link.messages(k);
    return [bytes[6 + 18], bytes[6 + 19], bytes[28 + 6 + 9], bytes[28 + 6 + 23]];
  };
  assert.equal(valid(2), [25, 3, 15, 0]);
  assert.equal(valid(3), [23, 7, 18, 1]);
});

test('an inserted leap second is announced and shown as 23:59:60', () => {
  const midnight = Date.UTC(2027, 0, 1) / 1000;
  const utc = { startUnixSecond: midnight - 5, leaps: [{ atUnixSecond: midnight, change: 1 }] } as const;
  const { world, link, lines } = bench({ fixAfter: 0, messages: ['RMC'] }, utc);
  world.runUntil(7);
  assert.equal(
    lines('$GPRMC')
      .slice(3)
      .map((line) => `${field(line, 1)} ${field(line, 9)}`),
    ['235958.00 311226', '235959.00 311226', '235960.00 311226', '000000.00 010127'],
  );
  const ls = (k: number) => {
    const receiver = new SimGpsReceiver(world, bench({}).clock, { fixAfter: 0, messages: ['NAV-TIMELS'] });
    const view = new DataView(Uint8Array.from(receiver.messages(k)).buffer, 6);
    return {
      current: view.getInt8(9),
      change: view.getInt8(11),
      inSeconds: view.getInt32(12, true),
      day: view.getUint16(18, true),
      valid: view.getUint8(23),
    };
  };
  // 2026-12-31 is a Thursday, day 5.
  assert.equal(ls(4), { current: 18, change: 1, inSeconds: 1, day: 5, valid: 3 });
  assert.equal(ls(6), { current: 19, change: 0, inSeconds: 0, day: 0, valid: 1 });
  assert.is(link.model.at(5).towSeconds, link.model.at(4).towSeconds + 1);
});

test('a receiver whose weeks end at a pivot says a date 1024 weeks ago, also from within a run', () => {
  // Week 2418 began on 2026-05-10.
  const week2418 = Date.UTC(2026, 4, 10) / 1000 - 18;
  const { world, lines } = bench(
    { fixAfter: 0, messages: ['RMC'], pivotWeek: 2418 - 1024 },
    { startUnixSecond: week2418 - 2 },
  );
  world.runUntil(4);
  assert.equal(
    lines('$GPRMC').map((line) => `${field(line, 1)} ${field(line, 9)}`),
    ['235940.00 090526', '235941.00 090526', '235942.00 230906', '235943.00 230906'],
  );
});

test('TIM-TP tells the correction of the next pulse, in picoseconds', () => {
  const teeth = sawtooth();
  const { link } = bench({ fixAfter: 0, messages: ['TIM-TP'], quantisation: teeth });
  for (let k = 0; k < 50; k += 1) {
    const view = new DataView(Uint8Array.from(link.messages(k)).buffer, 6);
    assert.is(view.getInt32(8, true), -Math.round(teeth(k + 1) * 1e12));
    assert.ok(Math.abs(teeth(k)) <= 0.5 / 48e6 + 1e-12);
  }
});

test('a pulled cable is told, and nothing comes meanwhile', () => {
  const { world, events, chunks } = bench({ fixAfter: 0, unplugged: [{ from: 2, to: 4 }], jitterSeconds: 0 });
  world.runUntil(6);
  assert.equal(events, ['up 0', 'down 2', 'up 4']);
  assert.ok(chunks.every((chunk) => chunk.t < 2 || chunk.t > 4));
});

test('polls are answered and configuration is acknowledged; after close all is quiet', async () => {
  const { world, link, chunks } = bench({ messages: [], baud: 115200 });
  world.runUntil(0.5);
  link.write(Buffer.concat([ubxFrame(0x0a, 0x04, 0), ubxFrame(0x06, 0x01, 3)]));
  world.runUntil(1);
  const all = Buffer.concat(chunks.map((chunk) => chunk.bytes));
  assert.equal(all.subarray(0, -10), Buffer.from(monVer()));
  assert.equal([...all.subarray(-10, -2)], [0xb5, 0x62, 0x05, 0x01, 2, 0, 0x06, 0x01]);
  link.write(ubxFrame(0x0a, 0x04, 0));
  await link.close();
  const before = chunks.length;
  world.runUntil(3);
  assert.is(chunks.length, before);
});

test('lost and flipped bytes come at their rates, the same from the same seed', () => {
  const sent = (options: GpsReceiverOptions) => {
    const { world, chunks } = bench({ fixAfter: 0, ...options });
    world.runUntil(50);
    return chunks.map((chunk) => chunk.text).join('');
  };
  const clean = sent({}).length;
  const lossy = sent({ byteLoss: 0.02 }).length;
  assert.ok(lossy < clean * 0.99 && lossy > clean * 0.97);
  assert.is(sent({ byteFlip: 0.01, seed: 4 }), sent({ byteFlip: 0.01, seed: 4 }));
  assert.is.not(sent({ byteFlip: 0.01, seed: 4 }), sent({ byteFlip: 0.01, seed: 5 }));
});

test('an hour of messages takes well under a second of CPU', () => {
  const { world } = bench({ fixAfter: 0 });
  const before = process.cpuUsage();
  world.runUntil(3600);
  const { user, system } = process.cpuUsage(before);
  record('sim-gps-hour', { cpuSeconds: (user + system) / 1e6 });
  assert.ok((user + system) / 1e6 < 1.5);
});

test.run();
