/**
 * What comes of a broadcast server that was heard: a client association that measures the way there and back by a volley
 * of ordinary exchanges, and then listens. Owns that life; who is let in is broadcast-listener.ts, whether a broadcast is
 * authentic broadcast-door.ts.
 *
 * Once it listens it sends nothing. Each broadcast must come from the same address, be authentic where the first was, and
 * say a later time than the last one did, the volley's included: what is recorded and sent again is dropped, and never
 * ends the association (CVE-2015-7973, CVE-2015-7979). A server that falls silent is forgotten; when it speaks again, a
 * new volley tells whether that is really now. With Autokey the volley is the dance as well, and is taken up again when
 * the key list is lost, when our keys are read anew, and from time to time.
 * Sources: RFC 5905 §3, §8 (broadcast mode) and A.5.1; RFC 5906 §9.3; autokey-reference.md §9.
 */
import { REFRESH_SECONDS } from '../../autokey/dance/client.js';
import type { Timer } from '../../ports/scheduler.js';
import { ntpDifferenceSeconds } from '../../units/time.js';
import { decodeHeader, MODE, type NtpHeader } from '../../wire/header.js';
import type { Candidate, SourceView } from '../types.js';
import { BroadcastDoor } from './broadcast-door.js';
import { ClientAssociation } from './client.js';
import type { Association, AssociationContext, ServedPacket } from './context.js';
import type { Moment } from './exchange.js';
import { FLASH } from './flash.js';
import type { PeerIdentity, PeerState } from './peer-state.js';
import { contentTests } from './reply.js';

/** Exchanges that must have been measured before the delay is believed; four bring the dispersion below 1.5 s. */
const VOLLEY_SAMPLES = 4;
/** Polls without an answer, or without a broadcast, after which it is forgotten. */
const SILENT_POLLS = 8;
/** Poll intervals without a packet of the key list, while others come, after which the list is taken for lost. */
const LOST_POLLS = 2;
/** How much longer than its poll interval a server may be silent before that counts, poll intervals. */
const PATIENCE = 1.5;
/** A packet that the ring brought later than this after its arrival stamp was held up, or the clock was stepped, s. */
const LATEST_SECONDS = 2;

export interface BroadcastClientOwner {
  /** It is of no more use: `answered` tells whether it ever listened. */
  lost(answered: boolean): void;
  /** Somebody has stopped it. */
  stopped(): void;
}

export class BroadcastClientAssociation implements Association {
  readonly id: number;
  readonly #client: ClientAssociation;
  readonly #door: BroadcastDoor;
  #running = false;
  /** round trip to the server, s; undefined: the volley is not over */
  #delaySeconds: number | undefined;
  #hasListened = false;
  #listeningSinceNs = 0n;
  #timer: Timer | undefined;

  /** `fixedDelaySeconds`: no volley is made, and the way taken to be half as long; undefined: it is measured. */
  constructor(
    identity: PeerIdentity,
    private readonly context: AssociationContext,
    private readonly owner: BroadcastClientOwner,
    private readonly fixedDelaySeconds: number | undefined,
  ) {
    this.id = identity.id;
    this.#door = new BroadcastDoor(context.autokey);
    this.#client = new ClientAssociation(
      identity,
      context,
      { polled: () => this.#volleyPolled(), denied: () => owner.lost(false) },
      this.#door,
    );
  }

  get state(): PeerState {
    return this.#client.state;
  }
  get taiOffsetSeconds(): number | undefined {
    return this.#client.taiOffsetSeconds;
  }
  get isListening(): boolean {
    return this.#delaySeconds !== undefined;
  }

  assign(address: string): void {
    this.#client.assign(address);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    if (this.fixedDelaySeconds === undefined) this.#client.start();
    else this.#listen(this.fixedDelaySeconds);
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#timer?.cancel();
    this.#client.stop();
    this.owner.stopped();
  }

  candidate(): Candidate {
    return this.#client.candidate();
  }

  view(): SourceView {
    const view = this.#client.view();
    return this.isListening ? { ...view, hostMode: 6, localPort: this.context.servedPort } : view;
  }

  /** A mode 5 packet from its address. */
  receive(packet: ServedPacket): void {
    const { state } = this;
    const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.byteLength);
    const decoded = decodeHeader(view, packet.bytes.length);
    if (!this.#running || !decoded.ok || decoded.value.mode !== MODE.broadcast) return;
    if (!this.#isAuthentic(packet)) {
      state.flash = FLASH.authentication;
      // The list has ended before it could be followed, and the next one was missed.
      if (!this.isListening && this.#isMeasured() && this.#door.strangers > LOST_POLLS)
        this.#door.forget(this.#client.dance);
      return;
    }
    if (!this.isListening && this.#isMeasured()) this.#listen(state.filter.shortestDelay());
    if (this.#delaySeconds !== undefined) this.#take(packet, decoded.value, this.#delaySeconds);
  }

  #isAuthentic(packet: ServedPacket): boolean {
    const { authenticator, identity } = this.state;
    if (!identity.config.autokey)
      return authenticator.open(packet.bytes) === (authenticator.required ? 'ok' : 'none');
    const heard = this.#door.open(packet, this.#client.dance);
    for (const line of heard.lines) this.context.autokey?.note(this.state.address, line);
    return heard.isOnList;
  }

  #take(packet: ServedPacket, header: NtpHeader, delaySeconds: number): void {
    const { state, context } = this;
    const stale = this.#refusal(header);
    if (stale !== 0) {
      state.flash = stale;
      return;
    }
    const now = state.now();
    const servedNs = context.clock.toServed(packet.kernelNs);
    state.localAddress = packet.localAddress;
    state.authentic = state.authenticator.required;
    state.flash = contentTests({ ...header, receiveTime: header.transmitTime });
    state.takeVariables(header, servedNs);
    if (state.flash !== 0) {
      state.remark = 'it broadcasts, but says that it is not synchronised, or times that cannot be';
      context.sink.changed(this.id);
      return;
    }
    // A register that moves with what comes, not with a timer: two steady paces would drift through each other.
    this.#shift();
    const late = Number(now.servedNs - servedNs) / 1e9;
    const usable = late > -0.001 && late < LATEST_SECONDS;
    const arrived: Moment = { ...now, servedNs, monoNs: now.monoNs - (now.servedNs - servedNs) };
    state.takeOneWay(header, usable ? arrived : undefined, delaySeconds);
    this.#plan(PATIENCE);
    if (this.#isToBeAskedAnew()) this.#volley();
  }

  /** Flash bits of a packet that says no later time than what was heard before. */
  #refusal({ transmitTime }: NtpHeader): number {
    const { lastTransmit } = this.state;
    if (transmitTime === 0n) return FLASH.unsynchronised;
    if (transmitTime === lastTransmit) return FLASH.duplicate;
    const isOlder = lastTransmit !== 0n && ntpDifferenceSeconds(transmitTime, lastTransmit) <= 0;
    return isOlder ? FLASH.bogus : 0;
  }

  #isMeasured(): boolean {
    const { poll, filter } = this.state;
    return poll.burst === 0 && filter.size() >= VOLLEY_SAMPLES && this.#client.isComplete;
  }

  /** By Autokey: keys that were read anew, or a dance of long ago. */
  #isToBeAskedAnew(): boolean {
    if (!this.state.identity.config.autokey) return false;
    const age = Number(this.context.clock.monotonic() - this.#listeningSinceNs) / 1e9;
    return age > REFRESH_SECONDS || this.#door.isOfOtherKeys;
  }

  /** From now on it is silent. */
  #listen(delaySeconds: number): void {
    const { state, context } = this;
    this.#client.rest();
    this.#delaySeconds = delaySeconds;
    this.#hasListened = true;
    this.#listeningSinceNs = context.clock.monotonic();
    this.#door.settled();
    state.localPort = context.servedPort;
    state.events.report(
      'reachable',
      `${state.label} is listened to; the way there and back takes ${(delaySeconds * 1e3).toFixed(3)} ms`,
    );
    this.#plan(PATIENCE);
  }

  /** It asks again, until everything is known. */
  #volley(): void {
    this.#timer?.cancel();
    this.#delaySeconds = undefined;
    this.#client.start();
  }

  #plan(intervals: number): void {
    const { peerPoll } = this.state.poll;
    this.#timer?.cancel();
    this.#timer = this.context.scheduler.after(intervals * 2 ** peerPoll, () => this.#silence());
  }

  #shift(): { readonly missed: boolean; readonly lost: boolean } {
    const turn = this.state.poll.turn(false);
    this.state.poll.burst = 0;
    return turn;
  }

  /** A poll interval without a word, so that reach and dispersion tell that it is silent. */
  #silence(): void {
    const { state, context, owner } = this;
    const { missed, lost } = this.#shift();
    if (missed) state.filter.addNothing();
    if (lost) {
      state.events.report('unreachable', `${state.label} does not broadcast any more`);
      context.sink.changed(this.id);
    }
    if (this.#door.strangers > 0 && (state.poll.reach & ((1 << LOST_POLLS) - 1)) === 0) {
      state.remark = 'its broadcasts are not of the key list that was known: it is asked again';
      this.#door.forget(this.#client.dance);
      this.#volley();
      return;
    }
    if (state.poll.reach === 0 && state.poll.unreach >= SILENT_POLLS) owner.lost(true);
    else this.#plan(1);
  }

  #volleyPolled(): void {
    const { poll } = this.state;
    if (poll.reach === 0 && poll.unreach >= SILENT_POLLS) this.owner.lost(this.#hasListened);
  }
}
