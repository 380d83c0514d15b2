import { verifyMac } from '../../src/auth/mac.js';
import { RES } from '../../src/auth/restrict.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { decodeHeader, type NtpHeader } from '../../src/wire/header.js';
import { assert, test } from '../support/suite.js';
import {
  Bench,
  CMAC_KEY,
  field,
  MD5_KEY,
  NOW_SECONDS,
  request,
  rule,
  SHA1_KEY,
  SHA256_KEY,
  withMac,
} from './fixture.js';

const ANY4 = [0, 0, 0, 0];
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

function header(bytes: Uint8Array | undefined): NtpHeader {
  assert.ok(bytes, 'a reply');
  const decoded = decodeHeader(new DataView(bytes.buffer), bytes.length);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

test('a client of each version is answered in its version, byte for byte', () => {
  for (const version of [1, 2, 3, 4]) {
    const bench = new Bench();
    bench.at(NOW_SECONDS + 100, 250_000_000);
    const reply = bench.ask(request({ version, mode: version === 1 ? 0 : 3 }));
    // receive: 2025-06-01T00:01:40.25Z, transmit 10 us later; root dispersion 2 ms + 15e-6 * 100.25 s, rounded up
    const flags = ((version << 3) | 4).toString(16).padStart(2, '0');
    assert.is(
      hex(reply),
      `${flags}0106e900000042000000e647505300` +
        'ebe6167080000000' + // reference
        'deadbeef12345678' + // origin: the request's transmit time
        'ebe616e4' +
        '40000000' + // receive
        'ebe616e4' +
        '4000a7c6', // transmit
    );
  }
});

test('mode 0 is a client only in version 1', () => {
  const bench = new Bench();
  assert.is(bench.ask(request({ version: 4, mode: 0 })), undefined);
  assert.is(bench.counters.refusals()['bad-mode'], 1);
});

test('versions 0 and 5 to 7 are refused, and older ones where a rule says version', () => {
  const bench = new Bench();
  for (const version of [0, 5, 6, 7]) assert.is(bench.ask(request({ version })), undefined);
  assert.is(bench.counters.refusals()['bad-version'], 4);
  const strict = new Bench([rule(ANY4, 0, 'version')]);
  assert.is(strict.ask(request({ version: 3 })), undefined);
  assert.ok(strict.ask(request({ version: 4 })));
});

test('unsynchronised is leap 3 and stratum 16 on the wire, never stratum 0', () => {
  const bench = new Bench();
  for (const unfit of [{ leap: 3 as const }, { stratum: 0 }, { stratum: 16 }, { stratum: 255 }]) {
    bench.publish(unfit);
    const { leap, stratum } = header(bench.ask(request()));
    assert.equal([leap, stratum], [3, 16]);
  }
});

test('before anything is published the answer is leap 3, stratum 16, INIT', () => {
  const fresh = new Bench();
  fresh.writer.publish({
    leap: 3,
    stratum: 16,
    precisionLog2: -20,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    dispersionGrowth: 0,
    dispersionAtNs: 0n,
    refid: Buffer.from('INIT'),
    referenceTimeNs: 0n,
    stampMap: { anchorKernelNs: 0n, anchorServedNs: 0n, rate: 0 },
  });
  fresh.state.page.refresh();
  const reply = header(fresh.ask(request()));
  assert.equal([reply.leap, reply.stratum, reply.refid, reply.referenceTime], [3, 16, 0x494e4954, 0n]);
});

test('an announced leap second is told', () => {
  const bench = new Bench();
  bench.publish({ leap: 1 });
  assert.is(header(bench.ask(request())).leap, 1);
});

test('stamps go through the map of the served clock', () => {
  const bench = new Bench();
  const anchor = BigInt(NOW_SECONDS) * 1_000_000_000n;
  bench.publish({
    stampMap: { anchorKernelNs: anchor, anchorServedNs: anchor + 5_000_000_000n, rate: 1e-4 },
  });
  bench.at(NOW_SECONDS + 10, 0);
  const reply = header(bench.ask(request()));
  assert.is(reply.receiveTime, unixNsToNtp(anchor + 15_001_000_000n));
  assert.is(reply.transmitTime, unixNsToNtp(anchor + 15_001_010_001n));
});

test('a reply in NTP era 1 carries the seconds of that era', () => {
  const bench = new Bench();
  bench.at(2_085_978_496 + 3, 0); // 2036-02-07T06:28:19Z
  assert.is(header(bench.ask(request())).receiveTime, 3n << 32n);
});

for (const [name, key, macLength] of [
  ['MD5', MD5_KEY, 20],
  ['SHA1', SHA1_KEY, 24],
  ['SHA256 cut to 20 bytes', SHA256_KEY, 24],
  ['AES-128-CMAC', CMAC_KEY, 20],
] as const)
  test(`a request with a good MAC (${name}) is answered with the same key`, () => {
    const bench = new Bench();
    const reply = bench.ask(withMac(request(), key));
    assert.is(reply?.length, 48 + macLength);
    assert.ok(verifyMac(key, reply ?? new Uint8Array(0), 48, macLength));
    assert.is(header(reply).stratum, 1);
    assert.is(bench.counters.counters().authenticated, 1);
  });

test('a digest in full, as chrony sends it in version 3, is answered in full', () => {
  const bench = new Bench();
  const reply = bench.ask(withMac(request({ version: 3 }), SHA256_KEY, 36));
  assert.is(reply?.length, 84);
  assert.ok(verifyMac(SHA256_KEY, reply ?? new Uint8Array(0), 48, 36));
});

test('a wrong MAC, an unknown key and a key not for that address get a crypto-NAK and no time to trust', () => {
  const wrong = withMac(request(), SHA1_KEY);
  wrong[60] = wrong[60]! ^ 1;
  const bench = new Bench();
  for (const bad of [wrong, withMac(request(), { ...shell(SHA1_KEY), id: 99 })]) {
    const reply = bench.ask(bad);
    assert.is(reply?.length, 52);
    assert.is(hex(reply?.subarray(48)), '00000000');
  }
  const { badAuthentication, nakSent, processed } = bench.counters.counters();
  assert.equal([badAuthentication, nakSent, processed], [2, 2, 0]);
  const elsewhere = { ...shell(MD5_KEY), ranges: [{ address: Uint8Array.of(10, 0, 0, 0), prefixLength: 8 }] };
  bench.state.keys = new Map([[1, elsewhere]]);
  assert.is(bench.ask(withMac(request(), MD5_KEY))?.length, 52);
});

/** The key's fields and method, spreadable. */
const shell = (key: typeof SHA1_KEY) => ({
  id: key.id,
  algorithm: key.algorithm,
  digestLength: key.digestLength,
  macLength: key.macLength,
  ranges: key.ranges,
  computeMac: key.computeMac.bind(key),
});

test('without Autokey its key IDs get a crypto-NAK', () => {
  const bench = new Bench();
  const mac = [Uint8Array.of(0x12, 0x34, 0x56, 0x78), new Uint8Array(16)];
  for (const packet of [request({}, field(0x0201, 28), ...mac), request({}, ...mac)]) {
    assert.is(bench.ask(packet)?.length, 52);
    assert.is(bench.exchange.forward, false);
  }
});

test('a crypto-NAK in a client packet is not answered', () => {
  const bench = new Bench();
  assert.is(bench.ask(request({}, new Uint8Array(4))), undefined);
  assert.is(bench.counters.refusals()['crypto-nak'], 1);
});

test('unknown extension fields of version 4 are tolerated and not repeated', () => {
  const bench = new Bench();
  assert.is(bench.ask(request({}, field(0x0104, 36), field(0x7777, 28)))?.length, 48);
  const signed = bench.ask(withMac(request({}, field(0x7777, 32)), MD5_KEY));
  assert.is(signed?.length, 68);
  assert.is(bench.counters.counters().authenticated, 1);
});

test('malformed packets are dropped, each with its reason', () => {
  const cases: [string, Uint8Array][] = [
    ['too-short', new Uint8Array(0)],
    ['too-short', request().subarray(0, 47)],
    ['bad-length', request({}, new Uint8Array(3))],
    ['bad-mac-length', request({}, new Uint8Array(12))],
    ['bad-length', request({}, field(0x7777, 28).fill(0xff, 2, 4))],
    ['too-long', new Uint8Array(2204).fill(0x23)],
  ];
  for (const [reason, packet] of cases) {
    const bench = new Bench();
    assert.is(bench.ask(packet), undefined, reason);
    const counted = Object.entries(bench.counters.refusals()).filter(([, n]) => n > 0);
    assert.equal(counted, [[reason, 1]]);
    assert.is(bench.counters.counters().badFormat, 1);
  }
});

test('a packet from port 0 is dropped', () => {
  const bench = new Bench();
  bench.exchange.sourcePort = 0;
  assert.is(bench.ask(request()), undefined);
  assert.is(bench.counters.refusals()['port-zero'], 1);
});

test('modes 1, 2, 4 and 5 go to main, with the restrictions of their sender', () => {
  const bench = new Bench([rule(ANY4, 0, 'nopeer', 'noquery')]);
  for (const mode of [1, 2, 4, 5]) {
    assert.is(bench.ask(request({ mode })), undefined);
    assert.is(bench.exchange.forward, true);
    assert.is(bench.exchange.restrictions, RES.nopeer | RES.noquery);
  }
});

test('mode 6 goes to main from loopback, from elsewhere only where a rule allows', () => {
  const control = Uint8Array.of(0x16, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  const bench = new Bench();
  bench.ask(control);
  assert.is(bench.exchange.forward, false);
  assert.is(bench.counters.refusals()['no-query'], 1);
  bench.exchange.source = Uint8Array.of(127, 0, 0, 1);
  bench.ask(control);
  assert.is(bench.exchange.forward, true);
  const open = new Bench([rule(ANY4, 0, 'kod', 'limited')]);
  open.ask(control);
  assert.is(open.exchange.forward, true);
});

test('mode 7 is refused from everywhere', () => {
  const bench = new Bench();
  bench.exchange.source = Uint8Array.of(127, 0, 0, 1);
  assert.is(bench.ask(request({ mode: 7 })), undefined);
  assert.is(bench.exchange.forward, false);
  assert.is(bench.counters.refusals()['private-mode'], 1);
});

test('ignore, noserve and notrust do what they say', () => {
  for (const [flag, reason] of [
    ['ignore', 'ignored'],
    ['noserve', 'not-served'],
    ['notrust', 'not-trusted'],
  ] as const) {
    const bench = new Bench([rule(ANY4, 0, flag)]);
    assert.is(bench.ask(request()), undefined);
    assert.is(bench.counters.refusals()[reason], 1);
    assert.is(bench.counters.counters().restricted, 1);
  }
  assert.is(new Bench([rule(ANY4, 0, 'notrust')]).ask(withMac(request(), MD5_KEY))?.length, 68);
});

test('flake drops about a tenth', () => {
  const bench = new Bench([rule(ANY4, 0, 'flake')]);
  let answered = 0;
  for (let i = 0; i < 2000; i += 1) if (bench.ask(request()) !== undefined) answered += 1;
  assert.ok(answered > 1700 && answered < 1890, `${answered}`);
});

test('serverresponse fuzz hides the fraction of the reference time', () => {
  const bench = new Bench([rule(ANY4, 0, 'serverresponse')]);
  const first = header(bench.ask(request())).referenceTime;
  assert.is.not(header(bench.ask(request())).referenceTime, first);
  assert.is(first >> 32n, BigInt(NOW_SECONDS - 16 + 2_208_988_800));
});

test('a client over the limit is told once with RATE, then gets silence, and time again when it calms down', () => {
  const bench = new Bench([rule(ANY4, 0, 'limited', 'kod')]);
  assert.ok(bench.ask(request()));
  bench.at(NOW_SECONDS, 100_000_000);
  const kiss = bench.ask(request({ poll: -2 }));
  assert.is(
    hex(kiss),
    `e40003e90000000000000000${Buffer.from('RATE').toString('hex')}0000000000000000${'deadbeef12345678'.repeat(3)}`,
  );
  for (let i = 2; i < 10; i += 1) {
    bench.at(NOW_SECONDS, i * 100_000_000);
    assert.is(bench.ask(request()), undefined);
  }
  const { rateLimited, kodSent } = bench.counters.counters();
  assert.equal([rateLimited, kodSent], [9, 1]);
  bench.at(NOW_SECONDS + 72, 0);
  assert.is(header(bench.ask(request())).stratum, 1);
});

test('limited without kod drops in silence, and a rule without limited never limits', () => {
  const quiet = new Bench([rule(ANY4, 0, 'limited')]);
  quiet.ask(request());
  assert.is(quiet.ask(request()), undefined);
  assert.is(quiet.counters.refusals().rate, 1);
  const open = new Bench();
  for (let i = 0; i < 100; i += 1) assert.ok(open.ask(request()));
});

test('a kiss for an authenticated request carries its MAC; for a wrong MAC there is none', () => {
  const bench = new Bench([rule(ANY4, 0, 'limited', 'kod')]);
  bench.ask(request());
  const kiss = bench.ask(withMac(request(), SHA1_KEY));
  assert.is(header(kiss).stratum, 0);
  assert.ok(verifyMac(SHA1_KEY, kiss ?? new Uint8Array(0), 48, 24));
  const other = new Bench([rule(ANY4, 0, 'limited', 'kod')]);
  other.ask(request());
  const wrong = withMac(request(), SHA1_KEY);
  wrong[70] = wrong[70]! ^ 0x80;
  assert.is(other.ask(wrong), undefined);
});

test('over the limit, servers and broadcasters are dropped and symmetric actives told in mode 2', () => {
  const bench = new Bench([rule(ANY4, 0, 'limited', 'kod')]);
  bench.ask(request());
  assert.is(header(bench.ask(request({ mode: 1 }))).mode, 2);
  const other = new Bench([rule(ANY4, 0, 'limited', 'kod')]);
  other.ask(request());
  assert.is(other.ask(request({ mode: 4 })), undefined);
  assert.is(other.exchange.forward, false);
});

test('a request to a multicast group is answered by nobody, or by main when it serves manycast', () => {
  const bench = new Bench();
  bench.exchange.destination = Uint8Array.of(224, 0, 1, 1);
  assert.is(bench.ask(request()), undefined);
  assert.is(bench.exchange.forward, false);
  bench.state.manycast = true;
  assert.is(bench.ask(request()), undefined);
  assert.is(bench.exchange.forward, true);
});

test.run();
