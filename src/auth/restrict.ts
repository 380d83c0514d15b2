/**
 * Access rules (`restrict`): ntpd's semantics, compiled into flat tables that go to another thread by structured clone
 * and are matched by binary search without allocation. What a flag does to a packet is the responder's business.
 *
 * The longest prefix that contains the sender wins; of two rules for the same prefix, one with `ntpport` wins for
 * packets from port 123 and does not exist for others; flags of equal rules add up (ntpd 4.2.8p15 ntp_restrict.c).
 * Without a `default` of its family, everybody may have the time and only loopback may query (mode 6).
 */
import type { RestrictFlag, RestrictRule } from '../config/types.js';
import { type AddressRange, isInRange } from './address-range.js';

/** RES_* bits as ntpd 4.2.8p15 numbers and ntpq prints them (include/ntp.h); those above 16 bits are ours alone. */
export const RES = {
  ignore: 0x0001,
  noserve: 0x0002,
  notrust: 0x0004,
  version: 0x0008,
  nopeer: 0x0010,
  noepeer: 0x0020,
  limited: 0x0040,
  noquery: 0x0080,
  nomodify: 0x0100,
  notrap: 0x0200,
  lowpriotrap: 0x0400,
  kod: 0x0800,
  mssntp: 0x1000,
  flake: 0x2000,
  nomrulist: 0x4000,
  serverresponse: 0x8000,
  autokey: 0x1_0000,
  /** not of a rule: the sender's network is one of this machine's own */
  attached: 0x2_0000,
} as const;

/** What ntpq is shown. */
export const NTPQ_RESTRICTIONS = 0xffff;

/** Flags of a rule as bits. `ntpport` qualifies the match, `epeer` is the absence of `noepeer`: neither has a bit. */
export function restrictionBits(flags: readonly RestrictFlag[]): number {
  let bits = 0;
  for (const flag of flags) if (flag !== 'ntpport' && flag !== 'epeer') bits |= RES[flag];
  return flags.includes('epeer') ? bits & ~RES.noepeer : bits;
}

/** One family's address space cut into ranges: range i begins at starts[i] and ends before starts[i + 1]. */
export interface RangeTable {
  /** one word an entry for IPv4, four for IPv6, highest first; the first entry is 0 */
  readonly starts: Uint32Array;
  /** RES bits of range i for a packet from any port but 123 */
  readonly flags: Uint32Array;
  /** … and from port 123 */
  readonly flagsNtpPort: Uint32Array;
}

/** What is sent to the responder's thread. */
export interface AccessTables {
  readonly v4: RangeTable;
  readonly v6: RangeTable;
  /** this machine's own networks */
  readonly attached: readonly AddressRange[];
}

export interface AccessPolicy {
  readonly rules: readonly RestrictRule[];
  /** flags of `restrict source`; undefined: there is none */
  readonly source?: readonly RestrictFlag[] | undefined;
  /** addresses of the associations in force, 4 or 16 bytes, for `restrict source` */
  readonly sources?: readonly Uint8Array[] | undefined;
  /** this machine's own networks (responder/addresses.ts) */
  readonly attached?: readonly AddressRange[] | undefined;
}

interface Prefix {
  readonly first: bigint;
  readonly length: number;
  readonly flags: number | undefined;
  readonly flagsNtpPort: number | undefined;
}

const LOOPBACK = { 4: { address: 127n << 24n, length: 8 }, 6: { address: 1n, length: 128 } } as const;

/** Compiles rules; later addresses of `sources` do not override a rule for exactly that host, as in ntpd. */
export function compileAccess(policy: AccessPolicy): AccessTables {
  return {
    v4: compileFamily(policy, 4),
    v6: compileFamily(policy, 6),
    attached: policy.attached ?? [],
  };
}

function compileFamily(policy: AccessPolicy, family: 4 | 6): RangeTable {
  const width = family === 4 ? 32 : 128;
  const prefixes = new Map<string, Prefix>();
  const add = (address: bigint, length: number, bits: number, ntpPort: boolean): void => {
    const mask = ((1n << BigInt(length)) - 1n) << BigInt(width - length);
    const first = address & mask;
    const old = prefixes.get(`${first}/${length}`);
    prefixes.set(`${first}/${length}`, {
      first,
      length,
      flags: ntpPort ? old?.flags : (old?.flags ?? 0) | bits,
      flagsNtpPort: ntpPort ? (old?.flagsNtpPort ?? 0) | bits : old?.flagsNtpPort,
    });
  };
  for (const { address, prefixLength, flags } of policy.rules) {
    if (address.length * 8 !== width || prefixLength < 0 || prefixLength > width) continue;
    add(bigOf(address), prefixLength, restrictionBits(flags), flags.includes('ntpport'));
  }
  if (prefixes.get('0/0')?.flags === undefined) {
    add(0n, 0, RES.noquery, false);
    const { address, length } = LOOPBACK[family];
    if (!prefixes.has(`${address}/${length}`)) add(address, length, 0, false);
  }
  if (policy.source !== undefined)
    for (const address of policy.sources ?? []) {
      if (address.length * 8 !== width || prefixes.has(`${bigOf(address)}/${width}`)) continue;
      add(bigOf(address), width, restrictionBits(policy.source), policy.source.includes('ntpport'));
    }
  return cutIntoRanges([...prefixes.values()], width);
}

const bigOf = (address: Uint8Array): bigint =>
  address.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Prefixes are nested or disjoint, so one walk in order of address with a stack of the open ones finds every range. */
function cutIntoRanges(prefixes: Prefix[], width: number): RangeTable {
  prefixes.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.length - b.length));
  const ranges: { start: bigint; flags: number; flagsNtpPort: number }[] = [];
  const open: { end: bigint; flags: number; flagsNtpPort: number }[] = [];
  const begin = (start: bigint): void => {
    const top = open.at(-1);
    const range = { start, flags: top?.flags ?? 0, flagsNtpPort: top?.flagsNtpPort ?? 0 };
    if (ranges.at(-1)?.start === start) ranges.pop();
    const last = ranges.at(-1);
    if (last?.flags !== range.flags || last.flagsNtpPort !== range.flagsNtpPort) ranges.push(range);
  };
  const closeUntil = (address: bigint): void => {
    for (let top = open.at(-1); top !== undefined && top.end <= address; top = open.at(-1)) {
      open.pop();
      if (open.length > 0) begin(top.end);
    }
  };
  for (const prefix of prefixes) {
    closeUntil(prefix.first);
    const around = open.at(-1);
    const flags = prefix.flags ?? around?.flags ?? 0;
    open.push({
      end: prefix.first + (1n << BigInt(width - prefix.length)),
      flags,
      // A rule of this prefix without ntpport hides an ntpport rule of a shorter one.
      flagsNtpPort: prefix.flagsNtpPort ?? prefix.flags ?? around?.flagsNtpPort ?? 0,
    });
    begin(prefix.first);
  }
  closeUntil(1n << BigInt(width));
  const words = width / 32;
  const starts = new Uint32Array(ranges.length * words);
  ranges.forEach(({ start }, i) => {
    for (let w = 0; w < words; w += 1)
      starts[i * words + w] = Number((start >> BigInt(32 * (words - 1 - w))) & 0xffff_ffffn);
  });
  return {
    starts,
    flags: Uint32Array.from(ranges, (range) => range.flags),
    flagsNtpPort: Uint32Array.from(ranges, (range) => range.flagsNtpPort),
  };
}

/** Is it an address of a network that this machine has an address in? 4 or 16 bytes. Allocates nothing. */
export function isAttached(tables: AccessTables, address: Uint8Array): boolean {
  for (let i = 0; i < tables.attached.length; i += 1)
    if (isInRange(tables.attached[i]!, address)) return true;
  return false;
}

const NTP_PORT = 123;

/** RES bits for a sender; `address` in network order, 4 or 16 bytes. Multicast senders are ignored. Allocates nothing. */
export function restrictionsFor(
  tables: AccessTables,
  family: 4 | 6,
  address: Uint8Array,
  port: number,
): number {
  if (family === 4 ? address[0]! >= 224 : address[0] === 0xff) return RES.ignore;
  const table = family === 4 ? tables.v4 : tables.v6;
  const words = family === 4 ? 1 : 4;
  let low = 0;
  let high = table.flags.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (startsAfter(table.starts, middle * words, words, address)) high = middle;
    else low = middle;
  }
  return port === NTP_PORT ? table.flagsNtpPort[low]! : table.flags[low]!;
}

function startsAfter(starts: Uint32Array, at: number, words: number, address: Uint8Array): boolean {
  for (let w = 0; w < words; w += 1) {
    const i = 4 * w;
    const word =
      ((address[i]! << 24) | (address[i + 1]! << 16) | (address[i + 2]! << 8) | address[i + 3]!) >>> 0;
    const start = starts[at + w]!;
    if (start !== word) return start > word;
  }
  return false;
}
