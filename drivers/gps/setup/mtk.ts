/**
 * The set-up of a MediaTek receiver by PMTK sentences: one solution a second, the sentences that time needs, the line's
 * speed. Settings are lost when it has no power. Pure.
 *
 *   PMTK220,ms            interval of solutions; answered by PMTK001,220,flag
 *   PMTK414               question of PMTK514: divisors of the 19 kinds of sentence (GLL RMC VTG GGA GSA GSV …, 17: ZDA)
 *   PMTK314,d0,…,d18      sets them; answered by PMTK001,314,flag
 *   PMTK251,baud          speed; no answer
 *   PMTK001,command,flag  0 invalid, 1 unsupported, 2 failed, 3 done
 *
 * Source: GlobalTop PMTK command packet, revision A11, packets 001, 220, 251, 314, 414, 514.
 */
import type { ReceiverWish } from '../../../src/ports/gps-setup.js';
import { encodeSentence } from '../nmea/sentence.js';
import type { Exchange, Heard } from './exchange.js';
import { type SetupReport, Tally } from './report.js';

const SENTENCES = 19;
/** RMC and GGA each second, GSA and GSV each fifth: 9600 baud hold them. ZDA where the firmware has it. */
const DIVISORS: readonly (readonly [index: number, every: number])[] = [
  [1, 1],
  [3, 1],
  [4, 5],
  [5, 5],
  [17, 1],
];
const WANTED = Array.from({ length: SENTENCES }, (_, i) => DIVISORS.find(([index]) => index === i)?.[1] ?? 0);
const DONE = '3';
const ANSWER_SECONDS = 1.5;
const TRIES = 3;
const DRAIN_SECONDS = 0.2;

export const pmtk = (type: string, fields: readonly string[] = []): Uint8Array =>
  new TextEncoder().encode(`${encodeSentence({ talker: 'P', type, fields })}\r\n`);

const isSentence =
  (type: string, first?: string) =>
  (heard: Heard): boolean =>
    heard.kind === 'sentence' &&
    heard.sentence.type === type &&
    (first === undefined || Number(heard.sentence.fields[0]) === Number(first));

export function* setMtk(wish: ReceiverWish, baud: number | undefined, report: SetupReport): Exchange<void> {
  report.state('setting', 'MediaTek');
  const tally = new Tally();
  if (wish.baud !== undefined && baud !== undefined && wish.baud !== baud)
    yield* changeSpeed(wish.baud, baud, tally);
  tally.count('one solution a second', yield* command('220', ['1000']));
  const now = yield* divisors();
  if (now !== undefined && same(now)) tally.count('the sentences', 'kept');
  else {
    const result = yield* command('314', WANTED.map(String));
    const after = result === 'changed' && now !== undefined ? yield* divisors() : undefined;
    // Firmware that cannot be asked is believed when it says that it has done it.
    tally.count('the sentences', after !== undefined && !same(after) ? 'refused' : result);
  }
  report.state(tally.state, tally.text);
}

/** Firmware has more kinds than it can send, and forgets those: only ours are compared, and ZDA is no must. */
const same = (divisors: readonly number[]): boolean =>
  WANTED.every((every, i) => i === 17 || (divisors[i] ?? 0) === every);

function* divisors(): Exchange<readonly number[] | undefined> {
  const answer = yield {
    kind: 'ask',
    bytes: pmtk('MTK414'),
    wanted: isSentence('MTK514'),
    seconds: ANSWER_SECONDS,
    tries: TRIES,
  };
  return answer?.kind === 'sentence' ? answer.sentence.fields.map(Number) : undefined;
}

function* command(number: string, fields: readonly string[]): Exchange<'changed' | 'refused' | 'silent'> {
  const answer = yield {
    kind: 'ask',
    bytes: pmtk(`MTK${number}`, fields),
    wanted: isSentence('MTK001', number),
    seconds: ANSWER_SECONDS,
    tries: TRIES,
  };
  if (answer?.kind !== 'sentence') return 'silent';
  return answer.sentence.fields[1] === DONE ? 'changed' : 'refused';
}

function* changeSpeed(wanted: number, before: number, tally: Tally): Exchange<void> {
  yield {
    kind: 'ask',
    bytes: pmtk('MTK251', [String(wanted)]),
    wanted: () => false,
    seconds: DRAIN_SECONDS,
    tries: 1,
  };
  yield { kind: 'speed', baud: wanted };
  const answer = yield {
    kind: 'ask',
    bytes: pmtk('MTK605'),
    wanted: isSentence('MTK705'),
    seconds: ANSWER_SECONDS,
    tries: TRIES,
  };
  if (answer === undefined) yield { kind: 'speed', baud: before };
  tally.count('the speed', answer === undefined ? 'refused' : 'changed');
}
