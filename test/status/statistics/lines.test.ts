import {
  clockLine,
  dayAndSecond,
  loopLine,
  peerLine,
  rawLine,
  sysLine,
} from '../../../src/status/statistics/lines.js';
import { unixNsToNtp } from '../../../src/units/time.js';
import { fakeView, NOW_NS, systemView } from '../../control/fixture.js';
import { assert, test } from '../../support/suite.js';

const AT = NOW_NS + 123_400_000n;

test('day and second are the Modified Julian Day and seconds past midnight, rounded without a second 86400', () => {
  assert.is(dayAndSecond(0n), '40587 0.000');
  assert.is(dayAndSecond(NOW_NS), '61367 18000.000');
  // 1993-01-01 is MJD 48988; ntpd's own documentation counts so.
  assert.is(dayAndSecond(725_846_400_000_000_000n), '48988 0.000');
  assert.is(dayAndSecond(86_399_999_600_000n), '40588 0.000');
  assert.is(dayAndSecond(-1_000_000n), '40586 86399.999');
});

test('loopstats, peerstats and clockstats lines are ntpd’s', () => {
  const { offsetSeconds, frequency, clockWander, pollLog2 } = systemView();
  assert.is(
    loopLine(AT, { offsetSeconds, frequency, jitterSeconds: 310e-9, wander: clockWander, pollLog2 }),
    '61367 18000.123 -0.000000042 -12.345 0.000000310 0.002500 4\n',
  );
  assert.is(
    peerLine(AT, {
      address: '192.0.2.1',
      status: 0x9414,
      offsetSeconds: -0.000_000_000_1,
      delaySeconds: 0.015_678,
      dispersionSeconds: 0.000_987,
      jitterSeconds: 0.000_456,
    }),
    '61367 18000.123 192.0.2.1 9414 0.000000000 0.015678000 0.000987000 0.000456000\n',
  );
  assert.is(
    clockLine(AT, '127.127.20.0', '$GPRMC,050000.00,A\r\n'),
    '61367 18000.123 127.127.20.0 $GPRMC,050000.00,A??\n',
  );
});

test('a rawstats line has both addresses, four timestamps and the header, refid by stratum', () => {
  const raw = {
    address: '192.0.2.1',
    localAddress: '',
    originTime: unixNsToNtp(AT),
    receiveTime: unixNsToNtp(AT + 7_000_001n),
    transmitTime: unixNsToNtp(AT + 7_000_002n),
    destinationTime: 0n,
    leap: 0,
    version: 4,
    mode: 4,
    stratum: 1,
    pollLog2: 6,
    precisionLog2: -23,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0.000_32,
    refid: Uint8Array.of(0x50, 0x50, 0x53, 0),
  };
  assert.is(
    rawLine(AT, raw),
    '61367 18000.123 192.0.2.1 - 4004398800.123400000 4004398800.130400001 4004398800.130400002 0.000000000 ' +
      '0 4 4 1 6 -23 0.000000 0.000320 .PPS.\n',
  );
  assert.match(rawLine(AT, { ...raw, stratum: 2 }), / 80\.80\.83\.0\n$/);
});

test('a sysstats line has the seconds and ten counts in ntpd’s order', () => {
  assert.is(
    sysLine(AT, 3600.4, fakeView().counters()),
    '61367 18000.123 3600 1001 1010 1002 1003 1007 1004 1005 1006 1008 1009\n',
  );
});

test('whatever a line is made of, it stays one line with its columns', () => {
  const line = peerLine(AT, {
    address: 'a b\nc',
    status: 0x1ffff,
    offsetSeconds: Number.NaN,
    delaySeconds: Number.POSITIVE_INFINITY,
    dispersionSeconds: 0,
    jitterSeconds: 0,
  });
  assert.is(line, '61367 18000.123 a?b?c ffff 0.000000000 0.000000000 0.000000000 0.000000000\n');
});

test.run();
