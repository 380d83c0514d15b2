/**
 * One setting of a u-blox, read, changed and read back. Owns that order and what counts as done; knows no message beyond
 * the acknowledgement, and nothing of the line.
 *
 * A poll (a CFG message without values) is answered by the message and an ACK-ACK, or by ACK-NAK alone when the receiver
 * has no such setting. A set is answered by ACK-ACK or ACK-NAK.
 * Source: u-blox M8 interface description, "Acknowledgement", UBX-ACK.
 */
import { decodeAck } from '../ubx/ack.js';
import { UBX } from '../ubx/ids.js';
import { encodeUbx } from '../ubx/match.js';
import type { Answer, Exchange, Heard } from './exchange.js';

export interface Setting {
  /** for people: "the time pulse" */
  readonly name: string;
  /** not every receiver has it: a refusal is no fault */
  readonly optional: boolean;
  /** message that is polled and answered, class << 8 | id */
  readonly message: number;
  /** of the poll */
  readonly poll: Uint8Array;
  /** message that sets */
  readonly setMessage: number;
  /** Is that the answer to this poll? */
  answers(payload: DataView): boolean;
  /** Payload of the set that is needed; undefined: all is as wished already. */
  change(payload: DataView): Uint8Array | undefined;
}

export type SettingResult =
  /** read as wished, without or with a change */
  | { readonly kind: 'kept' | 'changed'; readonly payload: DataView }
  /** the receiver has no such setting */
  | { readonly kind: 'lacking' }
  /** it said no, or reads otherwise after a yes */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' };

/** Receivers answer between their solutions, within a second at 1 Hz. */
const ANSWER_SECONDS = 1.5;
const TRIES = 4;

const isAck = (heard: Heard, of: number): boolean => {
  if (heard.kind !== 'ubx' || (heard.id !== UBX.ACK_ACK && heard.id !== UBX.ACK_NAK)) return false;
  const ack = decodeAck(heard.payload);
  return ack.ok && ack.value.message === of;
};
const isNak = (answer: Answer): boolean => answer?.kind === 'ubx' && answer.id === UBX.ACK_NAK;

/** What the receiver has; undefined: it does not answer; 'lacking': ACK-NAK. */
export function* read(
  setting: Pick<Setting, 'message' | 'poll' | 'answers'>,
): Exchange<DataView | 'lacking' | undefined> {
  const { message } = setting;
  const answer = yield {
    kind: 'ask',
    bytes: encodeUbx(message, setting.poll),
    wanted: (heard) =>
      heard.kind === 'ubx' &&
      ((heard.id === message && setting.answers(heard.payload)) ||
        (heard.id === UBX.ACK_NAK && isAck(heard, message))),
    seconds: ANSWER_SECONDS,
    tries: TRIES,
  };
  if (answer?.kind !== 'ubx') return undefined;
  return isNak(answer) ? 'lacking' : answer.payload;
}

/** Sends a set; true: acknowledged, false: refused, undefined: no answer. */
export function* write(message: number, payload: Uint8Array): Exchange<boolean | undefined> {
  const answer = yield {
    kind: 'ask',
    bytes: encodeUbx(message, payload),
    wanted: (heard) => isAck(heard, message),
    seconds: ANSWER_SECONDS,
    tries: TRIES,
  };
  return answer === undefined ? undefined : !isNak(answer);
}

export function* settle(setting: Setting): Exchange<SettingResult> {
  const before = yield* read(setting);
  if (before === undefined) return { kind: 'silent' };
  if (before === 'lacking') return { kind: 'lacking' };
  const change = setting.change(before);
  if (change === undefined) return { kind: 'kept', payload: before };
  const taken = yield* write(setting.setMessage, change);
  if (taken === false) return { kind: 'refused' };
  // An acknowledgement that was lost is no matter if the setting is there.
  const after = yield* read(setting);
  if (after === undefined) return { kind: 'silent' };
  if (after === 'lacking' || setting.change(after) !== undefined) return { kind: 'refused' };
  return { kind: 'changed', payload: after };
}
