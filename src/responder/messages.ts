/**
 * What main and the responder's thread say to each other, besides the shared pages and rings: the memory they share,
 * commands to the thread, and notices from it. All of it survives structured clone.
 */
import type { KeyMaterial } from '../auth/mac.js';
import type { AccessTables } from '../auth/restrict.js';
import type { CookieSecrets } from '../autokey/cookie.js';
import type { SessionDigest } from '../autokey/digest.js';
import type { SocketHandle } from '../ports/packet-batch.js';

/** Words of the control page. */
export const CONTROL = {
  /** main: 1 = end the loop */
  stop: 0,
  /** main: counts commands posted; the thread looks for them when it changes */
  mail: 1,
  /** thread: counts turns of the loop */
  beats: 2,
} as const;

const CONTROL_WORDS = 8;
export const createControl = (): SharedArrayBuffer => new SharedArrayBuffer(4 * CONTROL_WORDS);

export interface SharedMemory {
  readonly control: SharedArrayBuffer;
  readonly systemPage: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly clients: SharedArrayBuffer;
  /** responder to main */
  readonly inbound: SharedArrayBuffer;
  /** main to responder */
  readonly outbound: SharedArrayBuffer;
}

export interface ResponderSettings {
  /** `discard average`, log2 s */
  readonly averageLog2: number;
  /** `discard minimum`, s */
  readonly minimumSeconds: number;
  /** `discard monitor`, s */
  readonly discardMonitor: number;
  /** `mru maxage`, s */
  readonly maxAgeSeconds: number;
  /** `enable monitor` */
  readonly monitor: boolean;
  /** requests to a multicast group are for main */
  readonly manycast: boolean;
}

export const DEFAULT_SETTINGS: ResponderSettings = {
  averageLog2: 3,
  minimumSeconds: 2,
  discardMonitor: 3000,
  maxAgeSeconds: 64,
  monitor: true,
  manycast: false,
};

/** What cookies are made of: enough to answer a client that has one, and to send the dances of others on to main. */
export interface AutokeyDoor {
  /** `crypto digest` */
  readonly digest: SessionDigest;
  readonly secrets: CookieSecrets;
}

export interface ServedSocket {
  readonly handle: SocketHandle;
  /** `interface drop`: packets are taken and thrown away */
  readonly drop: boolean;
}

/** From main. */
export type Command =
  | { readonly type: 'sockets'; readonly serial: number; readonly sockets: readonly ServedSocket[] }
  | { readonly type: 'access'; readonly tables: AccessTables }
  /** the trusted keys, all of them */
  | { readonly type: 'keys'; readonly keys: readonly KeyMaterial[] }
  | { readonly type: 'settings'; readonly settings: ResponderSettings }
  /** undefined: we have no Autokey, and its packets get a crypto-NAK */
  | { readonly type: 'autokey'; readonly autokey: AutokeyDoor | undefined };

/** From the responder's thread. */
export type Notice =
  /** the inbound ring is no longer empty */
  | { readonly type: 'inbound' }
  /** the sockets of that command are in use and no others any more */
  | { readonly type: 'sockets-applied'; readonly serial: number }
  | { readonly type: 'failed'; readonly message: string };

/** What the thread is started with. */
export interface ThreadData {
  readonly memory: SharedMemory;
  /** wakes the thread out of poll() */
  readonly eventfd: number;
  readonly seed: number;
  readonly tables: AccessTables;
  readonly settings: ResponderSettings;
}
