/**
 * The responder's thread: takes what waits on its sockets, answers, passes on, sends for main, and only then waits in one
 * poll(). A turn's work is bounded and begins with a look at the stop flag. Sockets, clock and messages are injected.
 */
import { appendMac, keyTable } from '../auth/mac.js';
import type { RateLimiter } from '../auth/rate-limit.js';
import { appendSessionMac } from '../autokey/session-key.js';
import type { PacketBatch, Poller, SocketHandle, StampClock } from '../ports/packet-batch.js';
import { MODE } from '../wire/header.js';
import { COUNT, REFUSAL } from './counters.js';
import { CONTROL, type Command, type Notice, type ResponderSettings, type ServedSocket } from './messages.js';
import { type Exchange, newExchange, type ResponderState, respond, SEAL, seal } from './respond.js';
import type { RingReader, RingWriter } from './ring.js';
import { TransmissionSlot, writePacket, writeSent } from './ring-records.js';

/** The longest sleep: the heartbeat's period, and how late a lost wake-up would be noticed. */
const LONGEST_WAIT_MS = 1000;
/**
 * Of steps of dances, and of its own packets that left, main is told so late at most: waking a thread costs the responder as
 * much as several replies, and in a flood of such steps every reply would wait for it.
 */
const UNHURRIED_MS = 10;
/** Batches taken from one socket before the others have their turn. */
const BATCHES_A_TURN = 4;
const TRANSMISSIONS_A_TURN = 32;
/** So few replies in a batch mean that the thread has slept. */
const SEALED_TWICE = 2;
/** Mode 6 may fill one such part of the ring to main, mode 3 (Autokey's dances, manycast) another. */
const CONTROL_SHARE = 2;
const CLIENT_SHARE = 4;

export interface LoopParts {
  readonly batch: PacketBatch;
  readonly poller: Poller;
  readonly clock: StampClock;
  readonly state: ResponderState;
  readonly limiter: RateLimiter;
  /** messages.ts CONTROL */
  readonly control: Int32Array;
  readonly inbound: RingWriter;
  readonly outbound: RingReader;
  /** the next command from main; undefined: no more */
  takeCommand(): Command | undefined;
  notify(notice: Notice): void;
}

export class ResponderLoop {
  readonly #parts: LoopParts;
  readonly #exchanges: readonly Exchange[];
  readonly #transmissions: readonly TransmissionSlot[];
  /** lengths of the replies of this batch; 0: none */
  readonly #replies: Uint16Array;
  #sockets: readonly ServedSocket[] = [];
  #mailSeen = 0;
  #wakeMain = false;
  /** kernel clock, s: when the first of what may wait was passed on; undefined: there is none */
  #unhurriedSince: number | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    const { batch, state, outbound } = parts;
    this.#replies = new Uint16Array(batch.capacity);
    this.#exchanges = Array.from({ length: batch.capacity }, (_, i) =>
      newExchange(state, batch.input(i), batch.output(i)),
    );
    this.#transmissions = outbound.slots.map((slot) => new TransmissionSlot(slot));
  }

  /** Turns until stopped. */
  run(): void {
    while (this.turn());
  }

  /** One turn: commands, transmissions, packets, wait. False: the stop flag is set. */
  turn(): boolean {
    const { control, poller, outbound } = this.#parts;
    Atomics.add(control, CONTROL.beats, 1);
    if (this.#stopping()) return false;
    this.#takeCommands();
    this.#sendQueued();
    for (let i = 0; i < this.#sockets.length; i += 1) {
      const { handle, drop } = this.#sockets[i]!;
      if (!poller.readable(handle)) continue;
      this.#drain(handle, drop);
      if (this.#stopping()) return false;
    }
    this.#tellMain();
    const more = outbound.peek() >= 0 || Atomics.load(control, CONTROL.mail) !== this.#mailSeen;
    poller.wait(more ? 0 : this.#unhurriedSince === undefined ? LONGEST_WAIT_MS : UNHURRIED_MS);
    return true;
  }

  #stopping(): boolean {
    return Atomics.load(this.#parts.control, CONTROL.stop) !== 0;
  }

  #drain(socket: SocketHandle, drop: boolean): void {
    const { batch, state } = this.#parts;
    for (let n = 0; n < BATCHES_A_TURN; n += 1) {
      const count = batch.receive(socket);
      if (count > 0 && drop) {
        state.counters.addMany(COUNT.received, count);
        state.counters.addMany(COUNT.restricted, count);
        state.counters.addMany(REFUSAL.interface, count);
      } else if (count > 0) this.#serve(socket, count);
      // A full batch hints at more; an unfilled one is left to poll(), which costs the same as an empty receive.
      if (count < batch.capacity || this.#stopping()) return;
    }
  }

  #serve(socket: SocketHandle, count: number): void {
    const { batch, clock, state } = this.#parts;
    state.page.refresh();
    let clockRead = false;
    let replies = 0;
    for (let slot = 0; slot < count; slot += 1) {
      const exchange = this.#exchanges[slot]!;
      const kernelStamped = batch.stampSeconds(slot) !== 0;
      if (!kernelStamped && !clockRead) {
        clock.read();
        clockRead = true;
      }
      exchange.family = batch.family(slot);
      exchange.source = batch.source(slot);
      exchange.sourcePort = batch.sourcePort(slot);
      exchange.destination = batch.destination(slot);
      exchange.interfaceIndex = batch.interfaceIndex(slot);
      exchange.stampSeconds = kernelStamped ? batch.stampSeconds(slot) : clock.seconds;
      exchange.stampNanoseconds = kernelStamped ? batch.stampNanoseconds(slot) : clock.nanoseconds;
      const length = batch.length(slot);
      const reply = respond(batch.input(slot), length, exchange, batch.output(slot));
      this.#replies[slot] = reply;
      if (reply > 0) replies += 1;
      if (exchange.forward) this.#forward(exchange, length, socket, kernelStamped);
    }
    if (replies > 0) this.#sendReplies(count, replies);
  }

  /**
   * Authenticated replies first, each stamped before its MAC; then one look at the clock for all the plain ones, and off.
   * After a sleep code and data are out of the caches, and sealing takes some 20 us instead of one: a few replies are
   * therefore sealed once for nothing, so that the slow part does not come between the stamp and the wire.
   */
  #sendReplies(count: number, replies: number): void {
    const { batch, clock, state } = this.#parts;
    if (replies <= SEALED_TWICE) this.#seal(count, SEAL.none, SEAL.mac);
    for (let slot = 0; slot < count; slot += 1)
      if (this.#replies[slot] !== 0) batch.reply(slot, this.#replies[slot]!);
    this.#seal(count, SEAL.stampAndMac, SEAL.mac);
    clock.read();
    for (let slot = 0; slot < count; slot += 1) {
      const exchange = this.#exchanges[slot]!;
      if (this.#replies[slot] !== 0 && exchange.seal === SEAL.stamp)
        seal(exchange, batch.output(slot), clock.seconds, clock.nanoseconds);
    }
    const refused = batch.flush();
    state.counters.addMany(COUNT.sent, replies - refused);
    if (refused > 0) state.counters.addMany(COUNT.sendFailures, refused);
  }

  /** Seals the replies of these kinds, each with a clock of its own. */
  #seal(count: number, from: number, to: number): void {
    const { batch, clock } = this.#parts;
    for (let slot = 0; slot < count; slot += 1) {
      const exchange = this.#exchanges[slot]!;
      if (this.#replies[slot] === 0 || exchange.seal < from || exchange.seal > to) continue;
      clock.read();
      seal(exchange, batch.output(slot), clock.seconds, clock.nanoseconds);
    }
  }

  #forward(exchange: Exchange, length: number, socket: SocketHandle, kernelStamped: boolean): void {
    const { inbound, state } = this.#parts;
    // Queries and clients may not take the places of peers.
    const mode = exchange.input[0]! & 7;
    const share = mode === MODE.control ? CONTROL_SHARE : mode === MODE.client ? CLIENT_SHARE : 1;
    const crowded = share > 1 && inbound.waiting >= inbound.capacity / share;
    const slot = crowded ? -1 : inbound.reserve();
    if (slot < 0) {
      state.counters.add(COUNT.droppedInput);
      state.counters.add(REFUSAL['ring-full']);
      return;
    }
    writePacket(inbound.slots[slot]!, exchange, length, socket, kernelStamped);
    const isFirst = inbound.commit();
    if (mode !== MODE.client) this.#wakeMain ||= isFirst || this.#unhurriedSince !== undefined;
    else if (isFirst) this.#unhurriedSince ??= exchange.stampSeconds + exchange.stampNanoseconds * 1e-9;
  }

  #sendQueued(): void {
    const { outbound, state } = this.#parts;
    for (let n = 0; n < TRANSMISSIONS_A_TURN; n += 1) {
      const slot = outbound.peek();
      if (slot < 0) return;
      if (n === 0) state.page.refresh();
      this.#send(this.#transmissions[slot]!);
      outbound.release();
    }
  }

  /** Stamps, authenticates and sends one packet of main's. */
  #send(transmission: TransmissionSlot): void {
    const { batch, clock, state } = this.#parts;
    const { stampAt, keyId, bytes, token } = transmission;
    let length = 0;
    const { sessionDigest } = transmission;
    const key = keyId === 0 || sessionDigest !== undefined ? undefined : state.keys.get(keyId);
    const served = this.#sockets.some(({ handle }) => handle === transmission.socket);
    // Twice for the reason given at #sendReplies: these are rare, so the code is cold.
    for (let pass = 0; pass < 2; pass += 1) {
      length = transmission.length;
      clock.read();
      state.page.mapStamp(clock.seconds, clock.nanoseconds);
      if (stampAt >= 0) {
        transmission.packet.setUint32(stampAt, state.page.ntpSeconds);
        transmission.packet.setUint32(stampAt + 4, state.page.ntpFraction);
      }
      if (key !== undefined) length = appendMac(key, bytes, length);
      if (sessionDigest !== undefined)
        length = appendSessionMac(sessionDigest, transmission.sessionKey, keyId, bytes, length) ?? 0;
    }
    transmission.wipe();
    const sent =
      served &&
      length > 0 &&
      (keyId === 0 || key !== undefined || sessionDigest !== undefined) &&
      batch.sendTo(
        transmission.socket,
        bytes,
        length,
        transmission.address,
        transmission.port,
        transmission.localAddress,
        transmission.interfaceIndex,
        transmission.hops,
      );
    state.counters.add(sent ? COUNT.sent : COUNT.sendFailures);
    if (token !== 0) this.#report(token, sent);
  }

  #report(token: number, sent: boolean): void {
    const { inbound, clock, state } = this.#parts;
    const slot = inbound.reserve();
    if (slot < 0) {
      state.counters.add(COUNT.droppedInput);
      return;
    }
    const { page } = state;
    writeSent(
      inbound.slots[slot]!,
      token,
      sent,
      clock.seconds,
      clock.nanoseconds,
      page.ntpSeconds,
      page.ntpFraction,
    );
    // What answers it comes behind it in the same ring.
    if (inbound.commit()) this.#unhurriedSince ??= clock.seconds + clock.nanoseconds * 1e-9;
  }

  #tellMain(): void {
    if (!this.#wakeMain && !this.#isPatienceOver()) return;
    this.#wakeMain = false;
    this.#unhurriedSince = undefined;
    this.#parts.notify({ type: 'inbound' });
  }

  /** A clock that was set back ends it as well. */
  #isPatienceOver(): boolean {
    const since = this.#unhurriedSince;
    if (since === undefined) return false;
    const { clock } = this.#parts;
    clock.read();
    const waited = clock.seconds + clock.nanoseconds * 1e-9 - since;
    // A float64 of seconds has steps of 0.2 us: what was waited for in full is not to be waited for again.
    return waited < 0 || waited >= (UNHURRIED_MS - 1) / 1000;
  }

  #takeCommands(): void {
    const mail = Atomics.load(this.#parts.control, CONTROL.mail);
    if (mail === this.#mailSeen) return;
    this.#mailSeen = mail;
    for (;;) {
      const command = this.#parts.takeCommand();
      if (command === undefined) return;
      this.#obey(command);
    }
  }

  #obey(command: Command): void {
    const { state, poller } = this.#parts;
    if (command.type === 'access') state.access = command.tables;
    else if (command.type === 'keys') state.keys = keyTable(command.keys);
    else if (command.type === 'settings') this.#set(command.settings);
    else if (command.type === 'autokey') state.autokey = command.autokey;
    else {
      this.#sockets = command.sockets;
      poller.setSockets(command.sockets.map(({ handle }) => handle));
      this.#parts.notify({ type: 'sockets-applied', serial: command.serial });
    }
  }

  #set(settings: ResponderSettings): void {
    const { state, limiter } = this.#parts;
    limiter.setPolicy(settings);
    state.clients.setPolicy({
      maxAgeSeconds: settings.maxAgeSeconds,
      monitor: settings.discardMonitor,
    });
    state.averageLog2 = settings.averageLog2;
    state.monitor = settings.monitor;
    state.manycast = settings.manycast;
  }
}
