import { LeapKeeper } from '../../src/discipline/leap.js';
import { nextLeap, parseLeapFile, taiOffsetAt } from '../../src/discipline/leap-file.js';
import { silentLog } from '../../src/ports/log.js';
import { assert, test } from '../support/suite.js';

const NTP = 2_208_988_800n;
/** 2016-12-31 had the last leap second; the file speaks of it and expires on 2026-10-02. */
const text = `#$	 3676924800
#@	4000000000
3550089600	35	# 1 Jul 2012 (shortened)
3644697600	36	# 1 Jul 2015
3692217600	37	# 1 Jan 2017
`;
const at = (iso: string) => BigInt(Date.parse(iso)) * 1_000_000n;
const table = () => {
  const result = parseLeapFile(text);
  if (!result.ok) throw new Error(result.message);
  return result.table;
};

test('the table gives TAI - UTC and the next leap', () => {
  assert.is(taiOffsetAt(table(), 3692217600n - NTP), 37);
  assert.is(taiOffsetAt(table(), 3692217599n - NTP), 36);
  assert.is(taiOffsetAt(table(), 0n), undefined);
  assert.equal(nextLeap(table(), 3692217599n - NTP), { atUnixSeconds: 3692217600n - NTP, change: 1 });
  assert.is(nextLeap(table(), 3692217600n - NTP), undefined);
});

test('the hash of the file is checked, leading zeros or not', () => {
  assert.is(table().hashMatches, undefined);
  const wrong = parseLeapFile(`${text}#h 1 2 3 4 5\n`);
  assert.ok(wrong.ok && wrong.table.hashMatches === false);
});

test('a damaged file is refused with its line', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['3692217600 thirty-seven\n', 1],
    ['#@ soon\n', 1],
    ['#@ 4000000000\n3692217600 37\n3644697600 36\n', 3],
  ];
  for (const [bad, line] of cases) {
    const result = parseLeapFile(bad);
    assert.ok(!result.ok && result.line === line, bad);
  }
});

test('a leap second is armed on its own day only', () => {
  const keeper = new LeapKeeper(silentLog);
  keeper.setTable(table());
  assert.is(keeper.state(at('2016-12-30T23:59:59Z')).armed, 0);
  assert.is(keeper.state(at('2016-12-31T00:00:00Z')).armed, 1);
  assert.is(keeper.state(at('2016-12-31T23:59:59Z')).armed, 1);
  assert.is(keeper.state(at('2017-01-01T00:00:00Z')).armed, 0);
  assert.is(keeper.state(at('2017-01-01T00:00:00Z')).taiOffsetSeconds, 37);
});

test('an expired file is not used; the receiver is', () => {
  const events: string[] = [];
  const keeper = new LeapKeeper({ write: (_level, event) => events.push(event) });
  keeper.setTable(table());
  keeper.setNotice({ change: -1, atNs: at('2027-07-01T00:00:00Z'), leapSeconds: 18 });
  const state = keeper.state(at('2027-06-30T12:00:00Z'));
  assert.equal([state.armed, state.from, state.taiOffsetSeconds], [2, 'receiver', 37]);
  assert.is(keeper.state(at('2027-07-01T00:00:00Z')).taiOffsetSeconds, 36);
  assert.equal(events, ['leap-file-expired']);
});

test('a receiver that contradicts a valid file is overruled, and said once', () => {
  const events: string[] = [];
  const keeper = new LeapKeeper({ write: (_level, event) => events.push(event) });
  keeper.setTable(table());
  keeper.setNotice({ change: 1, atNs: at('2026-07-01T00:00:00Z'), leapSeconds: 18 });
  assert.is(keeper.state(at('2026-06-30T12:00:00Z')).armed, 0);
  keeper.state(at('2026-06-30T12:00:01Z'));
  assert.equal(events, ['leap-disagreement']);
});

test('network bits arm only on the last day of a month', () => {
  const keeper = new LeapKeeper(silentLog);
  keeper.setNetwork(1, undefined);
  assert.is(keeper.state(at('2026-06-29T12:00:00Z')).armed, 0);
  assert.is(keeper.state(at('2026-06-30T12:00:00Z')).armed, 1);
});

test.run();
