/**
 * Recorded receivers whose messages come at awkward times behind the pulse: half a second, or nearly a whole one, where
 * nothing in the bytes tells this second's message from the last one's. The served time is the right second, or there is
 * none and the source says why. Whole boards in virtual time; each seed has its own clock error, jitter and chunks.
 * MTK recordings are short: their bursts come again with other times (recording.ts). u-blox bytes are as recorded.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordedLink } from '../support/recorded-link.js';
import { type Recording, readRecording } from '../support/recording.js';
import { assert, has, record, sharedFolder, test } from '../support/suite.js';
import { virtualBoard } from '../support/virtual-board.js';

const START_ERRORS = [0.05, -0.45, 0.5, 1.2, -2.7, 7.8];
const JITTERS = [0.0005, 0.005, 0.02];
/** as UARTs (1, 8, 16) and adapters (32, 64) hand them over */
const CHUNKS = [16, 1, 64, 8, 32];
/** what a wrong second is, and what a right one is at least, s */
const WRONG = 0.5;
const RIGHT = 0.001;

interface Outcome {
  readonly seconds: { readonly right: number; readonly wrong: number };
  readonly remark: string;
}

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

function play(recording: Recording, delaySeconds: number, seed: number, length: number): Outcome {
  const board = virtualBoard({
    startUnixSecond: recording.first + 1,
    hardware: { seed, startErrorSeconds: pick(START_ERRORS, seed) },
    link: ({ world, clock }) =>
      recordedLink(world, clock, {
        recording,
        seed,
        delaySeconds,
        jitterSeconds: pick(JITTERS, seed),
        chunkBytes: pick(CHUNKS, seed),
      }),
  });
  const seconds = { right: 0, wrong: 0 };
  board.run(length, ({ errorSeconds, system }) => {
    if (system.leap === 3 || system.stratum > 15) return;
    if (Math.abs(errorSeconds) >= WRONG) seconds.wrong += 1;
    if (Math.abs(errorSeconds) < RIGHT) seconds.right += 1;
  });
  const pps = board.engine.all().find((source) => source.view().name.startsWith('127.127.22.'));
  return { seconds, remark: pps?.view().remark ?? '' };
}

if (has('recordings of real receivers', 'shared')) {
  // u-blox says that it knows UTC; plain NMEA must keep its seconds for 13 minutes first.
  for (const [name, length, seeds] of [
    ['u-blox-m8t-time', 140, 15],
    ['ublox-8-time', 80, 15],
    ['quectel-L70', 860, 5],
    ['mtk-3329', 860, 5],
  ] as const) {
    const recording = readRecording(readFileSync(join(sharedFolder, 'gps-captures', `${name}.log`)));
    const all = (delay: number) =>
      Array.from({ length: seeds }, (_, seed) => play(recording, delay, seed + 1, length));
    const sum = (outcomes: readonly Outcome[], what: 'right' | 'wrong') =>
      outcomes.reduce((total, { seconds }) => total + seconds[what], 0);

    for (const milliseconds of [480, 500, 520])
      test(`${name}: ${milliseconds} ms behind the pulse, the seconds are right`, () => {
        const outcomes = all(milliseconds / 1000);
        record(`delays ${name} ${milliseconds}ms`, {
          right: sum(outcomes, 'right'),
          wrong: sum(outcomes, 'wrong'),
        });
        for (const { seconds, remark } of outcomes) {
          assert.is(seconds.wrong, 0, remark);
          assert.ok(seconds.right > 40, `${seconds.right} s: ${remark}`);
        }
      });

    for (const milliseconds of [950, 990, 999])
      test(`${name}: ${milliseconds} ms behind the pulse, right seconds or none, and why`, () => {
        const outcomes = all(milliseconds / 1000);
        record(`delays ${name} ${milliseconds}ms`, {
          right: sum(outcomes, 'right'),
          wrong: sum(outcomes, 'wrong'),
        });
        for (const { seconds, remark } of outcomes) {
          assert.is(seconds.wrong, 0, remark);
          if (seconds.right === 0) assert.match(remark, /the message delay may be -?\d+ ms or \d+ ms/);
        }
      });
  }
}

test.run();
