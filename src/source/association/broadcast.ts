/**
 * A broadcast association (`broadcast ADDRESS`): our time at a steady pace to a subnet or a multicast group, from the served
 * port. Owns when, and by which interface; it hears nothing and is never selected.
 * Nothing leaves while our clock is not synchronised: a client could not tell that from silence any better.
 * Sources: RFC 5905 §3 (broadcast server), A.5.7.3; RFC 9109 §4 (broadcast keeps the served port).
 */

import type { SessionSeal } from '../../autokey/session-key.js';
import type { Timer } from '../../ports/scheduler.js';
import { formatAddress, parseAddress } from '../../units/address.js';
import { HEADER_LENGTH, MODE } from '../../wire/header.js';
import { canonicalAddress, isNumeric } from '../address.js';
import { MAX_STRATUM } from '../constants.js';
import type { Candidate, Source, SourceView } from '../types.js';
import { authenticatorOf } from './authenticator.js';
import { AutokeyBroadcast } from './autokey-broadcast.js';
import type { AssociationContext, GroupPort, Way } from './context.js';
import { type PeerIdentity, PeerState } from './peer-state.js';
import { writeSymmetric } from './request.js';
import { Resolution } from './resolution.js';

const START_SPREAD = 1;
/**
 * Packets are later than the poll interval by this share of it at least and at most: ntpd 4.2.8p15 drops what comes a
 * whole second early, by its own clock, and several servers should not march in step.
 */
const LATE_LEAST = 1 / 32;
const LATE_MOST = 1 / 16;
/** While there is nothing to tell, our clock is looked at again after this, s. */
const NOT_YET_SECONDS = 1;

const NO_FIELD = new Uint8Array(0);

export class BroadcastAssociation implements Source {
  readonly id: number;
  readonly state: PeerState;
  readonly taiOffsetSeconds = undefined;
  readonly #resolution: Resolution;
  readonly #autokey: AutokeyBroadcast | undefined;
  #running = false;
  #timer: Timer | undefined;

  constructor(
    identity: PeerIdentity,
    private readonly context: AssociationContext,
    private readonly port: GroupPort,
  ) {
    this.id = identity.id;
    const { config } = identity;
    if (config.autokey && context.autokey !== undefined)
      this.#autokey = new AutokeyBroadcast(context.autokey, identity.id, context.random);
    this.state = new PeerState(
      identity,
      authenticatorOf(config, context, () => this.state.localAddress),
      context,
    );
    this.state.forget('BCST');
    this.#resolution = new Resolution(identity.config.host, identity.config.family, context, {
      resolved: ([address = '']) => this.#assign(address),
      failed: (reason) => {
        this.state.remark = reason;
      },
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    const { host } = this.state.identity.config;
    if (isNumeric(host)) this.#assign(canonicalAddress(host));
    else this.#resolution.ask();
  }

  stop(): void {
    this.#running = false;
    this.#autokey?.stop();
    this.#resolution.stop();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #assign(address: string): void {
    this.state.address = address;
    this.state.events.report('mobilised', `the time is sent to ${this.state.label}`);
    this.#plan(START_SPREAD * this.context.random.uniform());
  }

  /** Who only speaks is no clock. */
  candidate(): Candidate {
    return { ...this.state.candidate(), unfit: 'no-samples' };
  }

  view(): SourceView {
    return {
      ...this.state.view(),
      localPort: this.context.servedPort,
      unfit: 'no-samples',
    };
  }

  #plan(seconds: number): void {
    this.#timer?.cancel();
    if (this.#running) this.#timer = this.context.scheduler.after(seconds, () => this.#turn());
  }

  #turn(): void {
    const { context, state } = this;
    const { leap, stratum } = context.system();
    if (leap === 3 || stratum >= MAX_STRATUM) {
      state.remark = 'it sends as soon as this clock is synchronised';
      this.#plan(NOT_YET_SECONDS);
      return;
    }
    this.#send();
    const share = LATE_LEAST + (LATE_MOST - LATE_LEAST) * context.random.uniform();
    this.#plan(2 ** state.poll.minpoll * (1 + share));
  }

  #send(): void {
    const { state } = this;
    const way = this.port.groupWay(state.address);
    if (way === undefined) {
      state.remark = `no interface that is served leads to ${state.address}`;
      return;
    }
    state.localAddress = formatAddress(way.localAddress);
    if (this.#autokey === undefined) {
      this.#transmit(way, NO_FIELD, undefined);
      return;
    }
    const destination = parseAddress(state.address)?.bytes;
    if (destination?.length !== way.localAddress.length) return;
    const seconds = 2 ** state.poll.minpoll;
    const obstacle = this.#autokey.next(way.localAddress, destination, seconds, ({ field, session }) => {
      if (this.#running) this.#transmit(way, field, session);
    });
    if (obstacle !== undefined) state.remark = `Autokey: ${obstacle}`;
  }

  #transmit(way: Way, field: Uint8Array, session: SessionSeal | undefined): void {
    const { state, context } = this;
    const { config } = state.identity;
    const { minpoll } = state.poll;
    const bytes = new Uint8Array(HEADER_LENGTH + field.length);
    const times = { origin: 0n, receive: 0n, transmit: 0n };
    writeSymmetric(
      bytes,
      MODE.broadcast,
      config.version,
      minpoll,
      context.system(),
      state.now().monoNs,
      times,
    );
    bytes.set(field, HEADER_LENGTH);
    const accepted = this.port.send({
      ...{ bytes, address: state.address, port: config.port, way, hops: config.ttl },
      ...(session === undefined ? { keyId: state.authenticator.keyId } : { keyId: 0, session }),
      stamped: (stamp) => {
        state.remark =
          stamp === undefined
            ? `a packet to ${state.address} could not be sent${this.#keyHint()}`
            : `it sends each ${2 ** minpoll} s`;
      },
    });
    if (!accepted) state.remark = `a packet to ${state.address} could not be sent`;
  }

  #keyHint(): string {
    const { keyId, required } = this.state.authenticator;
    return required ? `; is key ${keyId} in the keys file, and trusted?` : '';
  }
}
