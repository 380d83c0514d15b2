/**
 * What holds when the file says nothing. Sources: RFC 5905 §7.3 and appendix A.1, and ntpd 4.2.8's documentation
 * (confopt, accopt, monopt, miscopt) where the RFC is silent.
 */
import type { Config, DiscardConfig, GroupConfig, MruConfig, TinkerConfig, TosConfig } from './types.js';

/** log2 seconds, RFC 5905 MINDPOLL and MAXDPOLL as ntpd has them. */
export const DEFAULT_MINPOLL = 6;
export const DEFAULT_MAXPOLL = 10;
/**
 * Accepted range, log2 seconds: ntpd 4.2.8 raises what is below 3 to 3, ntpsec allows 0. We allow 0, for one's own
 * servers on a LAN; 17 is RFC 5905's MAXPOLL.
 */
export const LEAST_POLL = 0;
export const MOST_POLL = 17;
/** A refclock is read each second anyway; this is the interval of its filter and of its lines in clockstats: 16 s. */
export const REFCLOCK_POLL = 4;
export const DEFAULT_VERSION = 4;
/** hops of broadcast and manycast packets, ntpd's documented default */
export const DEFAULT_TTL = 127;
export const NTP_PORT = 123;
export const DEFAULT_BAUD = 9600;

/** ntpd 4.2.8 documentation, authopt. */
export const GROUP_DEFAULTS: GroupConfig = {
  ident: undefined,
  revoke: 17,
  automax: 12,
  broadcastDelay: undefined,
  volley: true,
  ttl: [],
};

export const DISCARD_DEFAULTS: DiscardConfig = { average: 3, minimum: 2, monitor: 3000 };

export const MRU_DEFAULTS: MruConfig = { maxAge: 64, minDepth: 600, maxDepth: undefined, maxMemory: 1024 };

export const TOS_DEFAULTS: TosConfig = {
  minsane: 1,
  minclock: 3,
  maxclock: 10,
  ceiling: 16,
  floor: 0,
  cohort: false,
  mindist: 0.001,
  maxdist: 1.5,
  orphan: 16,
  orphanwait: 300,
  beacon: 3600,
};

export const TINKER_DEFAULTS: TinkerConfig = {
  step: 0.128,
  stepout: 300,
  panic: 1000,
  dispersion: 15e-6,
  allan: 1500,
  huffpuff: 0,
};

export const ENABLE_DEFAULTS: Config['enable'] = {
  auth: true,
  bclient: false,
  kernel: true,
  monitor: true,
  ntp: true,
  stats: true,
};
