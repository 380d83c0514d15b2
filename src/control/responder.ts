/**
 * Mode 6: request in, packets out, so that ntpq works. Owns the operations, who may have which, and what a wrong request
 * gets; variables, client list, nonce and budget have files of their own. No I/O, no clock: the daemon hands over what
 * the responder's thread left to it (which has already applied `restrict noquery`) and sends what is answered.
 * noonmark is configured by its file alone: whatever would write is refused, with a key or without, with the error that
 * ntpd calls CERR_PERMISSION and RFC 9327 authentication failure.
 * Source: RFC 9327 §2-4; ntpd 4.2.8p15 (shared/reference/autokey-reference.md §11).
 */
import { appendMac, isKeyUsableFrom, type SymmetricKey, verifyMac } from '../auth/mac.js';
import { RES } from '../auth/restrict.js';
import type { DaemonView } from '../status/view.js';
import type { WireFailure } from '../units/decoded.js';
import {
  CONTROL_ERROR,
  CONTROL_HEADER_LENGTH,
  type ControlErrorCode,
  type ControlMessage,
  decodeControl,
  encodeErrorReply,
  encodeReply,
  OPCODE,
} from '../wire/mode6.js';
import { formatVariables } from '../wire/mode6-variables.js';
import { CLOCK_VARIABLES, clockStatusOf, defaultClockVariables } from './clock-variables.js';
import { type Association, ControlContext, type Own, statusOf } from './context.js';
import { type ClientList, mruItems, parseMruRequest } from './mru-list.js';
import { isNonceValid, makeNonce, type Requester } from './nonce.js';
import { DEFAULT_PEER_VARIABLES, PEER_VARIABLES } from './peer-variables.js';
import { DEFAULT_SYSTEM_VARIABLES, SYSTEM_VARIABLES } from './system-variables.js';
import { readVariables } from './variables.js';

/** Why a control message got no answer, as a closed union: counted. */
export type ControlRefusal = WireFailure | 'response' | 'fragment' | 'nonce' | 'budget' | 'failed';

export interface ControlDeps extends Own {
  /** a clock that never steps */
  readonly monoNs: bigint;
  /** at least 16 random bytes, made at start */
  readonly secret: Uint8Array;
  /** RES bits of the sender */
  readonly restrictions: number;
  /** the trusted keys */
  readonly keys: ReadonlyMap<number, SymmetricKey>;
  /** the clients as of about now; the responder keeps a list for the requests of one reading */
  clients(): ClientList;
}

export interface ControlAnswer {
  /** what to send; empty when there is a refusal */
  readonly packets: readonly Uint8Array[];
  readonly refusal: ControlRefusal | undefined;
  /** a valid nonce showed that the sender receives what is sent to that address */
  readonly proven: boolean;
}

/** What an operation answers: a status word and data, an error, or nothing at all. */
type Outcome =
  | { readonly status: number; readonly data: Uint8Array; readonly proven?: boolean }
  | { readonly error: ControlErrorCode }
  | { readonly refusal: ControlRefusal };

const silence = (refusal: ControlRefusal): ControlAnswer => ({ packets: [], refusal, proven: false });
const latin1 = (data: Uint8Array): string => Buffer.from(data).toString('latin1');
const textReply = (status: number, items: readonly string[]): Outcome => ({
  status,
  data: Buffer.from(formatVariables(items), 'latin1'),
});

/** Answers one control message. `request` is the whole datagram. */
export function answerControl(
  request: Uint8Array,
  from: Requester,
  view: DaemonView,
  deps: ControlDeps,
): ControlAnswer {
  const message = decode(request);
  if (typeof message === 'string') return silence(message);
  if (message.response || message.error) return silence('response');
  if (message.more || message.offset !== 0) return silence('fragment');
  const to = { ...message, leap: 0 };
  // Its header says more than there is of it.
  if (message.count > message.data.length)
    return { packets: [encodeErrorReply(to, CONTROL_ERROR.badFormat)], refusal: undefined, proven: false };
  let key: SymmetricKey | undefined;
  if (message.macAt !== undefined) {
    key = deps.keys.get(message.keyId);
    const right =
      key !== undefined &&
      isKeyUsableFrom(key, from.address) &&
      verifyMac(key, request, message.macAt, message.macLength);
    if (!right)
      return {
        packets: [encodeErrorReply(to, CONTROL_ERROR.authentication)],
        refusal: undefined,
        proven: false,
      };
  }
  const outcome = operate(message, key !== undefined, from, new ControlContext(view, deps), deps);
  if ('refusal' in outcome) return silence(outcome.refusal);
  const room = key === undefined ? 0 : message.macLength;
  const packets =
    'error' in outcome
      ? [encodeErrorReply(to, outcome.error, room)]
      : encodeReply({ ...to, status: outcome.status }, outcome.data, key === undefined ? 4 : 8, room);
  if (key !== undefined)
    for (const packet of packets) appendMac(key, packet, packet.length - room, message.macLength);
  // A MAC proves nothing about the address: it does not cover it, and who has seen the packet can send it again from another.
  const proven = 'status' in outcome && outcome.proven === true;
  return { packets, refusal: undefined, proven };
}

/** The message; a header alone, its count beyond its data, where the length is wrong; or why it is not even that. */
function decode(request: Uint8Array): ControlMessage | WireFailure {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const whole = decodeControl(view, request.length);
  if (whole.ok) return whole.value;
  if (whole.reason !== 'bad-length' && whole.reason !== 'too-long') return whole.reason;
  const header = request.slice(0, CONTROL_HEADER_LENGTH);
  header[10] = 0;
  header[11] = 0;
  const bare = decodeControl(new DataView(header.buffer), CONTROL_HEADER_LENGTH);
  return bare.ok ? { ...bare.value, count: 1 } : bare.reason;
}

function operate(
  message: ControlMessage,
  authentic: boolean,
  from: Requester,
  context: ControlContext,
  deps: ControlDeps,
): Outcome {
  switch (message.opcode) {
    case OPCODE.unspecified:
      return unspecified(message, context);
    case OPCODE.readStatus:
      return message.associationId === 0
        ? listAssociations(context)
        : readPeer(message.associationId, '', context);
    case OPCODE.readVariables:
      return message.associationId === 0
        ? readSystem(latin1(message.data), context)
        : readPeer(message.associationId, latin1(message.data), context);
    case OPCODE.readClock:
      return readClock(message, context);
    case OPCODE.readMru:
      return readMru(latin1(message.data), from, context, deps);
    case OPCODE.requestNonce:
      return textReply(context.systemStatus, [`nonce=${makeNonce(deps.secret, deps.monoNs, from)}`]);
    case OPCODE.writeVariables:
    case OPCODE.writeClock:
    case OPCODE.configure:
    case OPCODE.saveConfig:
      return { error: CONTROL_ERROR.authentication };
    case OPCODE.readOrderedList:
      // For key holders, says ntpd; noonmark does not have the lists.
      return { error: authentic ? CONTROL_ERROR.badOpcode : CONTROL_ERROR.authentication };
    case OPCODE.setTrap:
      return { error: CONTROL_ERROR.prohibited };
    case OPCODE.unsetTrap:
      return { error: CONTROL_ERROR.unknownAssociation };
    default:
      return { error: CONTROL_ERROR.badOpcode };
  }
}

function unspecified({ associationId }: ControlMessage, context: ControlContext): Outcome {
  const data = new Uint8Array(0);
  if (associationId === 0) return { status: context.systemStatus, data };
  const association = context.association(associationId);
  if (association === undefined) return { error: CONTROL_ERROR.unknownAssociation };
  return { status: statusOf(association), data };
}

function listAssociations(context: ControlContext): Outcome {
  const { associations } = context;
  const data = new DataView(new ArrayBuffer(4 * associations.length));
  for (const [i, association] of associations.entries()) {
    data.setUint16(4 * i, association.id);
    data.setUint16(4 * i + 2, statusOf(association));
  }
  return { status: context.systemStatus, data: new Uint8Array(data.buffer) };
}

function readSystem(asked: string, context: ControlContext): Outcome {
  const items = readVariables(SYSTEM_VARIABLES, DEFAULT_SYSTEM_VARIABLES, asked, context);
  if (items === undefined) return { error: CONTROL_ERROR.unknownVariable };
  return textReply(context.systemStatus, items);
}

function readPeer(id: number, asked: string, context: ControlContext): Outcome {
  const association = context.association(id);
  if (association === undefined) return { error: CONTROL_ERROR.unknownAssociation };
  const items = readVariables(PEER_VARIABLES, DEFAULT_PEER_VARIABLES, asked, {
    association,
    control: context,
  });
  if (items === undefined) return { error: CONTROL_ERROR.unknownVariable };
  return textReply(statusOf(association), items);
}

/** Association 0: the system peer if it is a clock, else the first clock there is. */
function readClock({ associationId, data }: ControlMessage, context: ControlContext): Outcome {
  const isClock = (candidate: Association | undefined) => candidate?.view.refclock !== undefined;
  const association =
    associationId !== 0
      ? context.association(associationId)
      : isClock(context.systemPeer)
        ? context.systemPeer
        : context.associations.find(isClock);
  const clock = association?.view.refclock;
  if (association === undefined || clock === undefined) return { error: CONTROL_ERROR.unknownAssociation };
  const items = readVariables(CLOCK_VARIABLES, defaultClockVariables(clock), latin1(data), {
    association,
    clock,
  });
  if (items === undefined) return { error: CONTROL_ERROR.unknownVariable };
  return textReply(clockStatusOf(association, clock), items);
}

function readMru(text: string, from: Requester, context: ControlContext, deps: ControlDeps): Outcome {
  if ((deps.restrictions & RES.nomrulist) !== 0) return { error: CONTROL_ERROR.authentication };
  const request = parseMruRequest(text);
  // Not even an error before the nonce is right: this is the operation that amplifies.
  const nonce = typeof request === 'string' ? nonceIn(text) : request.nonce;
  if (!isNonceValid(nonce, deps.secret, deps.monoNs, from)) return { refusal: 'nonce' };
  if (request === 'bad-value') return { error: CONTROL_ERROR.badValue };
  if (request === 'bad-format') return { error: CONTROL_ERROR.badFormat };
  const items = mruItems(request, deps.clients(), makeNonce(deps.secret, deps.monoNs, from));
  if (items === 'unknown') return { error: CONTROL_ERROR.unknownVariable };
  return { ...textReply(context.systemStatus, items), proven: true };
}

const nonceIn = (text: string): string => /(?:^|[,\s])nonce=([0-9a-f]+)/.exec(text)?.[1] ?? '';
