/**
 * `manycastclient GROUP`: looks for servers by asking a multicast group, each time a few hops farther, and makes a client
 * association with each that answers, as many as `tos maxclock` allows. Owns when to search, how far, and which answer
 * counts; the associations are members.ts's.
 *
 * An answer counts if it repeats our random number, within a few seconds. It makes no association, as with ntpd 4.2.8,
 * unless it is authentic: by the line's key; with `autokey` the association proves the server before its time is used; and
 * plain only under `disable auth`.
 * Sources: RFC 5905 §3.1 (manycast, rings of growing TTL); ntpd 4.2.8's discover.html and confopt.html (ttl, beacon).
 */
import type { AssociationConfig } from '../config/types.js';
import { every, type Timer } from '../ports/scheduler.js';
import type { NtpTimestamp } from '../units/time.js';
import { decodeHeader, HEADER_LENGTH, MODE } from '../wire/header.js';
import { canonicalAddress } from './address.js';
import { authenticatorOf } from './association/authenticator.js';
import type { AssociationContext, GroupPort, ServedPacket, SourceHost } from './association/context.js';
import { PeerState } from './association/peer-state.js';
import { writeClientRequest } from './association/request.js';
import { MAX_STRATUM } from './constants.js';
import { Members } from './members.js';
import type { Candidate, Source, SourceView } from './types.js';

const START_SPREAD = 1;
const REVIEW_SECONDS = 64;
/** ntpd's rings are 32 hops apart; ours begin with the link itself. */
const DEFAULT_HOPS: readonly number[] = [1, 32, 64, 96, 128, 160, 192, 224];
/** An answer that comes later than this is none, s. */
const ANSWER_SECONDS = 8;
/** Answers to one search that are looked at; a group of thousands is not to keep us. */
const MOST_ANSWERS = 64;

export interface SearchSettings {
  /** `ttl H1 H2 …`; empty: every 32 hops */
  readonly hops: readonly number[];
  /** false: `disable auth` */
  readonly authRequired: boolean;
}

/** Who brings searches what came in. */
export interface SearchSide {
  readonly port: GroupPort;
  readonly settings: SearchSettings;
  add(search: ManycastSearch): void;
  delete(search: ManycastSearch): void;
}

export class ManycastSearch implements Source {
  readonly id: number;
  readonly taiOffsetSeconds = undefined;
  readonly #state: PeerState;
  readonly #members: Members;
  readonly #rings: readonly number[];
  #review: Timer | undefined;
  #timer: Timer | undefined;
  #ring = 0;
  #searchedNs: bigint | undefined;
  /** of the search under way; 0n: none */
  #cookie: NtpTimestamp = 0n;
  #askedNs = 0n;
  #answers = 0;

  constructor(
    id: number,
    private readonly config: AssociationConfig,
    private readonly context: AssociationContext,
    private readonly host: SourceHost,
    private readonly side: SearchSide,
  ) {
    this.id = id;
    const ident = config.ident ?? context.autokey?.ident;
    this.#members = new Members({ ...config, ident }, 'manycast', context, host);
    this.#state = new PeerState(
      { id, kind: 'manycast', hostMode: 3, name: config.host, config, configured: true },
      // The question itself is plain by Autokey: there is no cookie yet.
      authenticatorOf({ ...config, autokey: false }, context, () => this.#state.address),
      context,
    );
    this.#state.forget('ACST');
    const { hops } = side.settings;
    const within = (hops.length > 0 ? hops : DEFAULT_HOPS).map((ring) => Math.min(ring, config.ttl));
    this.#rings = within.filter((ring, i) => ring !== within[i - 1]);
  }

  start(): void {
    if (this.#review !== undefined) return;
    this.#state.address = canonicalAddress(this.config.host);
    this.side.add(this);
    this.#review = every(this.context.scheduler, REVIEW_SECONDS, () => void this.#members.review());
    this.#plan(START_SPREAD * this.context.random.uniform());
  }

  stop(): void {
    this.side.delete(this);
    this.#review?.cancel();
    this.#review = undefined;
    this.#timer?.cancel();
    this.#members.stop();
  }

  candidate(): Candidate {
    return { ...this.#state.candidate(), unfit: 'no-samples' };
  }

  view(): SourceView {
    const view = this.#state.view();
    return { ...view, unfit: 'no-samples', localPort: this.context.servedPort, ttl: this.#hops };
  }

  get memberIds(): readonly number[] {
    return this.#members.ids;
  }

  get #hops(): number {
    return this.#rings[Math.min(this.#ring, this.#rings.length - 1)] ?? 1;
  }

  #plan(seconds: number): void {
    this.#timer?.cancel();
    this.#timer = this.context.scheduler.after(seconds, () => this.#turn());
  }

  #turn(): void {
    const { context, config } = this;
    const nowNs = context.scheduler.monotonic();
    const { minclock, beacon } = context.tos;
    const since = this.#searchedNs === undefined ? beacon : Number(nowNs - this.#searchedNs) / 1e9;
    this.#members.forgetOldBans();
    const hasEnough = this.#survivors() >= minclock || this.#members.room() <= 0;
    if (since >= beacon) {
      this.#ring = 0;
      this.#searchedNs = nowNs;
      this.#ask(nowNs);
    } else if (!hasEnough && this.#ring < this.#rings.length - 1) {
      this.#ring += 1;
      this.#ask(nowNs);
    } else if (!hasEnough && this.#members.size === 0) {
      if (since >= 2 ** config.maxpoll) this.#ring = 0;
      this.#ask(nowNs);
      this.#members.forgive();
    }
    this.#plan(2 ** config.minpoll * (1 + context.random.uniform() / 16));
  }

  #survivors(): number {
    return this.host.all().filter((source) => {
      const fate = this.host.fateOf(source.id);
      return fate === 'sys.peer' || fate === 'candidate' || fate === 'pps.peer';
    }).length;
  }

  #ask(nowNs: bigint): void {
    const { context, side, config } = this;
    const state = this.#state;
    const bytes = context.random.bytes(8);
    const cookie = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
    this.#cookie = cookie === 0n ? 1n : cookie;
    this.#askedNs = nowNs;
    this.#answers = 0;
    const packet = new Uint8Array(HEADER_LENGTH);
    writeClientRequest(packet, config.version, config.minpoll, this.#cookie);
    const way = side.port.groupWay(state.address);
    const hops = this.#hops;
    const isSent =
      way !== undefined &&
      state.authenticator.ready() &&
      side.port.send({
        ...{ bytes: packet, address: state.address, port: config.port, way, hops },
        keyId: state.authenticator.keyId,
      });
    state.remark = isSent
      ? `servers up to ${hops} hops away were asked to answer; ${this.#members.size} are in use`
      : way === undefined
        ? `no interface that is served leads to ${state.address}`
        : `the group could not be asked; is key ${state.authenticator.keyId} there?`;
  }

  /** A mode 4 packet on the served port. True: it answers this search, whatever came of it. */
  receive(packet: ServedPacket): boolean {
    const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.byteLength);
    const decoded = decodeHeader(view, packet.bytes.length);
    if (!decoded.ok || decoded.value.mode !== MODE.server || this.#cookie === 0n) return false;
    const { originTime, leap, stratum } = decoded.value;
    if (originTime !== this.#cookie) return false;
    const age = Number(this.context.scheduler.monotonic() - this.#askedNs) / 1e9;
    this.#answers += 1;
    if (age > ANSWER_SECONDS || this.#answers > MOST_ANSWERS) return true;
    if (leap === 3 || stratum === 0 || stratum >= MAX_STRATUM || !this.#isBelieved(packet)) return true;
    const address = canonicalAddress(packet.address);
    const members = this.#members;
    if (members.room() <= 0 || members.isTaken(address)) return true;
    members.mobilise(address, packet.port);
    return true;
  }

  #isBelieved({ bytes }: ServedPacket): boolean {
    const { authenticator } = this.#state;
    const verdict = authenticator.open(bytes);
    if (authenticator.required) return verdict === 'ok';
    return verdict === 'none' && (this.config.autokey || !this.side.settings.authRequired);
  }
}
