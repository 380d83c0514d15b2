/**
 * A recorded receiver on a bad line: bytes flipped, lost, doubled and invented for a while, in virtual time. The time
 * that is served stays right, whatever the line does, and the pulse is followed again soon after it is good.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { badLine } from '../support/mutation.js';
import { recordedLink } from '../support/recorded-link.js';
import { readRecording } from '../support/recording.js';
import { assert, has, record, sharedFolder, test } from '../support/suite.js';
import { type Look, virtualBoard } from '../support/virtual-board.js';

/** of a thousand bytes, from second to second */
const PHASES = [
  { from: 20, to: 45, perThousand: 20 },
  { from: 45, to: 60, perThousand: 200 },
  { from: 60, to: 75, perThousand: 5 },
] as const;
const GOOD_FROM = 75;
const END = 140;

function play(name: string, seed: number): { looks: Look[]; followed: boolean } {
  const recording = readRecording(readFileSync(join(sharedFolder, 'gps-captures', name)));
  let perThousand = 0;
  const spoil = badLine(seed, () => perThousand);
  const board = virtualBoard({
    startUnixSecond: recording.first + 1,
    hardware: { seed },
    link: ({ world, clock }) =>
      recordedLink(world, clock, {
        recording,
        seed,
        delaySeconds: 0.15,
        jitterSeconds: 0.005,
        damage(bytes, k) {
          perThousand = PHASES.find(({ from, to }) => k >= from && k < to)?.perThousand ?? 0;
          return spoil(bytes);
        },
      }),
  });
  const looks: Look[] = [];
  board.run(END, (look) => looks.push(look));
  const peer = board.engine.all().find(({ id }) => id === board.engine.selected().systemPeer);
  return { looks, followed: peer?.view().address.startsWith('127.127.22.') === true };
}

if (has('a recorded receiver on a bad line', 'shared')) {
  test('a line that spoils its bytes costs no microseconds, and no second', () => {
    let worst = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const { looks, followed } = play('u-blox-m8t-time.log', seed);
      const served = looks.filter(({ system, k }) => system.leap !== 3 && k > 20);
      assert.ok(served.length > 110, `seed ${seed}: served ${served.length} s`);
      for (const { errorSeconds, k } of served)
        assert.ok(Math.abs(errorSeconds) < 50e-6, `seed ${seed}, second ${k}: ${errorSeconds} s`);
      worst = Math.max(worst, ...served.map(({ errorSeconds }) => Math.abs(errorSeconds)));
      assert.ok(followed, `seed ${seed}: the pulse is followed ${END - GOOD_FROM} s after the line is good`);
    }
    record('bad-line', { worstUs: worst * 1e6 });
  });
}

test.run();
