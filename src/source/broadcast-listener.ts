/**
 * Which broadcast servers are listened to (`broadcastclient`, `multicastclient`): mode 5 packets in, associations out.
 * Owns who is let in and how many; what becomes of one is association/broadcast-client.ts.
 *
 * As with ntpd 4.2.8, a server must be authentic, by a trusted key or by Autokey, unless the file says `disable auth`; and
 * `restrict nopeer` keeps the unauthenticated out even then. Nobody is let in for a packet to our own address, for one of
 * a server that is asked already, or for one that says it is not synchronised.
 * Sources: RFC 5905 §3, A.5.1 (NEWBC); autokey-reference.md §9.
 */
import { isKeyUsableFrom, verifyMac } from '../auth/mac.js';
import { RES } from '../auth/restrict.js';
import { isAssociation } from '../autokey/dance/broadcast-client.js';
import type { AssociationConfig, Origin } from '../config/types.js';
import { decodeHeader, MODE, type NtpHeader } from '../wire/header.js';
import { MAX_FILE_KEY_ID, newTail, type PacketTail, scanTail } from '../wire/mac-trailer.js';
import { canonicalAddress, familyOf, parseAddress } from './address.js';
import { BroadcastClientAssociation } from './association/broadcast-client.js';
import { heardBroadcast } from './association/broadcast-door.js';
import type { AssociationContext, ServedPacket, SourceHost } from './association/context.js';
import { MAX_STRATUM, MIN_POLL } from './constants.js';

/** The volley's polls are no slower than this, whatever the server's pace, log2 s. */
const SLOWEST_POLL = 10;
/** A server that did not answer the volley is not asked again for so long, s; and how many such are remembered. */
const REFUSED_SECONDS = 1024;
const MOST_REFUSED = 64;
/** `broadcastclient novolley` without `broadcastdelay`: half of ntpd's documented 4 ms each way. */
export const DEFAULT_DELAY = 0.004;

const bare = (address: string): string => address.split('%', 1)[0] ?? address;

export interface ListenerOptions {
  /** subnet broadcasts (`broadcastclient`) */
  readonly broadcasts: boolean;
  /** canonical, without zone */
  readonly groups: ReadonlySet<string>;
  /** round trip taken for granted, s (`novolley`, `broadcastdelay`); undefined: measured by a volley */
  readonly fixedDelaySeconds: number | undefined;
  /** false: `disable auth` */
  readonly authRequired: boolean;
  /** the line that asked for it */
  readonly origin: Origin;
}

interface Proof {
  readonly key?: number;
  readonly autokey?: boolean;
}

export class BroadcastListener {
  readonly #associations = new Map<string, BroadcastClientAssociation>();
  /** address to the monotonic time until when it is left alone */
  readonly #refused = new Map<string, bigint>();
  readonly #tail = newTail();
  #options: ListenerOptions;
  #context: AssociationContext;

  constructor(
    private readonly newContext: () => AssociationContext,
    private readonly host: SourceHost,
    options: ListenerOptions,
  ) {
    this.#options = options;
    this.#context = newContext();
  }

  /** Takes changed lines and keys; who is listened to already stays. */
  configure(options: ListenerOptions): void {
    this.#options = options;
    this.#context = this.newContext();
  }

  /** Ends all of them. */
  stop(): void {
    for (const { id } of [...this.#associations.values()]) this.host.remove(id);
  }

  /** A mode 5 packet from the served port. */
  receive(packet: ServedPacket): void {
    const { bytes } = packet;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const decoded = decodeHeader(view, bytes.length);
    if (!decoded.ok || decoded.value.mode !== MODE.broadcast) return;
    if (scanTail(view, bytes.length, this.#tail) !== undefined || !this.#isListenedTo(packet)) return;
    const address = canonicalAddress(packet.address);
    if (this.#context.ownAddresses().has(bare(address))) return;
    const known = this.#associations.get(address);
    if (known !== undefined) {
      known.receive(packet);
      return;
    }
    this.#consider(packet, address, decoded.value, this.#tail);
  }

  #isListenedTo({ localAddress }: ServedPacket): boolean {
    const { groups, broadcasts } = this.#options;
    const to = bare(canonicalAddress(localAddress));
    if (groups.has(to)) return true;
    const isGroup = familyOf(to) === 6 || (parseAddress(to)?.[0] ?? 0) >> 4 === 14;
    return broadcasts && !isGroup && !this.#context.ownAddresses().has(to);
  }

  #consider(packet: ServedPacket, address: string, header: NtpHeader, tail: Readonly<PacketTail>): void {
    if (header.leap === 3 || header.stratum === 0 || header.stratum >= MAX_STRATUM) return;
    if (header.transmitTime === 0n || this.#isTaken(address)) return;
    const proof = this.#proofOf(packet, tail);
    if (proof !== undefined) this.#mobilise(packet, address, header, proof);
  }

  /** How its packets are to be authenticated; undefined: this one is not, so that it is not let in. */
  #proofOf(packet: ServedPacket, tail: Readonly<PacketTail>): Proof | undefined {
    const { keyId, macLength, fieldCount } = tail;
    if (macLength === 0) return fieldCount === 0 && this.#mayBePlain(packet) ? {} : undefined;
    if (keyId > MAX_FILE_KEY_ID) {
      // Of those who can be asked for more: a list alone tells nothing of who made it.
      const heard = heardBroadcast(packet, this.#context.autokey?.end())?.heard;
      return heard !== undefined && isAssociation(heard) ? { autokey: true } : undefined;
    }
    return keyId !== 0 && fieldCount === 0 && this.#isAuthentic(packet, tail) ? { key: keyId } : undefined;
  }

  #mayBePlain({ restrictions = 0 }: ServedPacket): boolean {
    return !this.#options.authRequired && (restrictions & (RES.nopeer | RES.notrust)) === 0;
  }

  #isAuthentic({ bytes, address }: ServedPacket, { keyId, macAt, macLength }: Readonly<PacketTail>): boolean {
    const key = this.#context.keys().get(keyId);
    const from = parseAddress(address);
    if (key === undefined || from === undefined || !isKeyUsableFrom(key, from)) return false;
    return verifyMac(key, bytes, macAt, macLength);
  }

  #isTaken(address: string): boolean {
    const until = this.#refused.get(address);
    if (until !== undefined) {
      if (this.#context.scheduler.monotonic() < until) return true;
      this.#refused.delete(address);
    }
    const views = this.host.all().map((source) => source.view());
    const isAsked = views.some(
      (view) => view.kind !== 'broadcast' && canonicalAddress(view.address) === address,
    );
    return isAsked || views.filter(({ configured }) => !configured).length >= this.#context.tos.maxclock;
  }

  #mobilise(packet: ServedPacket, address: string, header: NtpHeader, proof: Proof): void {
    const { host } = this;
    const context = this.#context;
    const { fixedDelaySeconds, origin } = this.#options;
    const poll = Math.max(MIN_POLL, Math.min(header.poll, SLOWEST_POLL));
    const config: AssociationConfig = {
      kind: 'broadcastclient',
      host: address,
      family: 0,
      port: packet.port,
      version: header.version === 1 || header.version === 2 || header.version === 3 ? header.version : 4,
      minpoll: poll,
      maxpoll: poll,
      iburst: true,
      burst: false,
      prefer: false,
      noselect: false,
      alwaysTrue: false,
      xleave: false,
      key: proof.key,
      autokey: proof.autokey ?? false,
      ident: proof.autokey ? context.autokey?.ident : undefined,
      compat: false,
      ttl: 0,
      origin,
    };
    const id = host.nextId();
    const association = new BroadcastClientAssociation(
      { id, kind: 'broadcastclient', hostMode: 3, name: address, config, configured: false },
      context,
      {
        lost: (answered) => {
          if (!answered) this.#refuse(address);
          association.state.events.report('demobilised', `${address} is not listened to any more`);
          host.remove(id);
        },
        stopped: () => {
          if (this.#associations.get(address) === association) this.#associations.delete(address);
        },
      },
      // By Autokey there must be a volley: without it there is no dance.
      proof.autokey ? undefined : fixedDelaySeconds,
    );
    this.#associations.set(address, association);
    association.assign(address);
    association.state.events.report('mobilised', `${address} broadcasts the time to ${packet.localAddress}`);
    host.add(association);
    association.receive(packet);
  }

  #refuse(address: string): void {
    const [oldest] = this.#refused.keys();
    if (this.#refused.size >= MOST_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(
      address,
      this.#context.scheduler.monotonic() + BigInt(REFUSED_SECONDS) * 1_000_000_000n,
    );
  }
}
