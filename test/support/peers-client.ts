/**
 * What the peer tests ask of every foreign daemon alike, whichever it is. They come from NOONMARK_TEST_PEERS
 * (scripts/peers.sh). Each daemon's own ways are peers-chrony.ts, peers-ntpd.ts and peers-openntpd.ts.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './namespace.js';
import type { Files, Program } from './peers.js';
import type { TestKey } from './peers-keys.js';

const folder = process.env['NOONMARK_TEST_PEERS'] ?? '/nonexistent';

/** A file or folder of the unpacked packages. */
export const peerPath = (path: string): string => join(folder, path);

export interface Upstream {
  readonly address: string;
  /** server (default), or peer: symmetric active mode */
  readonly kind?: 'server' | 'peer';
  /** the key used with it */
  readonly key?: TestKey;
}

export interface PeerOptions {
  readonly host: Host;
  readonly files: Files;
  /** its sources; none: it serves its own clock */
  readonly upstreams?: readonly Upstream[];
  /** keys for others to use with it */
  readonly keys?: readonly TestKey[];
  /** more lines of its configuration */
  readonly lines?: readonly string[];
}

/** What a client says of its only source. */
export interface Reading {
  /** it sets its clock by it */
  readonly selected: boolean;
  /** it has had an answer that it could use */
  readonly reachable: boolean;
  /** seconds; positive: the source is ahead */
  readonly offsetSeconds: number | undefined;
  /** none: no key is used; ok: answers are authentic; bad: they are not, or are crypto-NAKs */
  readonly authentication: 'none' | 'ok' | 'bad';
  /** what it printed */
  readonly text: string;
}

export interface Client {
  readonly program: Program;
  read(): Promise<Reading>;
}

let serial = 0;

/** A name that no file of this test has yet. */
export function unique(name: string): string {
  serial += 1;
  return `${name}-${serial}`;
}

/** Where an unpacked Debian package keeps its libraries. */
export function libraryPath(root: string): string {
  const found: string[] = [];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory() && /^(x86_64|aarch64|arm)-linux-gnu/.test(entry.name))
      found.push(join(entry.parentPath, entry.name));
  return found.join(':');
}
