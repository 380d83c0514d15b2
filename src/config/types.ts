/**
 * The typed result of reading a configuration: what every other room takes. Defaults are filled in by the reader.
 */
import type { ReceiverWish } from '../ports/gps-setup.js';

/** Where a value came from, for messages. Lines and columns count from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type AssociationKind =
  | 'server'
  | 'pool'
  | 'peer'
  | 'broadcast'
  | 'broadcastclient'
  | 'multicastclient'
  | 'manycastclient'
  | 'manycastserver';

export interface AssociationConfig {
  readonly kind: AssociationKind;
  /** host name or address as written; empty for broadcastclient */
  readonly host: string;
  /** 0: either */
  readonly family: 0 | 4 | 6;
  /** UDP port of the other side (`port N`, a word of ours), 123 unless given */
  readonly port: number;
  readonly version: 1 | 2 | 3 | 4;
  readonly minpoll: number;
  readonly maxpoll: number;
  /** false: minpoll is the default; absent: as true */
  readonly minpollWritten?: boolean;
  readonly iburst: boolean;
  readonly burst: boolean;
  readonly prefer: boolean;
  readonly noselect: boolean;
  /** `true`: always survives selection */
  readonly alwaysTrue: boolean;
  readonly xleave: boolean;
  readonly key: number | undefined;
  readonly autokey: boolean;
  readonly ident: string | undefined;
  /** accept the GQ proofs of a 4.2.8p15 with stock key files from this one */
  readonly compat: boolean;
  readonly ttl: number;
  readonly origin: Origin;
}

/** Drivers of the 127.127.t.u kind and of the `refclock` form, in one shape. */
export interface RefclockConfig {
  readonly kind: 'gps' | 'pps' | 'shm' | 'sock' | 'local';
  readonly unit: number;
  /** the 127.127.t.u address shown by ntpq; for the `refclock` form one is assigned from the same families */
  readonly address: string;
  /** character device, or the socket's path for `sock` */
  readonly device: string | undefined;
  /** a second device that carries this receiver's own pulse: driver 20 with flag1 (/dev/gpsppsN), ntpsec's `ppspath` */
  readonly pulseDevice: string | undefined;
  readonly gpio: number | undefined;
  /** 'gpiochip0' or a chip's label; undefined: found by label */
  readonly gpioChip: string | undefined;
  /** sysfs (through onoff) only where the configuration asks for it */
  readonly gpioAccess: 'chardev' | 'sysfs';
  readonly baud: number | undefined;
  readonly protocol: 'auto' | 'nmea' | 'ubx';
  /** what a receiver that can be set is set to; undefined: it is left as it is */
  readonly setup: ReceiverWish | undefined;
  readonly edge: 'rising' | 'falling';
  /** fudge time1: added to the pulse's (or sample's) offset, seconds */
  readonly time1: number;
  /** fudge time2: fixed delay of the serial messages, seconds; undefined: learned */
  readonly time2: number | undefined;
  readonly stratum: number | undefined;
  /** up to four ASCII characters */
  readonly refid: string | undefined;
  readonly flags: readonly [boolean, boolean, boolean, boolean];
  readonly mode: number;
  readonly minpoll: number;
  readonly maxpoll: number;
  readonly prefer: boolean;
  readonly noselect: boolean;
  readonly alwaysTrue: boolean;
  readonly origin: Origin;
}

/** `rtc`: which battery clock. An I2C bus is only ever touched when it is named: other devices have the same address. */
export type RtcConfig =
  | { readonly kind: 'auto' | 'none' }
  /** "rtc0" */
  | { readonly kind: 'kernel'; readonly id: string }
  | BusRtc;

/** One that no kernel driver has. */
export interface BusRtc {
  readonly kind: 'i2c';
  /** N of /dev/i2c-N */
  readonly bus: number;
  readonly chip: BusRtcChip;
}
export type BusRtcChip = 'ds3231' | 'rv3028';

export type RestrictFlag =
  | 'ignore'
  | 'kod'
  | 'limited'
  | 'lowpriotrap'
  | 'mssntp'
  | 'nomodify'
  | 'nopeer'
  | 'noquery'
  | 'noserve'
  | 'notrap'
  | 'notrust'
  | 'ntpport'
  | 'version'
  | 'epeer'
  | 'noepeer'
  | 'nomrulist'
  | 'flake'
  | 'serverresponse'
  | 'autokey';

export interface RestrictRule {
  /** prefix in network order, 4 or 16 bytes */
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly flags: readonly RestrictFlag[];
  readonly origin: Origin;
}

export interface DiscardConfig {
  /** log2 s between packets, on average; 2^average seconds, default 3 */
  readonly average: number;
  /** seconds, default 2 */
  readonly minimum: number;
  readonly monitor: number;
}

/** Bounds of the client table (`mru`). */
export interface MruConfig {
  /** seconds after which an entry may be reused, default 64 */
  readonly maxAge: number;
  /** entries kept whatever their age, default 600 */
  readonly minDepth: number;
  /** most entries; undefined: as many as maxMemory holds */
  readonly maxDepth: number | undefined;
  /** kibibytes, default 1024 */
  readonly maxMemory: number;
}

export interface FilegenConfig {
  readonly set: StatisticsSet;
  readonly file: string;
  readonly type: 'none' | 'pid' | 'day' | 'week' | 'month' | 'year' | 'age';
  readonly link: boolean;
  readonly enable: boolean;
}
export type StatisticsSet =
  | 'loopstats'
  | 'peerstats'
  | 'clockstats'
  | 'rawstats'
  | 'sysstats'
  | 'cryptostats';

export interface TosConfig {
  readonly minsane: number;
  readonly minclock: number;
  readonly maxclock: number;
  readonly ceiling: number;
  readonly floor: number;
  readonly cohort: boolean;
  readonly mindist: number;
  readonly maxdist: number;
  readonly orphan: number;
  readonly orphanwait: number;
  /** s between manycast's searches while there are servers enough */
  readonly beacon: number;
}

export interface TinkerConfig {
  /** seconds; 0 disables stepping */
  readonly step: number;
  readonly stepout: number;
  /** seconds; 0 disables the panic exit */
  readonly panic: number;
  readonly dispersion: number;
  readonly allan: number;
  readonly huffpuff: number;
}

/**
 * `interface` rules, first match wins (the reader turns the file's order round: there, as with ntpd, the last line that
 * matches wins); no rules: listen; rules, but none that matches: loopback only, as with ntpd (responder/addresses.ts).
 */
export interface InterfaceRule {
  readonly action: 'listen' | 'ignore' | 'drop';
  readonly match:
    | { readonly type: 'all' | 'ipv4' | 'ipv6' | 'wildcard' }
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'prefix'; readonly address: Uint8Array; readonly prefixLength: number };
  readonly origin: Origin;
}

export interface CryptoConfig {
  readonly pw: string | undefined;
  readonly host: string | undefined;
  readonly ident: string | undefined;
  readonly digest: string | undefined;
  readonly randfile: string | undefined;
  readonly budgetPercent: number | undefined;
  /** `minimum BITS [DIGEST]`: weaker keys of others are refused; undefined: 1024 bits, SHA1 */
  readonly minimumBits: number | undefined;
  readonly minimumDigest: string | undefined;
  /** `compat ntpd-4.2.8p15` */
  readonly compat: boolean;
  readonly origin: Origin;
}

/** Autokey's settings that have words of their own, and those of the modes it lives in. */
export interface GroupConfig {
  /** identity group of broadcast clients (`ident`) */
  readonly ident: string | undefined;
  /** log2 s between new private values (`revoke`), 17 */
  readonly revoke: number;
  /** log2 s of life of a session key list (`automax`), 12 */
  readonly automax: number;
  /** round trip assumed for broadcasts, seconds; undefined or 0: measured */
  readonly broadcastDelay: number | undefined;
  /** false: `broadcastclient novolley` */
  readonly volley: boolean;
  /** hops tried by manycast, in order; empty: the default steps */
  readonly ttl: readonly number[];
}

export interface Config {
  readonly file: string;
  /** 'auto', 'simulated' or a board's id */
  readonly board: string;
  readonly clock: 'system' | 'simulated' | 'none';
  readonly port: number;
  readonly associations: readonly AssociationConfig[];
  readonly refclocks: readonly RefclockConfig[];
  readonly restrict: readonly RestrictRule[];
  /** `restrict source`: flags of the rule made for each source's address; undefined: none is made */
  readonly restrictSource: readonly RestrictFlag[] | undefined;
  readonly discard: DiscardConfig;
  readonly mru: MruConfig;
  readonly interfaces: readonly InterfaceRule[];
  readonly keysFile: string | undefined;
  readonly trustedKeys: readonly number[];
  readonly controlKey: number | undefined;
  readonly requestKey: number | undefined;
  readonly crypto: CryptoConfig | undefined;
  readonly group: GroupConfig;
  readonly keysDirectory: string | undefined;
  readonly driftFile: string | undefined;
  readonly leapFile: string | undefined;
  /** false: `leapfile FILE ignorehash` */
  readonly leapFileCheckHash: boolean;
  readonly statsDirectory: string | undefined;
  /** the sets to write; empty when `disable stats` is given */
  readonly statistics: readonly StatisticsSet[];
  /** one for each set of `statistics`, defaults filled in, and those that are named and disabled */
  readonly filegens: readonly FilegenConfig[];
  readonly tos: TosConfig;
  readonly tinker: TinkerConfig;
  readonly enable: {
    readonly auth: boolean;
    readonly bclient: boolean;
    readonly kernel: boolean;
    readonly monitor: boolean;
    readonly ntp: boolean;
    readonly stats: boolean;
  };
  readonly logFile: string | undefined;
  readonly logConfig: readonly string[];
  readonly http: { readonly address: string; readonly port: number } | undefined;
  /** where state is kept: drift, saved times, learned delays */
  readonly stateDirectory: string | undefined;
  readonly rtc: RtcConfig;
}
