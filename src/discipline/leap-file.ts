/**
 * leap-seconds.list (NIST/IERS form): the table, its expiry and its hash. Pure text work.
 * Source: the file's own header; RFC 7808 §1; hash: SHA-1 over the digits of the data, as ntpd checks it.
 */
import { createHash } from 'node:crypto';
import { NTP_UNIX_OFFSET_SECONDS } from '../units/time.js';

export interface LeapEntry {
  /** Unix second from which taiOffsetSeconds holds */
  readonly fromUnixSeconds: bigint;
  /** TAI - UTC */
  readonly taiOffsetSeconds: number;
}

export interface LeapTable {
  /** ascending; at least one */
  readonly entries: readonly LeapEntry[];
  readonly expiresUnixSeconds: bigint;
  /** undefined: the file carries no hash */
  readonly hashMatches: boolean | undefined;
}

export type LeapFileResult =
  | { readonly ok: true; readonly table: LeapTable }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Reads the text of a leap-seconds.list; a bad line is named, never guessed at. */
export function parseLeapFile(text: string): LeapFileResult {
  const entries: LeapEntry[] = [];
  let expires: bigint | undefined;
  let updated = '';
  let expiry = '';
  let hashed: string | undefined;
  let digits = '';
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.trim();
    if (line.startsWith('#$')) updated = line.slice(2).trim();
    else if (line.startsWith('#@')) {
      expiry = line.slice(2).trim();
      if (!/^\d{1,12}$/.test(expiry))
        return { ok: false, line: number, message: `'${expiry}' is no expiry time` };
      expires = BigInt(expiry) - NTP_UNIX_OFFSET_SECONDS;
    } else if (line.startsWith('#h')) {
      // The file prints each of the five words without its leading zeros.
      hashed = line
        .slice(2)
        .trim()
        .split(/\s+/)
        .map((word) => word.padStart(8, '0'))
        .join('')
        .toLowerCase();
    } else if (line !== '' && !line.startsWith('#')) {
      const match = /^(\d{1,12})\s+(\d{1,3})(\s*#.*)?$/.exec(line);
      if (match === null)
        return {
          ok: false,
          line: number,
          message: `'${line.slice(0, 40)}' is no 'NTP-SECONDS TAI-OFFSET' pair`,
        };
      const fromUnixSeconds = BigInt(match[1]!) - NTP_UNIX_OFFSET_SECONDS;
      const last = entries.at(-1);
      if (last !== undefined && last.fromUnixSeconds >= fromUnixSeconds) {
        return { ok: false, line: number, message: 'the entries are not in ascending order' };
      }
      entries.push({ fromUnixSeconds, taiOffsetSeconds: Number(match[2]) });
      digits += match[1]! + match[2]!;
    }
  }
  if (entries.length === 0) return { ok: false, line: number, message: 'the file holds no leap second' };
  if (expires === undefined)
    return { ok: false, line: number, message: "the file has no expiry line ('#@')" };
  const digest = createHash('sha1')
    .update(updated + expiry + digits)
    .digest('hex');
  return {
    ok: true,
    table: {
      entries,
      expiresUnixSeconds: expires,
      hashMatches: hashed === undefined ? undefined : hashed === digest,
    },
  };
}

/** TAI - UTC at a Unix second, or undefined before the table begins. */
export function taiOffsetAt(table: LeapTable, unixSeconds: bigint): number | undefined {
  return table.entries.findLast((entry) => entry.fromUnixSeconds <= unixSeconds)?.taiOffsetSeconds;
}

/** The next change after a Unix second, if the table has one. */
export function nextLeap(
  table: LeapTable,
  unixSeconds: bigint,
): { atUnixSeconds: bigint; change: -1 | 1 } | undefined {
  const index = table.entries.findIndex((entry) => entry.fromUnixSeconds > unixSeconds);
  const next = table.entries[index];
  const before = table.entries[index - 1];
  if (next === undefined || before === undefined) return undefined;
  return {
    atUnixSeconds: next.fromUnixSeconds,
    change: next.taiOffsetSeconds > before.taiOffsetSeconds ? 1 : -1,
  };
}
