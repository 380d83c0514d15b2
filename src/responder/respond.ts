/**
 * Request in, reply out: what the responder does with one datagram, without I/O, clock or allocation.
 * respond() decides and writes everything but the transmit time; seal() adds that and the MAC at the last moment.
 * It answers mode 3 (and version 1's mode 0) by itself; the other modes and the steps of Autokey's dances are for main.
 * No reply is longer than its request. Order of the checks: ntpd 4.2.8p15 ntp_proto.c receive(); RFC 5905 A.5.1.
 */
import { appendMac, isKeyUsableFrom, type SymmetricKey, verifyMac } from '../auth/mac.js';
import { type AccessTables, isAttached, RES, restrictionsFor } from '../auth/restrict.js';
import { appendSessionMac, isSessionKeyId, type SessionSeal } from '../autokey/session-key.js';
import {
  AT,
  copyTimestamp,
  HEADER_LENGTH,
  LEAP,
  MODE,
  modeOf,
  pollOf,
  setFlags,
  setPoll,
  setPrecision,
  setRefid,
  setRootDelay,
  setRootDispersion,
  setStratum,
  setTimestamp,
  versionOf,
} from '../wire/header.js';
import { kissRefid } from '../wire/kiss.js';
import { appendCryptoNak, isCryptoNak, newTail, type PacketTail, scanTail } from '../wire/mac-trailer.js';
import type { ClientTable } from './client-table.js';
import { COUNT, type CounterPage, REFUSAL } from './counters.js';
import type { DanceDoor } from './dance-door.js';
import type { AutokeyDoor } from './messages.js';
import { openSession } from './session.js';
import type { SystemPageReader } from './system-page.js';
import type { Xorshift32 } from './xorshift.js';

/** What all packets are answered from; the loop replaces tables when main sends new ones. */
export interface ResponderState {
  readonly page: SystemPageReader;
  readonly clients: ClientTable;
  readonly counters: CounterPage;
  readonly random: Xorshift32;
  access: AccessTables;
  /** the trusted ones only */
  keys: ReadonlyMap<number, SymmetricKey>;
  /** false: the client table is kept only where a rule has `limited` (`disable monitor`) */
  monitor: boolean;
  /** `discard average`, log2 s: what a RATE kiss asks for at least */
  averageLog2: number;
  /** for packets authenticated with Autokey's session keys; undefined: they get a crypto-NAK */
  autokey: AutokeyDoor | undefined;
  /** how many steps of Autokey's dances main is bothered with */
  readonly danceDoor: DanceDoor;
  /** requests to a multicast group are for main (manycastserver); false: they get no answer */
  manycast: boolean;
}

/** How a reply is finished. */
export const SEAL = { none: 0, stamp: 1, stampAndMac: 2, mac: 3 } as const;

/** One slot's packet: what is known of it, and what respond() found. Made once for each slot. */
export interface Exchange {
  family: 4 | 6;
  readonly state: ResponderState;
  /** the same memory as the views given to respond() */
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  /** sender, network order, 4 or 16 bytes */
  source: Uint8Array;
  sourcePort: number;
  /** the address that was asked */
  destination: Uint8Array;
  interfaceIndex: number;
  /** kernel receive stamp, Unix */
  stampSeconds: number;
  stampNanoseconds: number;
  /** result: main is to have this packet */
  forward: boolean;
  /** result: RES bits of the sender, for main */
  restrictions: number;
  /** result: one of SEAL */
  seal: number;
  key: SymmetricKey | undefined;
  /** result: Autokey's MAC, in place of that of `key` */
  session: SessionSeal | undefined;
  macLength: number;
  readonly tail: PacketTail;
}

export function newExchange(state: ResponderState, view: DataView, out: DataView): Exchange {
  return {
    family: 4,
    state,
    input: new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
    output: new Uint8Array(out.buffer, out.byteOffset, out.byteLength),
    source: new Uint8Array(4),
    sourcePort: 0,
    destination: new Uint8Array(4),
    interfaceIndex: 0,
    stampSeconds: 0,
    stampNanoseconds: 0,
    forward: false,
    restrictions: 0,
    seal: SEAL.none,
    key: undefined,
    session: undefined,
    macLength: 0,
    tail: newTail(),
  };
}

const RATE = kissRefid('RATE');
const CONTROL_HEADER_LENGTH = 12;
const FLAKE_SHARE = 0.1;

/** The page must be fresh (SystemPageReader.refresh). Answers the length of the reply in `out`; 0: nothing to send. */
export function respond(view: DataView, length: number, exchange: Exchange, out: DataView): number {
  const { state } = exchange;
  exchange.forward = false;
  exchange.seal = SEAL.none;
  exchange.key = undefined;
  exchange.session = undefined;
  exchange.macLength = 0;
  state.counters.add(COUNT.received);
  if (length > view.byteLength) return malformed(state, REFUSAL['too-long']);
  if (length < 1) return malformed(state, REFUSAL['too-short']);
  if (exchange.sourcePort === 0) return malformed(state, REFUSAL['port-zero']);
  const restrictions = restrictionsFor(state.access, exchange.family, exchange.source, exchange.sourcePort);
  exchange.restrictions = restrictions;
  if ((restrictions & RES.ignore) !== 0) return restricted(state, REFUSAL.ignored);
  const mode = modeOf(view);
  if (mode === MODE.private) return restricted(state, REFUSAL['private-mode']);
  if (mode === MODE.control) {
    if ((restrictions & RES.noquery) !== 0) return restricted(state, REFUSAL['no-query']);
    if (length < CONTROL_HEADER_LENGTH) return malformed(state, REFUSAL['too-short']);
    exchange.forward = true;
    return 0;
  }
  if ((restrictions & RES.noserve) !== 0) return restricted(state, REFUSAL['not-served']);
  if ((restrictions & RES.flake) !== 0 && state.random.uniform() < FLAKE_SHARE)
    return restricted(state, REFUSAL.flake);
  if (length < HEADER_LENGTH) return malformed(state, REFUSAL['too-short']);
  const version = versionOf(view);
  if (version === 4) state.counters.add(COUNT.thisVersion);
  else if (version >= 1 && version < 4 && (restrictions & RES.version) === 0)
    state.counters.add(COUNT.oldVersion);
  else return malformed(state, REFUSAL['bad-version']);
  if (mode === MODE.reserved && version !== 1) return malformed(state, REFUSAL['bad-mode']);
  const failure = scanTail(view, length, exchange.tail);
  if (failure !== undefined) return malformed(state, tailRefusal(failure));
  if ((restrictions & RES.notrust) !== 0 && exchange.tail.macLength === 0)
    return restricted(state, REFUSAL['not-trusted']);
  return limitRate(view, exchange, mode === MODE.reserved ? MODE.client : mode, out);
}

/** The client table and its verdict (ntp_monitor), then the mode's own way. */
function limitRate(view: DataView, exchange: Exchange, mode: number, out: DataView): number {
  const { state } = exchange;
  let { restrictions } = exchange;
  if (state.monitor || (restrictions & RES.limited) !== 0) {
    restrictions = state.clients.observe(
      exchange.family,
      exchange.source,
      exchange.sourcePort,
      isLinkLocal(exchange) ? exchange.interfaceIndex : 0,
      exchange.stampSeconds,
      exchange.stampNanoseconds,
      mode | (versionOf(view) << 8),
      restrictions,
    );
    if ((restrictions & RES.limited) !== 0) {
      state.counters.add(COUNT.rateLimited);
      const told = (restrictions & RES.kod) !== 0 && (mode === MODE.client || mode === MODE.symmetricActive);
      if (told) return kiss(view, exchange, mode, out);
      state.counters.add(REFUSAL.rate);
      return 0;
    }
  }
  if (mode !== MODE.client) {
    noteOwnNetwork(exchange);
    exchange.forward = true;
    return 0;
  }
  if (isMulticast(exchange)) {
    if (!state.manycast) return declined(state, REFUSAL.multicast);
    noteOwnNetwork(exchange);
    exchange.forward = true;
    return 0;
  }
  return answer(view, exchange, out);
}

/** Main answers dances at length, and mobilises associations for them: for our own networks alone. */
function noteOwnNetwork(exchange: Exchange): void {
  const { state, source } = exchange;
  if (isDance(exchange) && isAttached(state.access, source)) exchange.restrictions |= RES.attached;
}

/** Mode 3, within the limits: with whose authority will the reply go out? */
function answer(view: DataView, exchange: Exchange, out: DataView): number {
  const { state, tail } = exchange;
  if (tail.macLength === 0) {
    exchange.seal = SEAL.stamp;
    state.counters.add(COUNT.processed);
    return writeReply(view, exchange, out);
  }
  if (isCryptoNak(tail)) return declined(state, REFUSAL['crypto-nak']);
  if (isDance(exchange)) return danceStep(view, exchange, out);
  if (!authenticate(exchange)) return nak(view, exchange, out);
  state.counters.add(COUNT.authenticated);
  state.counters.add(COUNT.processed);
  exchange.seal = SEAL.stampAndMac;
  return writeReply(view, exchange, out) + exchange.macLength;
}

function nak(view: DataView, exchange: Exchange, out: DataView): number {
  const { counters } = exchange.state;
  counters.add(COUNT.badAuthentication);
  counters.add(COUNT.nakSent);
  exchange.seal = SEAL.stamp;
  return appendCryptoNak(out, writeReply(view, exchange, out));
}

/** A packet of Autokey's with extension fields, while there is Autokey. */
const isDance = ({ state, tail }: Exchange): boolean =>
  state.autokey !== undefined && tail.fieldCount > 0 && isSessionKeyId(tail.keyId);

/**
 * A step of a dance is answered by main, with more bytes than were asked, so it is for networks that are our own or that a
 * rule allows it. What of that is answered at last is autokey/budget.ts's.
 */
function danceStep(view: DataView, exchange: Exchange, out: DataView): number {
  const { state, restrictions, source } = exchange;
  const attached = isAttached(state.access, source);
  const allowed = attached || (restrictions & RES.autokey) !== 0;
  if (!state.danceDoor.admits(exchange, attached, allowed))
    return declined(state, allowed ? REFUSAL['autokey-rate'] : REFUSAL['autokey-network']);
  if (openSession(exchange, state.autokey) !== 'dance') return nak(view, exchange, out);
  if (attached) exchange.restrictions |= RES.attached;
  exchange.forward = true;
  return 0;
}

/** Is the MAC right, and of a key that may be used from there? Then key or session, and macLength stand in the exchange. */
function authenticate(exchange: Exchange): boolean {
  const { tail, state } = exchange;
  if (isSessionKeyId(tail.keyId)) return openSession(exchange, state.autokey) === 'time';
  const key = state.keys.get(tail.keyId);
  if (key === undefined || !isKeyUsableFrom(key, exchange.source)) return false;
  if (!verifyMac(key, exchange.input, tail.macAt, tail.macLength)) return false;
  exchange.key = key;
  exchange.macLength = tail.macLength;
  return true;
}

/** The 48 bytes of a normal reply, transmit time excepted. Answers 48. */
function writeReply(view: DataView, exchange: Exchange, out: DataView): number {
  const { page } = exchange.state;
  page.mapStamp(exchange.stampSeconds, exchange.stampNanoseconds);
  setFlags(out, page.leap, versionOf(view), MODE.server);
  setStratum(out, page.stratum);
  setPoll(out, pollOf(view));
  setPrecision(out, page.precisionLog2);
  setRootDelay(out, page.rootDelayShort);
  setRootDispersion(out, page.rootDispersionShort(page.servedSeconds, page.servedNanoseconds));
  setRefid(out, page.refid);
  // `serverresponse fuzz`: when our clock was set is nobody's business to the microsecond.
  const fuzz = (exchange.restrictions & RES.serverresponse) !== 0 && page.referenceSeconds !== 0;
  const fraction = fuzz ? exchange.state.random.word() : page.referenceFraction;
  setTimestamp(out, AT.referenceTime, page.referenceSeconds, fraction);
  copyTimestamp(view, AT.transmitTime, out, AT.originTime);
  setTimestamp(out, AT.receiveTime, page.ntpSeconds, page.ntpFraction);
  setTimestamp(out, AT.transmitTime, 0, 0);
  return HEADER_LENGTH;
}

/**
 * KoD RATE. All three times are the request's transmit time, as ntpd does, so that nobody sets a clock by it.
 * A request with a MAC gets an authenticated kiss, or none when the MAC is wrong: an unauthenticated one would be ignored.
 */
function kiss(view: DataView, exchange: Exchange, mode: number, out: DataView): number {
  const { state, tail } = exchange;
  if (tail.macLength > 0) {
    // Anybody can make the MAC of a dance's step, and of a kiss that answers it.
    if (isDance(exchange)) {
      state.counters.add(REFUSAL.rate);
      return 0;
    }
    if (!authenticate(exchange)) {
      state.counters.add(COUNT.badAuthentication);
      state.counters.add(REFUSAL['kiss-unauthentic']);
      return 0;
    }
    exchange.seal = SEAL.mac;
  }
  setFlags(
    out,
    LEAP.unsynchronised,
    versionOf(view),
    mode === MODE.client ? MODE.server : MODE.symmetricPassive,
  );
  setStratum(out, 0);
  setPoll(out, Math.max(pollOf(view), state.averageLog2));
  setPrecision(out, state.page.precisionLog2);
  setRootDelay(out, 0);
  setRootDispersion(out, 0);
  setRefid(out, RATE);
  setTimestamp(out, AT.referenceTime, 0, 0);
  copyTimestamp(view, AT.transmitTime, out, AT.originTime);
  copyTimestamp(view, AT.transmitTime, out, AT.receiveTime);
  copyTimestamp(view, AT.transmitTime, out, AT.transmitTime);
  state.counters.add(COUNT.kodSent);
  return HEADER_LENGTH + exchange.macLength;
}

/** Writes the transmit time, read right before on the kernel's clock, and the MAC, as respond() decided. */
export function seal(exchange: Exchange, out: DataView, kernelSeconds: number, nanoseconds: number): void {
  if (exchange.seal === SEAL.stamp || exchange.seal === SEAL.stampAndMac) {
    const { page } = exchange.state;
    page.mapStamp(kernelSeconds, nanoseconds);
    setTimestamp(out, AT.transmitTime, page.ntpSeconds, page.ntpFraction);
  }
  if (exchange.seal < SEAL.stampAndMac) return;
  const { key, session, output } = exchange;
  if (key !== undefined) appendMac(key, output, HEADER_LENGTH, exchange.macLength);
  else if (session !== undefined)
    appendSessionMac(session.digest, session.key, session.keyId, output, HEADER_LENGTH);
}

function malformed(state: ResponderState, refusal: number): 0 {
  state.counters.add(COUNT.badFormat);
  state.counters.add(refusal);
  return 0;
}
function restricted(state: ResponderState, refusal: number): 0 {
  state.counters.add(COUNT.restricted);
  state.counters.add(refusal);
  return 0;
}
function declined(state: ResponderState, refusal: number): 0 {
  state.counters.add(COUNT.declined);
  state.counters.add(refusal);
  return 0;
}

function tailRefusal(failure: string): number {
  if (failure === 'too-short') return REFUSAL['too-short'];
  if (failure === 'too-long') return REFUSAL['too-long'];
  return failure === 'bad-mac-length' ? REFUSAL['bad-mac-length'] : REFUSAL['bad-length'];
}

const isMulticast = ({ family, destination }: Exchange): boolean =>
  family === 4 ? destination[0]! >= 224 : destination[0] === 0xff;
const isLinkLocal = ({ family, source }: Exchange): boolean =>
  family === 6 && source[0] === 0xfe && (source[1]! & 0xc0) === 0x80;
