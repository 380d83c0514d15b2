/**
 * Symmetric passive associations: what a host that has no line in the configuration mobilises by an authentic mode 1 packet.
 * Owns who may, how many there are and when they go; how they speak is symmetric.ts's, whose packets come here the router's.
 *
 * As with ntpd 4.2.8p15 a packet is authentic with a trusted symmetric key, or with Autokey when it opens a dance (ASSOC);
 * that proves nothing yet, so that those whose peer has proved nothing make room for others after a while, and draw no more
 * than a client that has shown nothing may (autokey/budget.ts); from networks that are not our own it takes `restrict …
 * autokey`. `restrict … noepeer` forbids them; `nopeer` speaks of packets without authentication, which mobilise nothing here.
 * Sources: RFC 5905 §3 and A.5.1 (NEWPS); ntpd 4.2.8p15 ntp_proto.c receive() (AM_NEWPASS).
 */
import { RES } from '../../auth/restrict.js';
import { AnswerBounds } from '../../autokey/allowance.js';
import type { SessionDigest } from '../../autokey/digest.js';
import type { AssociationConfig } from '../../config/types.js';
import type { NtpHeader } from '../../wire/header.js';
import { canonicalAddress, familyOf, networkPrefix, parseAddress } from '../address.js';
import { MAX_POLL, MIN_POLL } from '../constants.js';
import type { AssociationContext, ServedPacket, SourceHost } from './context.js';
import { SymmetricAssociation, type SymmetricSide } from './symmetric.js';

/** More peers than a host has; each costs a filter and a dance. */
const MOST = 32;
/** One that was never of use may be put out by another after this, s. */
const GRACE_SECONDS = 60;
/** Unreachable, and so many polls (as the peer began) and seconds without any packet of the peer: it goes. */
const SILENT_POLLS = 4;
const SILENT_SECONDS = 128;

interface Guest {
  readonly association: SymmetricAssociation;
  readonly sinceNs: bigint;
  /** monotonic time of the last packet */
  heardNs: bigint;
}

export class PassiveAssociations {
  readonly #guests = new Map<number, Guest>();
  readonly #bounds = new AnswerBounds();

  constructor(
    private readonly contextNow: () => AssociationContext,
    private readonly host: SourceHost,
    private readonly side: SymmetricSide,
  ) {}

  /** Of session keys; undefined: Autokey is not at work. */
  get digest(): SessionDigest | undefined {
    return this.contextNow().autokey?.end()?.host.digest;
  }

  /**
   * Mobilises an association for the sender of an authentic packet, which it gets at once. `keyId`: of a symmetric key;
   * undefined: Autokey. False: none may be, or there are enough.
   */
  welcome(packet: ServedPacket, header: NtpHeader, keyId: number | undefined): boolean {
    const { host } = this;
    const context = this.contextNow();
    const restrictions = packet.restrictions ?? 0;
    if ((restrictions & RES.noepeer) !== 0) return false;
    // Anybody can open a dance in anybody's name, and its answers are long.
    if (keyId === undefined && (restrictions & (RES.attached | RES.autokey)) === 0) return false;
    if (context.ownAddresses().has(canonicalAddress(packet.address)) || !this.#hasRoom()) return false;
    const id = host.nextId();
    const address = canonicalAddress(packet.address);
    const group = networkPrefix(parseAddress(address) ?? new Uint8Array());
    const config = configOf(address, packet.port, header, keyId, context.autokey?.ident);
    const association = new SymmetricAssociation(
      { id, kind: 'peer', hostMode: 2, name: address, config, configured: false },
      context,
      this.side,
      {
        polled: () => this.#review(id),
        denied: () => this.#dismiss(id),
        mayDraw: (bytes) => this.#bounds.admit(this.#seconds(), group, bytes),
      },
    );
    const now = context.clock.monotonic();
    this.#guests.set(id, { association, sinceNs: now, heardNs: now });
    association.state.events.report('mobilised', `${address} peers with us: symmetric passive`);
    association.assign(address);
    host.add(association);
    association.receive(packet);
    return true;
  }

  #seconds(): number {
    return Number(this.contextNow().clock.monotonic()) / 1e9;
  }

  /** A packet came for an association, perhaps one of these. */
  heard(association: SymmetricAssociation): void {
    const guest = this.#guests.get(association.id);
    if (guest?.association === association) guest.heardNs = this.contextNow().clock.monotonic();
  }

  /** A line of the configuration, loaded anew, speaks to the same peer. */
  supersede(association: SymmetricAssociation): void {
    this.#dismiss(association.id);
  }

  #hasRoom(): boolean {
    const present = new Set(this.host.all().map(({ id }) => id));
    for (const id of this.#guests.keys()) if (!present.has(id)) this.#guests.delete(id);
    if (this.#guests.size < MOST) return true;
    const now = this.contextNow().clock.monotonic();
    for (const [id, { association, sinceNs }] of this.#guests) {
      if (association.state.poll.reach !== 0 || Number(now - sinceNs) / 1e9 < GRACE_SECONDS) continue;
      this.#dismiss(id);
      return true;
    }
    return false;
  }

  #review(id: number): void {
    const guest = this.#guests.get(id);
    if (guest === undefined) return;
    const { state } = guest.association;
    const silent = Number(this.contextNow().clock.monotonic() - guest.heardNs) / 1e9;
    const most = Math.max(SILENT_SECONDS, SILENT_POLLS * 2 ** state.identity.config.minpoll);
    if (state.poll.reach === 0 && silent > most) this.#dismiss(id);
  }

  #dismiss(id: number): void {
    const guest = this.#guests.get(id);
    if (guest === undefined) return;
    this.#guests.delete(id);
    guest.association.state.events.report('demobilised', `${guest.association.state.address} has gone`);
    this.host.remove(id);
  }
}

/** What a `peer` line would say: the peer's pace, and its key. */
const configOf = (
  host: string,
  port: number,
  { version, poll }: NtpHeader,
  key: number | undefined,
  ident: string | undefined,
): AssociationConfig => ({
  ...{ kind: 'peer', host, family: familyOf(host), port },
  // The responder takes no others.
  version: version === 1 || version === 2 || version === 3 ? version : 4,
  minpoll: Math.max(MIN_POLL, Math.min(poll, MAX_DEFAULT_POLL)),
  maxpoll: Math.min(MAX_POLL, MAX_DEFAULT_POLL),
  ...{ iburst: false, burst: false, prefer: false, noselect: false, alwaysTrue: false, xleave: false },
  ...{ key, autokey: key === undefined, ident, compat: false, ttl: 0 },
  origin: { file: '', line: 0, column: 0 },
});
/** `maxpoll` where nobody says otherwise, log2 s. */
const MAX_DEFAULT_POLL = 10;
