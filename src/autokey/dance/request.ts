/**
 * Questions as fields: what each carries, and when it is signed. Which one is asked is the state machines' choice.
 * Source: autokey-reference.md §5 (request values) and §5.5.
 */
import type { AutokeyValue } from '../../wire/autokey-field.js';
import { unsignedValue } from '../value.js';
import { fieldBytes, requestHeader } from './field.js';
import { type DanceTime, type HostValues, hostName } from './host.js';

/** Signed while our clock is set, as the reference has it. */
function signedWhenSet(
  values: HostValues,
  { now, isSynchronised }: DanceTime,
  filestamp: number,
  value: Uint8Array,
): AutokeyValue {
  return isSynchronised ? values.sign(now, filestamp, value) : unsignedValue(0, filestamp, value);
}

export type Question =
  | { readonly operation: 'assoc' | 'cookie' | 'sign' | 'autokey' | 'leap' }
  | { readonly operation: 'cert'; readonly name: string }
  | { readonly operation: 'iff' | 'gq' | 'mv'; readonly challenge: Uint8Array; readonly filestamp: number };

/** Until SIGN or LEAP is asked again after an error, s. */
export const REFUSED_SECONDS = 2 ** 12;
/** The same without an answer, or with an empty one, s. */
export const UNANSWERED_SECONDS = 64;
/** An answer to either leaves what was won as it is. */
export const isLateQuestion = (question: Question | undefined): boolean =>
  question?.operation === 'sign' || question?.operation === 'leap';

/** The field that asks it. `associationId`: our own, or of AUTO in broadcast the server's. */
export function questionField(
  question: Question,
  associationId: number,
  values: HostValues,
  time: DanceTime,
): Uint8Array {
  const { host } = values;
  const header = requestHeader(question.operation, associationId);
  const stamp = time.isSynchronised ? time.now : 0;
  switch (question.operation) {
    case 'assoc':
      return fieldBytes(header, unsignedValue(stamp, values.flags, Buffer.from(hostName(host))));
    case 'cert':
      return fieldBytes(header, unsignedValue(stamp, values.updatedAt, Buffer.from(question.name)));
    case 'iff':
    case 'gq':
    case 'mv':
      return fieldBytes(header, signedWhenSet(values, time, question.filestamp, question.challenge));
    case 'cookie': {
      const { value, filestamp } = host.hostKey;
      return fieldBytes(header, signedWhenSet(values, time, filestamp, value.publicDer));
    }
    case 'sign': {
      const { value, filestamp } = host.certificate;
      return fieldBytes(header, values.sign(time.now, filestamp, value.der));
    }
    case 'autokey':
    case 'leap':
      return fieldBytes(header, undefined);
  }
}
