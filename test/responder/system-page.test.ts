import fc from 'fast-check';
import { applyStampMap } from '../../src/ports/clock.js';
import {
  createSystemPage,
  ntpFraction,
  SystemPageReader,
  SystemPageWriter,
} from '../../src/responder/system-page.js';
import { secondsToShort, unixNsToNtp } from '../../src/units/time.js';
import { assert, test } from '../support/suite.js';
import { NOW_SECONDS, SYNCHRONISED } from './fixture.js';

const fresh = () => {
  const memory = createSystemPage();
  return { memory, writer: new SystemPageWriter(memory), reader: new SystemPageReader(memory) };
};

test('a new page says unsynchronised', () => {
  const { reader } = fresh();
  assert.equal([reader.leap, reader.stratum, reader.generation], [3, 16, 1]);
});

test('what is published is read after refresh, not before', () => {
  const { writer, reader } = fresh();
  writer.publish(SYNCHRONISED);
  assert.is(reader.stratum, 16);
  reader.refresh();
  assert.equal(
    [reader.leap, reader.stratum, reader.precisionLog2, reader.rootDelayShort, reader.refid],
    [0, 1, -23, secondsToShort(0.001), 0x47505300],
  );
  const reference = (BigInt(reader.referenceSeconds) << 32n) | BigInt(reader.referenceFraction);
  assert.is(reference, unixNsToNtp(SYNCHRONISED.referenceTimeNs));
});

test('a reader that slept through any number of publishes gets the newest whole', () => {
  const { writer, reader } = fresh();
  for (let n = 1; n <= 40; n += 1) {
    writer.publish({ ...SYNCHRONISED, stratum: (n % 15) + 1, rootDelaySeconds: n / 100 });
    if (n % 7 !== 0) continue;
    reader.refresh();
    assert.equal([reader.stratum, reader.rootDelayShort], [(n % 15) + 1, secondsToShort(n / 100)]);
  }
});

test('root dispersion grows from its moment on and never shrinks before it', () => {
  const { writer, reader } = fresh();
  writer.publish(SYNCHRONISED);
  reader.refresh();
  assert.is(reader.rootDispersionShort(NOW_SECONDS - 100, 0), secondsToShort(0.002));
  assert.is(reader.rootDispersionShort(NOW_SECONDS, 0), secondsToShort(0.002));
  assert.is(reader.rootDispersionShort(NOW_SECONDS + 1000, 500_000_000), secondsToShort(0.002 + 0.0150075));
});

test('mapped stamps are those of applyStampMap, to the nanosecond and to the last bit of the fraction', () => {
  const { writer, reader } = fresh();
  const ns = (spread: bigint) => fc.bigInt(-spread, spread);
  fc.assert(
    fc.property(
      ns(4_000_000_000_000_000_000n),
      ns(1_000_000_000_000_000n),
      ns(3_600_000_000_000n),
      fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
      (anchorServedNs, apart, elapsed, rate) => {
        const map = { anchorServedNs, anchorKernelNs: anchorServedNs + apart, rate };
        writer.publish({ ...SYNCHRONISED, stampMap: map });
        reader.refresh();
        const kernel = map.anchorKernelNs + elapsed;
        const seconds =
          (kernel - (((kernel % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;
        reader.mapStamp(Number(seconds), Number(kernel - seconds * 1_000_000_000n));
        const expected = applyStampMap(map, kernel);
        assert.is(BigInt(reader.servedSeconds) * 1_000_000_000n + BigInt(reader.servedNanoseconds), expected);
        assert.is((BigInt(reader.ntpSeconds) << 32n) | BigInt(reader.ntpFraction), unixNsToNtp(expected));
      },
    ),
    { numRuns: 500 },
  );
});

test('nanoseconds become 2^-32 s rounded to nearest, at the ends too', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), (ns) => {
      assert.is(BigInt(ntpFraction(ns)), unixNsToNtp(BigInt(ns)) & 0xffffffffn);
    }),
    { numRuns: 2000 },
  );
  assert.is(ntpFraction(0), 0);
  assert.is(ntpFraction(999_999_999), 4_294_967_292);
});

test.run();
