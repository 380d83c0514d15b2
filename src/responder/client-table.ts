/**
 * Who asked: a table of fixed size in shared memory, written by the responder for each packet (rate limit) and read by
 * main at leisure (mrulist, status). One entry an address; sets of eight, so a lookup costs the same however full it is.
 * A full set gives up its oldest entry when that is older than `maxAgeSeconds`; of a younger one only with probability
 * age/monitor (ntpd's `discard monitor`): known clients outlast a burst of strangers, and whoever sends most gets in.
 *
 * Words of an entry (32 bits): 0 version (odd while it is written), 1 family | mode << 8 | NTP version << 16,
 * 2-5 address, 6 port | scope << 16 (interface index of a link-local address), 7 count, 8 first s, 9 first ns, 10 last s, 11 last ns (kernel clock, Unix),
 * 12 restrictions of the last packet, 13 score, 14 packets dropped by the limit, 15 reserved.
 */
import { type RateLimiter, VERDICT } from '../auth/rate-limit.js';
import { NTPQ_RESTRICTIONS, RES } from '../auth/restrict.js';
import type { Xorshift32 } from './xorshift.js';

const WAYS = 8;
const ENTRY_WORDS = 16;
const HEADER_WORDS = 8;
export const CLIENT_ENTRY_BYTES = 4 * ENTRY_WORDS;

const HEADER = { capacity: 0, entries: 1, seed: 2, replaced: 3, untracked: 4 } as const;
const WORD = {
  version: 0,
  kind: 1,
  address: 2,
  port: 6,
  count: 7,
  firstSeconds: 8,
  firstNanoseconds: 9,
  lastSeconds: 10,
  lastNanoseconds: 11,
  restrictions: 12,
  score: 13,
  dropped: 14,
} as const;

/** Memory for `capacity` clients (rounded down to eights, at least 8). `seed`: secret, against chosen collisions. */
export function createClientTable(capacity: number, seed: number): SharedArrayBuffer {
  const rounded = Math.max(WAYS, Math.floor(capacity / WAYS) * WAYS);
  const memory = new SharedArrayBuffer(4 * (HEADER_WORDS + rounded * ENTRY_WORDS));
  const words = new Int32Array(memory);
  words[HEADER.capacity] = rounded;
  words[HEADER.seed] = seed;
  return memory;
}

export interface ClientTablePolicy {
  /** s; an entry idle for longer may always be replaced, `mru maxage` */
  readonly maxAgeSeconds: number;
  /** s; `discard monitor` */
  readonly monitor: number;
}

/** The responder's side: the only writer. Allocates nothing. */
export class ClientTable {
  readonly #words: Int32Array;
  readonly #sets: number;
  readonly #limiter: RateLimiter;
  #policy: ClientTablePolicy;
  readonly #random: Xorshift32;
  readonly #address = new Int32Array(4);

  constructor(
    memory: SharedArrayBuffer,
    limiter: RateLimiter,
    random: Xorshift32,
    policy: ClientTablePolicy,
  ) {
    this.#words = new Int32Array(memory);
    this.#sets = this.#words[HEADER.capacity]! / WAYS;
    this.#limiter = limiter;
    this.#random = random;
    this.#policy = policy;
  }

  setPolicy(policy: ClientTablePolicy): void {
    this.#policy = policy;
  }

  /**
   * Notes a packet and judges its rate. `kind`: NTP mode | version << 8. `restrictions`: RES bits of its sender.
   * Answers them with `limited` left only when the packet is over the limit and `kod` only when that is to be told.
   */
  observe(
    family: 4 | 6,
    address: Uint8Array,
    port: number,
    scope: number,
    seconds: number,
    nanoseconds: number,
    kind: number,
    restrictions: number,
  ): number {
    // Half a word is kept of it; interface indexes grow for ever where interfaces come and go.
    const zone = scope & 0xffff;
    const first = this.#locate(family, address, zone);
    const words = this.#words;
    const idle = restrictions & ~(RES.limited | RES.kod);
    let at = this.#find(first, family, zone);
    if (at < 0) {
      at = this.#place(first, seconds);
      if (at < 0) return idle;
      this.#create(at, family, port, zone, seconds, nanoseconds, kind, idle);
      return idle;
    }
    const gap =
      ((seconds - words[at + WORD.lastSeconds]!) | 0) +
      (nanoseconds - words[at + WORD.lastNanoseconds]!) / 1e9;
    const verdict = this.#limiter.judge(words[at + WORD.score]!, Math.floor(gap + 0.5));
    let answer = restrictions;
    if (verdict === VERDICT.pass) answer = idle;
    else if (verdict === VERDICT.silent) answer = restrictions & ~RES.kod;
    const over = verdict !== VERDICT.pass && (restrictions & RES.limited) !== 0;
    this.#open(at);
    Atomics.store(words, at + WORD.kind, family | (kind << 8));
    Atomics.store(words, at + WORD.port, port | (zone << 16));
    Atomics.store(words, at + WORD.count, words[at + WORD.count]! + 1);
    Atomics.store(words, at + WORD.lastSeconds, seconds);
    Atomics.store(words, at + WORD.lastNanoseconds, nanoseconds);
    Atomics.store(words, at + WORD.restrictions, answer);
    Atomics.store(words, at + WORD.score, this.#limiter.score);
    if (over) Atomics.store(words, at + WORD.dropped, words[at + WORD.dropped]! + 1);
    this.#close(at);
    return answer;
  }

  /** Takes the address apart and answers the first word of its set. */
  #locate(family: 4 | 6, address: Uint8Array, scope: number): number {
    let hash = this.#words[HEADER.seed]! ^ (family + scope * 8);
    const count = family === 4 ? 1 : 4;
    for (let w = 0; w < 4; w += 1) {
      const i = 4 * w;
      const word =
        w < count
          ? (address[i]! << 24) | (address[i + 1]! << 16) | (address[i + 2]! << 8) | address[i + 3]!
          : 0;
      this.#address[w] = word;
      hash = Math.imul(hash ^ word, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    }
    hash ^= hash >>> 16;
    return HEADER_WORDS + ((hash >>> 0) % this.#sets) * WAYS * ENTRY_WORDS;
  }

  #find(first: number, family: number, scope: number): number {
    const words = this.#words;
    const address = this.#address;
    for (let way = 0; way < WAYS; way += 1) {
      const at = first + way * ENTRY_WORDS;
      if (
        words[at + WORD.address]! === address[0]! &&
        words[at + WORD.address + 1]! === address[1]! &&
        words[at + WORD.address + 2]! === address[2]! &&
        words[at + WORD.address + 3]! === address[3]! &&
        (words[at + WORD.kind]! & 0xff) === family &&
        words[at + WORD.port]! >>> 16 === scope
      )
        return at;
    }
    return -1;
  }

  /** A free entry of the set, or one to replace; -1: the newcomer is not tracked this time. */
  #place(first: number, seconds: number): number {
    const words = this.#words;
    let oldest = first;
    let oldestAge = -1;
    for (let way = 0; way < WAYS; way += 1) {
      const at = first + way * ENTRY_WORDS;
      if ((words[at + WORD.kind]! & 0xff) === 0) {
        Atomics.add(words, HEADER.entries, 1);
        return at;
      }
      const age = Math.max(0, (seconds - words[at + WORD.lastSeconds]!) | 0);
      if (age > oldestAge) {
        oldest = at;
        oldestAge = age;
      }
    }
    if (
      oldestAge < this.#policy.maxAgeSeconds &&
      this.#random.uniform() * this.#policy.monitor >= oldestAge
    ) {
      Atomics.add(words, HEADER.untracked, 1);
      return -1;
    }
    Atomics.add(words, HEADER.replaced, 1);
    return oldest;
  }

  #create(
    at: number,
    family: number,
    port: number,
    scope: number,
    seconds: number,
    nanoseconds: number,
    kind: number,
    restrictions: number,
  ): void {
    const words = this.#words;
    this.#open(at);
    for (let w = 0; w < 4; w += 1) Atomics.store(words, at + WORD.address + w, this.#address[w]!);
    Atomics.store(words, at + WORD.kind, family | (kind << 8));
    Atomics.store(words, at + WORD.port, port | (scope << 16));
    Atomics.store(words, at + WORD.count, 1);
    Atomics.store(words, at + WORD.firstSeconds, seconds);
    Atomics.store(words, at + WORD.firstNanoseconds, nanoseconds);
    Atomics.store(words, at + WORD.lastSeconds, seconds);
    Atomics.store(words, at + WORD.lastNanoseconds, nanoseconds);
    Atomics.store(words, at + WORD.restrictions, restrictions);
    Atomics.store(words, at + WORD.score, 0);
    Atomics.store(words, at + WORD.dropped, 0);
    this.#close(at);
  }

  #open(at: number): void {
    Atomics.store(this.#words, at, (this.#words[at]! + 1) | 1);
  }
  #close(at: number): void {
    Atomics.store(this.#words, at, (this.#words[at]! + 1) | 0);
  }
}

/** One client as main sees it; times on the kernel clock, Unix ns. */
export interface ClientRecord {
  readonly family: 4 | 6;
  /** 4 or 16 bytes */
  readonly address: Uint8Array;
  readonly port: number;
  /** interface index of a link-local address, else 0 */
  readonly scope: number;
  readonly count: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly mode: number;
  readonly version: number;
  readonly restrictions: number;
  readonly score: number;
  readonly dropped: number;
}

const MAX_TRIES = 8;

/** Main's side: reads while the responder writes; an entry caught in the middle is read again. */
export class ClientTableReader {
  readonly #words: Int32Array;
  readonly #entry = new Int32Array(ENTRY_WORDS);

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  get capacity(): number {
    return this.#words[HEADER.capacity]!;
  }
  get entries(): number {
    return Atomics.load(this.#words, HEADER.entries);
  }
  /** entries given up for newcomers, wraps at 2^32 */
  get replaced(): number {
    return Atomics.load(this.#words, HEADER.replaced) >>> 0;
  }
  /** packets of strangers that found no place */
  get untracked(): number {
    return Atomics.load(this.#words, HEADER.untracked) >>> 0;
  }

  /** Seconds between the oldest entry's last packet and the latest of all. */
  get spanSeconds(): number {
    let oldest = 0;
    let latest: number | undefined;
    for (let i = 0; i < this.capacity; i += 1) {
      const at = HEADER_WORDS + i * ENTRY_WORDS;
      if ((Atomics.load(this.#words, at + WORD.kind) & 0xff) === 0) continue;
      const last = Atomics.load(this.#words, at + WORD.lastSeconds) >>> 0;
      oldest = latest === undefined ? last : Math.min(oldest, last);
      latest = Math.max(latest ?? 0, last);
    }
    return (latest ?? 0) - oldest;
  }

  /** At most `limit` clients, the latest first. */
  clients(limit: number): ClientRecord[] {
    const found: ClientRecord[] = [];
    for (let i = 0; i < this.capacity; i += 1) {
      const record = this.#read(HEADER_WORDS + i * ENTRY_WORDS);
      if (record !== undefined) found.push(record);
    }
    found.sort((a, b) => (a.lastNs < b.lastNs ? 1 : a.lastNs > b.lastNs ? -1 : 0));
    return found.slice(0, Math.max(0, limit));
  }

  #read(at: number): ClientRecord | undefined {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const version = Atomics.load(this.#words, at);
      if ((version & 1) !== 0) continue;
      for (let w = 0; w < ENTRY_WORDS; w += 1) this.#entry[w] = Atomics.load(this.#words, at + w);
      if (Atomics.load(this.#words, at) === version) return this.#record();
    }
    return undefined;
  }

  #record(): ClientRecord | undefined {
    const word = (i: number): number => this.#entry[i]!;
    const family = word(WORD.kind) & 0xff;
    if (family !== 4 && family !== 6) return undefined;
    const address = new Uint8Array(family === 4 ? 4 : 16);
    for (let i = 0; i < address.length; i += 1)
      address[i] = word(WORD.address + (i >> 2)) >>> (24 - 8 * (i & 3));
    const time = (at: number): bigint => BigInt(word(at) >>> 0) * 1_000_000_000n + BigInt(word(at + 1));
    return {
      family,
      address,
      port: word(WORD.port) & 0xffff,
      scope: word(WORD.port) >>> 16,
      count: word(WORD.count) >>> 0,
      firstNs: time(WORD.firstSeconds),
      lastNs: time(WORD.lastSeconds),
      mode: (word(WORD.kind) >>> 8) & 0xff,
      version: (word(WORD.kind) >>> 16) & 0xff,
      restrictions: word(WORD.restrictions) & NTPQ_RESTRICTIONS,
      score: word(WORD.score),
      dropped: word(WORD.dropped) >>> 0,
    };
  }
}
