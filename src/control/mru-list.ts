/**
 * The client list of `ntpq -c mrulist` (READ_MRU): which entries one reply carries, and where the next one goes on.
 * The server keeps no state: the client sends back the newest entries it has, and the reply begins behind one of them
 * that has not changed since. Entries go oldest first; one that is seen again meanwhile comes again, later.
 * Source: ntpd 4.2.8p15 (shared/reference/autokey-reference.md §11), ntpsec 1.2.2's further parameters; RFC 9327 §4.
 */
import { canonicalAddress } from '../source/address.js';
import type { ClientView } from '../status/view.js';
import { MAX_CONTROL_DATA } from '../wire/mode6.js';
import { parseVariables } from '../wire/mode6-variables.js';
import { addressPort, count, hex, timestamp } from './format.js';

/** ntpd's MRU_FRAGS_LIMIT, MRU_ROW_LIMIT and number of entries a client may come back with. */
const MOST_FRAGMENTS = 128;
/** What is sent at most, however many are asked for (both ntpqs ask for 32): it must fit the ring to the responder. */
const SENT_FRAGMENTS = 32;
const MOST_ROWS = 256;
const MOST_PRIORS = 16;

export interface MruRequest {
  readonly nonce: string;
  /** datagrams of the reply, 1..32 */
  readonly fragments: number;
  /** entries of the reply; 1: the entry itself that is named by addr.0 */
  readonly limit: number;
  readonly minimumCount: number;
  readonly minimumDropped: number;
  readonly restrictAll: number;
  readonly restrictAny: number;
  /** seconds since the last packet; 0: any */
  readonly mostSeconds: number;
  readonly leastSeconds: number;
  /** begin so many entries from the newest; 0: from the oldest */
  readonly recent: number;
  /** the newest entries the client has, newest first, as it wrote them */
  readonly priors: readonly { readonly address: string; readonly last: string }[];
}

const number = (text: string | undefined): number => {
  const value = Number(text ?? '');
  return Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
};

/**
 * The parameters of a READ_MRU request. 'bad-value': neither frags nor limit, or more of them than there may be;
 * 'bad-format': a filter that cannot be applied (laddr: the table does not keep the address that was asked).
 */
export function parseMruRequest(text: string): MruRequest | 'bad-value' | 'bad-format' {
  const given = new Map<string, string>();
  for (const { name, value } of parseVariables(text)) if (value !== undefined) given.set(name, value);
  if (given.has('laddr')) return 'bad-format';
  const fragments = number(given.get('frags'));
  const limit = number(given.get('limit'));
  if (fragments > MOST_FRAGMENTS || (fragments === 0 && (limit === 0 || limit > MOST_ROWS)))
    return 'bad-value';
  const priors: { address: string; last: string }[] = [];
  for (let i = 0; i < MOST_PRIORS; i += 1) {
    const address = given.get(`addr.${i}`);
    const last = given.get(`last.${i}`);
    if (address === undefined || last === undefined) break;
    priors.push({ address, last });
  }
  return {
    nonce: given.get('nonce') ?? '',
    fragments: Math.min(SENT_FRAGMENTS, fragments === 0 ? MOST_FRAGMENTS : fragments),
    limit: limit === 0 ? Number.POSITIVE_INFINITY : limit,
    minimumCount: number(given.get('mincount')),
    minimumDropped: number(given.get('mindrop')),
    restrictAll: number(given.get('resall')),
    restrictAny: number(given.get('resany')),
    mostSeconds: number(given.get('maxlstint')),
    leastSeconds: number(given.get('minlstint')),
    recent: number(given.get('recent')),
    priors,
  };
}

/** The clients at one instant, oldest first, findable by address and port. */
export class ClientList {
  readonly entries: readonly ClientView[];
  readonly #index = new Map<string, number>();

  /** `clients`: in any order. */
  constructor(
    clients: readonly ClientView[],
    readonly atNs: bigint,
  ) {
    this.entries = [...clients].sort((a, b) =>
      a.lastNs < b.lastNs ? -1 : a.lastNs > b.lastNs ? 1 : a.address < b.address ? -1 : 1,
    );
    for (const [i, { address, port }] of this.entries.entries())
      this.#index.set(addressPort(address, port), i);
  }

  /** Position of the entry that a client wrote so, if it has not changed since; -1: it has, or is gone. */
  find(address: string, last: string): number {
    const at = this.#index.get(canonical(address)) ?? -1;
    const entry = this.entries[at];
    const seenNs = parseTimestamp(last);
    if (entry === undefined || seenNs === undefined) return -1;
    const away = ntpOf(entry.lastNs) - seenNs;
    return away < CHANGED && -away < CHANGED ? at : -1;
  }
}

/**
 * Seen again is later than this (2^-10 s in 32.32). Not exactly equal: a simulated clock's map of kernel stamps is refined
 * between two requests.
 */
const CHANGED = 1n << 22n;

const ntpOf = (unixNs: bigint): bigint => parseTimestamp(timestamp(unixNs)) ?? 0n;

function parseTimestamp(text: string): bigint | undefined {
  const match = /^0x([0-9a-f]{1,8})\.([0-9a-f]{1,8})$/i.exec(text);
  return match === null ? undefined : BigInt(`0x${match[1]}${(match[2] ?? '').padStart(8, '0')}`);
}

/** One spelling of `address:port` for each. */
function canonical(text: string): string {
  const match = /^\[?([^\]]*)\]?:(\d+)$/.exec(text);
  return match === null ? text : addressPort(canonicalAddress(match[1] ?? ''), Number(match[2]));
}

/**
 * The items of the reply. 'unknown': none of the entries the client has is still as it was, it must go further back.
 * `nonce`: for the next request.
 */
export function mruItems(request: MruRequest, list: ClientList, nonce: string): string[] | 'unknown' {
  const items: string[] = [];
  const { entries } = list;
  let at = request.recent > 0 ? Math.max(0, entries.length - request.recent) : 0;
  if (request.priors.length > 0) {
    const prior = request.priors.find(({ address, last }) => list.find(address, last) >= 0);
    if (prior === undefined) return 'unknown';
    // In the client's own words, and in this order: ntpq 4.2.8 compares.
    items.push(`last.older=${prior.last}`, `addr.older=${prior.address}`);
    at = list.find(prior.address, prior.last) + (request.limit === 1 ? 0 : 1);
  }
  items.push(`nonce=${nonce}`);
  const room = request.fragments * MAX_CONTROL_DATA - TAIL_ROOM;
  let used = lengthOf(items);
  let rows = 0;
  let newest = '';
  for (; at < entries.length && rows < request.limit; at += 1) {
    const entry = entries[at];
    if (entry === undefined || !isWanted(entry, request, list.atNs)) continue;
    const row = rowOf(entry, rows);
    const length = lengthOf(row);
    if (used + length > room) break;
    used += length;
    items.push(...row);
    newest = timestamp(entry.lastNs);
    rows += 1;
  }
  if (at >= entries.length) {
    items.push(`now=${timestamp(list.atNs)}`);
    if (rows > 0) items.push(`last.newest=${newest}`);
  }
  return items;
}

/** Room for `now` and `last.newest` with their separators, and the end of the line. */
const TAIL_ROOM = 70;

/** With a separator of at most three characters each. */
const lengthOf = (items: readonly string[]): number =>
  items.reduce((length, item) => length + item.length + 3, 0);

const rowOf = (entry: ClientView, row: number): string[] => [
  `addr.${row}=${addressPort(entry.address, entry.port)}`,
  `last.${row}=${timestamp(entry.lastNs)}`,
  `first.${row}=${timestamp(entry.firstNs)}`,
  `ct.${row}=${count(Math.max(1, entry.count))}`,
  `mv.${row}=${((entry.version & 7) << 3) | (entry.mode & 7)}`,
  `rs.${row}=${hex(entry.restrictions & 0xffff)}`,
  `dr.${row}=${count(entry.dropped)}`,
];

function isWanted(entry: ClientView, request: MruRequest, nowNs: bigint): boolean {
  const ago = Number(nowNs - entry.lastNs) / 1e9;
  return (
    entry.count >= request.minimumCount &&
    entry.dropped >= request.minimumDropped &&
    (entry.restrictions & request.restrictAll) === request.restrictAll &&
    (request.restrictAny === 0 || (entry.restrictions & request.restrictAny) !== 0) &&
    (request.mostSeconds === 0 || ago <= request.mostSeconds) &&
    (request.leastSeconds === 0 || ago >= request.leastSeconds)
  );
}
