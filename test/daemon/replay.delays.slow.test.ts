/**
 * The real daemon with a recorded receiver whose messages come 480, 500, 520 and 990 ms behind the pulse, four daemons
 * side by side: the right second, or none and the reason; never a wrong second. test/world/delays.test.ts does the same
 * in virtual time with many seeds.
 */
import { sleep } from '../support/daemon-process.js';
import { assert, has, record, test } from '../support/suite.js';
import { type ReplayedDaemon, withReplay } from './replayed.js';

const WRONG = 0.4;
const RIGHT = 2e-3;
const LOOK_SECONDS = 45;
/** One whose second a busy machine made doubtful at the start takes the longest. */
const LOCK_SECONDS = 90;

const tail = (replayed: ReplayedDaemon) => replayed.daemon.output.split('\n').slice(-30).join('\n');

/** Right from the pulse on, or throws. */
async function right(name: string, delaySeconds: number, server: boolean): Promise<void> {
  await withReplay({ name, delaySeconds, server }, async (replayed) => {
    const lockSeconds = await replayed.untilPulses(LOCK_SECONDS);
    const locked = replayed.elapsed;
    await sleep(8);
    assert.ok(replayed.worst() < WRONG, `${delaySeconds} s behind: a wrong second\n${tail(replayed)}`);
    assert.ok(replayed.worst(locked) < RIGHT, `${delaySeconds} s behind: not right\n${tail(replayed)}`);
    record(`replay ${name} ${delaySeconds * 1000}ms`, {
      lockSeconds,
      worstUs: replayed.worst(locked) * 1e6,
    });
  });
}

/** Nothing claimed to be right was wrong, and where nothing was claimed the log says why. */
async function rightOrRefused(name: string, delaySeconds: number): Promise<void> {
  await withReplay({ name, delaySeconds, server: false }, async (replayed) => {
    await sleep(LOOK_SECONDS);
    assert.ok(replayed.answers > 10, 'it answers');
    assert.ok(replayed.worst() < WRONG, `${delaySeconds} s behind: a wrong second\n${tail(replayed)}`);
    if (replayed.seen.length === 0) {
      assert.ok(replayed.daemon.logged('pulse-not-numbered', 'message delay may be') > 0, tail(replayed));
      const { sources, summary } = await replayed.daemon.status();
      assert.match(summary, 'message delay may be');
      assert.is(sources.find(({ name }) => name === '127.127.22.0')?.unfit, 'numbering-ambiguous');
    }
    record(`replay ${name} ${delaySeconds * 1000}ms`, {
      synchronised: replayed.seen.length,
      refused: replayed.answers - replayed.seen.length,
    });
  });
}

if (has('recorded receivers with late messages', 'shared')) {
  test('a recorded u-blox, 480, 500, 520 and 990 ms behind the pulse: never a wrong second', () =>
    Promise.all([
      right('u-blox-m8t-time', 0.48, false),
      right('u-blox-m8t-time', 0.5, false),
      right('u-blox-m8t-time', 0.52, false),
      rightOrRefused('u-blox-m8t-time', 0.99),
    ]).then(() => {}));

  test('a recorded MTK beside a network source: the same, and with its help the right second at 990 ms too', () =>
    Promise.all([0.48, 0.5, 0.52, 0.99].map((delay) => right('quectel-L70', delay, true))).then(() => {}));
}

test.run();
