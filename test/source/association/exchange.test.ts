import fc from 'fast-check';
import {
  isUndisturbed,
  type Moment,
  measure,
  momentOfArrival,
} from '../../../src/source/association/exchange.js';
import { secondsToNs, unixNsToNtp } from '../../../src/units/time.js';
import { assert, test } from '../../support/suite.js';

const at = (servedNs: bigint, monoNs: bigint, movedSeconds = 0): Moment => ({
  servedNs,
  monoNs,
  movedSeconds,
});

test('offset and delay come out right for any offset, path and era', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 5_000_000_000_000_000_000n }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-6, max: 1, noNaN: true }),
      fc.double({ min: 1e-6, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: -100, max: 100, noNaN: true }),
      (start, offset, there, back, held, moved) => {
        const server = (t: number) => unixNsToNtp(start + secondsToNs(offset) + secondsToNs(t));
        const result = measure({
          sent: at(start, 0n),
          receive: server(there),
          transmit: server(there + held),
          arrived: at(start + secondsToNs(there + held + back) + secondsToNs(moved), 0n, moved),
          serverPrecision: -20,
          ownPrecision: -20,
        });
        assert.ok(result !== undefined);
        if (result === undefined) return;
        // The clock was moved by `moved` during the exchange: its offset at the end is smaller by that.
        const expected = offset - moved + (there - back) / 2;
        assert.ok(
          Math.abs(result.offsetSeconds - expected) < 1e-8 + Math.abs(offset) * 1e-15,
          `${result.offsetSeconds} ${expected}`,
        );
        assert.ok(Math.abs(result.delaySeconds - Math.max(there + back, 2 ** -20)) < 1e-8);
        assert.ok(result.dispersionSeconds >= 2 ** -19);
      },
    ),
    { numRuns: 500 },
  );
});

test('a round trip below zero is clamped while small, refused when it is not', () => {
  const times = (held: number) => ({
    sent: at(0n, 0n),
    receive: unixNsToNtp(0n),
    transmit: unixNsToNtp(secondsToNs(held)),
    arrived: at(secondsToNs(0.001), 0n),
    serverPrecision: -20,
    ownPrecision: -20,
  });
  assert.is(measure(times(0.0015))?.delaySeconds, 2 ** -20);
  assert.is(measure(times(0.01)), undefined);
});

test('an arrival between two looks is placed on the slew between them; about a step it is refused', () => {
  const last = at(1_000_000_000n, 1_000_000_000n, 0);
  const now = at(1_100_050_000n, 1_100_000_000n, 50e-6);
  const arrival = momentOfArrival(1_050_000_000n, last, now);
  assert.ok(arrival !== undefined && Math.abs(arrival.movedSeconds - 25e-6) < 1e-7);
  assert.is(momentOfArrival(1_050_000_000n, last, at(1_400_000_000n, 1_100_000_000n, 0.3)), undefined);
  assert.is(momentOfArrival(1_050_000_000n, last, { ...now, movedSeconds: Number.NaN }), undefined);
});

test('a step that nobody told us of shows against the monotonic clock', () => {
  const sent = at(0n, 0n);
  assert.is(isUndisturbed(sent, at(20_000_000n, 20_000_000n), 30_000_000n), true);
  assert.is(isUndisturbed(sent, at(520_000_000n, 20_000_000n), 30_000_000n), false);
  assert.is(isUndisturbed(sent, at(-480_000_000n, 20_000_000n), 30_000_000n), false);
  assert.is(isUndisturbed(sent, at(320_000_000n, 20_000_000n, 0.3), 30_000_000n), true);
});

test.run();
