/** A leap second that only the receiver knows of, and one about which it contradicts the file. */
import { parseLeapFile } from '../../src/discipline/leap-file.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../src/units/time.js';
import { assert, record, test } from '../support/suite.js';
import { type Look, virtualBoard } from '../support/virtual-board.js';

const midnight = Date.UTC(2027, 0, 1) / 1000;
const start = midnight - 900;

test('without a leap second file the receiver is believed: announced, taken, TAI offset one more', () => {
  const board = virtualBoard({
    startUnixSecond: start,
    leaps: [{ atUnixSecond: midnight, change: 1 }],
    hardware: { seed: 2 },
  });
  const looks: Look[] = [];
  board.run(1500, (look) => looks.push(look));
  const before = looks.filter(({ k }) => k > 60 && k < 895);
  assert.ok(before.every(({ system }) => system.leap === 1));
  const around = looks.filter(({ k }) => k > 600);
  const worst = Math.max(...around.map(({ errorSeconds }) => Math.abs(errorSeconds)));
  record('leap-by-receiver', { worstErrorNs: worst * 1e9 });
  assert.ok(worst < 2e-6, `${worst}`);
  assert.is(board.engine.leap().from, 'receiver');
  assert.is(board.engine.leap().taiOffsetSeconds, 38);
  assert.is(looks.at(-1)?.system.leap, 0);
});

test('a valid file without the leap overrules the receiver, and it is said', () => {
  const ntp = (unixSecond: number) => String(BigInt(unixSecond) + NTP_UNIX_OFFSET_SECONDS);
  const file = parseLeapFile(
    `#$ ${ntp(start)}\n#@ ${ntp(start + 90 * 86_400)}\n${ntp(Date.UTC(2017, 0, 1) / 1000)} 37\n`,
  );
  assert.ok(file.ok);
  const board = virtualBoard({
    startUnixSecond: start,
    leaps: [{ atUnixSecond: midnight, change: 1 }],
    leapTable: file.table,
    hardware: { seed: 2 },
  });
  board.run(300, () => {});
  assert.is(board.engine.system().leap, 0);
  assert.is(board.events.filter(({ event }) => event === 'leap-disagreement').length, 1);
});

test.run();
