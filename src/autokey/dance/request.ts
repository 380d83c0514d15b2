/**
 * Questions as fields: what each carries, and when it is signed. Which one is asked is the state machines' choice, who
 * signs whoever sends it.
 * Source: autokey-reference.md §5 (request values) and §5.5.
 */
import type { AutokeyHeader } from '../../wire/autokey-field.js';
import { unsignedValue } from '../value.js';
import { type FieldDraft, readyField, requestHeader, unsignedField } from './field.js';
import { type DanceTime, type HostValues, hostName } from './host.js';

/** Signed while our clock is set, as the reference has it. */
function signedWhenSet(
  header: AutokeyHeader,
  { now, isSynchronised }: DanceTime,
  filestamp: number,
  value: Uint8Array,
): FieldDraft {
  return isSynchronised
    ? unsignedField(header, now, filestamp, value)
    : readyField(header, unsignedValue(0, filestamp, value));
}

export type Question =
  | { readonly operation: 'assoc' | 'cookie' | 'sign' | 'autokey' | 'leap' }
  | { readonly operation: 'cert'; readonly name: string }
  | { readonly operation: 'iff' | 'gq' | 'mv'; readonly challenge: Uint8Array; readonly filestamp: number };

/** The field that asks it. `associationId`: our own, or of AUTO in broadcast the server's. */
export function questionField(
  question: Question,
  associationId: number,
  values: HostValues,
  time: DanceTime,
): FieldDraft {
  const { host } = values;
  const header = requestHeader(question.operation, associationId);
  const stamp = time.isSynchronised ? time.now : 0;
  switch (question.operation) {
    case 'assoc':
      return readyField(header, unsignedValue(stamp, values.flags, Buffer.from(hostName(host))));
    case 'cert':
      return readyField(header, unsignedValue(stamp, values.updatedAt, Buffer.from(question.name)));
    case 'iff':
    case 'gq':
    case 'mv':
      return signedWhenSet(header, time, question.filestamp, question.challenge);
    case 'cookie': {
      const { value, filestamp } = host.hostKey;
      return signedWhenSet(header, time, filestamp, value.publicDer);
    }
    case 'sign': {
      const { value, filestamp } = host.certificate;
      return unsignedField(header, time.now, filestamp, value.der);
    }
    case 'autokey':
    case 'leap':
      return readyField(header, undefined);
  }
}
