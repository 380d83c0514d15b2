/**
 * Whose key IDs a symmetric peer takes, found out by watching what it does. Owns that judgement and the peer's last key ID;
 * what a packet carries is symmetric.ts's.
 *
 * ntpd 4.2.8p15 drops every packet whose key ID is not the one it sent last (bug 3454); all others, noonmark too, take any.
 * Which packet of ours a peer took last stands in each of its own: the origin timestamp. So:
 * - unknown: our own IDs first, and when that brought nothing the peer's ("mirrored"), by turns;
 * - textbook: it took a packet with an ID of ours though it had sent one before, which p15 never does. Certain.
 * - mirror: it took mirrored packets and not ours. A packet may have been lost, or been followed by a mirrored one before the
 *   peer sent anything, so ours are tried now and then: all that leaves until the peer's next, whose origin then tells.
 * - Who sends an ID that we sent mirrors ours: another noonmark that misjudges us, so a textbook peer. Certain as well.
 * What is taken by a packet with an ASSOC proves nothing: p15 takes any ID until it has sent something itself.
 * Sources: autokey-reference.md §8; old-reference.md §4, §6 and §9; RFC 5905 §8 (origin timestamp).
 */
import type { NtpTimestamp } from '../../units/time.js';

export type SymmetricStyle = 'unknown' | 'textbook' | 'mirror';
/** Whose key ID a packet takes. */
export type KeyIdChoice = 'own' | 'mirrored';

interface Sent {
  readonly transmitTime: NtpTimestamp;
  readonly choice: KeyIdChoice;
  /** monotonic s */
  readonly at: number;
}

const MAX_REMEMBERED = 8;
/** What comes sooner after a packet of ours may have been on its way before, s. */
const CROSSING_SECONDS = 1;
/** A peer that wants its IDs mirrored is tried with ours after so many idle packets, then four times as many, … */
const IDLE = { first: 2, times: 4 } as const;
/**
 * While the dance goes on as well, after so many packets, then twice as many, …: two that mirror each other by mistake would
 * else dance for ever.
 */
const BUSY = { first: 8, times: 2 } as const;
const RAREST = 256;

/** Counts packets: one in so many is due, and ever fewer. */
class Rarely {
  #pause: number;
  #until: number;

  constructor(private readonly pace: { readonly first: number; readonly times: number }) {
    this.#pause = pace.first;
    this.#until = pace.first;
  }

  isDue(): boolean {
    this.#until -= 1;
    if (this.#until > 0) return false;
    this.#pause = Math.min(this.#pause * this.pace.times, RAREST);
    this.#until = this.#pause;
    return true;
  }
}

export class StyleWatch {
  #style: SymmetricStyle = 'unknown';
  #peerKeyId: number | undefined;
  #sent: readonly Sent[] = [];
  /** of our last packets, answered or not */
  #keyIds: readonly number[] = [];
  /** packets of ours since the peer's last */
  #tries = 0;
  #wasRefused = false;
  #idle = new Rarely(IDLE);
  #busy = new Rarely(BUSY);
  /** one of ours is tried; until the peer's next packet no mirrored one may hide that it was taken */
  #isProbing = false;

  get style(): SymmetricStyle {
    return this.#style;
  }

  /** Key ID of its last packet; undefined: none came. */
  get peerKeyId(): number | undefined {
    return this.#peerKeyId;
  }

  /** Another peer, or it began anew with another program perhaps. Its last key ID is still its last. */
  forget(): void {
    this.#style = 'unknown';
    this.#sent = [];
    this.#keyIds = [];
    this.#wasRefused = false;
    this.#idle = new Rarely(IDLE);
    this.#busy = new Rarely(BUSY);
    this.#isProbing = false;
  }

  /** For the next packet, which is then sent. `isIdle`: it asks nothing that should not be lost; then it is tried sooner. */
  choose(isIdle = false): KeyIdChoice {
    const isFirst = this.#tries % 2 === 0;
    this.#tries += 1;
    if (this.#peerKeyId === undefined) return 'own';
    switch (this.#style) {
      case 'textbook':
        return 'own';
      case 'unknown':
        return isFirst === this.#wasRefused ? 'mirrored' : 'own';
      case 'mirror':
        this.#isProbing ||= (isIdle ? this.#idle : this.#busy).isDue();
        return this.#isProbing ? 'own' : 'mirrored';
    }
  }

  /** A packet left. What goes out before anything came in says nothing: then any ID is taken. */
  sent(transmitTime: NtpTimestamp, choice: KeyIdChoice, keyId: number, now: number): void {
    this.#keyIds = [...this.#keyIds.slice(1 - MAX_REMEMBERED), keyId];
    if (this.#peerKeyId === undefined) return;
    this.#sent = [...this.#sent.slice(1 - MAX_REMEMBERED), { transmitTime, choice, at: now }];
  }

  /** The key ID of a packet that may not be authentic: a cookie was lost, or there is none yet. */
  saw(keyId: number): void {
    this.#peerKeyId = keyId;
    this.#isProbing = false;
  }

  /** An authentic packet of the peer. `isOpening`: it has an ASSOC. */
  heard(keyId: number, originTime: NtpTimestamp, isOpening: boolean, now: number): void {
    this.#peerKeyId = keyId;
    this.#tries = 0;
    this.#isProbing = false;
    const at = this.#sent.findIndex(({ transmitTime }) => transmitTime === originTime);
    const taken = this.#sent[at];
    const isOver = ({ at: sentAt }: Sent) => now - sentAt >= CROSSING_SECONDS;
    const passed = taken === undefined ? this.#sent.filter(isOver) : this.#sent.slice(0, at);
    this.#sent = this.#sent.filter((sent) => sent !== taken && !passed.includes(sent));
    if (this.#style === 'textbook') return;
    if (this.#keyIds.includes(keyId)) {
      this.#style = 'textbook';
      return;
    }
    this.#wasRefused ||= passed.some(({ choice }) => choice === 'own');
    if (taken === undefined || isOpening) return;
    if (taken.choice === 'own') this.#style = 'textbook';
    else if (this.#wasRefused) this.#style = 'mirror';
  }
}
