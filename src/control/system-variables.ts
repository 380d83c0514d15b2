/**
 * System variables of mode 6: `rv`, sysinfo, sysstats, monstats, iostats, authinfo, kerninfo, timerstats.
 * Names, their order and their formats: ntpd 4.2.8p15 (shared/reference/autokey-reference.md §11). A name that ntpd
 * knows and of which noonmark has nothing to tell is known here too and answered by leaving it out.
 */
import type { Counters, DancesView } from '../status/view.js';
import type { ControlContext } from './context.js';
import {
  addressPort,
  calendarMinute,
  count,
  finely,
  hex,
  integer,
  milliseconds,
  partsPerMillion,
  refid,
  timestamp,
} from './format.js';
import { listOf, quote, type Variable, type VariableTable } from './variables.js';

type SystemVariable = Variable<ControlContext>;

const nothing: SystemVariable = () => undefined;
const zero: SystemVariable = () => '0';
const uptime: SystemVariable = ({ system }) => count(system.uptimeSeconds);
const counter =
  (pick: (counters: Counters) => number): SystemVariable =>
  ({ counters }) =>
    count(pick(counters));
const kibibytes = (entries: number, { own }: ControlContext): string =>
  count(Math.round((entries * own.mru.entryBytes) / 1024));

/** What the kernel's clock is told about leap and synchronisation, in the words of ntpd's kstflags. */
function kernelFlags({ system }: ControlContext): string {
  const flags = system.leap === 1 ? ['ins'] : system.leap === 2 ? ['del'] : [];
  if (system.stratum >= 16) flags.push('unsync');
  return quote([...flags, 'nano'].join(' '));
}

const basic: VariableTable<ControlContext> = {
  leap: ({ system }) => count(system.leap),
  stratum: ({ system }) => count(system.stratum),
  precision: ({ system }) => integer(system.precisionLog2),
  rootdelay: ({ system }) => milliseconds(system.rootDelaySeconds),
  rootdisp: ({ system }) => milliseconds(system.rootDispersionSeconds),
  refid: ({ system }) => refid(system.refid, system.stratum),
  reftime: ({ system }) => timestamp(system.referenceTimeNs),
  tc: ({ system }) => integer(system.pollLog2),
  peer: ({ systemPeer }) => count(systemPeer?.id ?? 0),
  offset: ({ system }) => finely(system.offsetSeconds),
  frequency: ({ system }) => partsPerMillion(system.frequency),
  sys_jitter: ({ system }) => finely(system.systemJitterSeconds),
  clk_jitter: ({ system }) => milliseconds(system.clockJitterSeconds),
  clock: ({ system }) => timestamp(system.nowNs),
  processor: ({ system }) => quote(system.processor),
  system: ({ system }) => quote(system.system),
  version: ({ system }) => quote(system.version),
  clk_wander: ({ system }) => partsPerMillion(system.clockWander),
  sys_var_list: () => listOf(SYSTEM_VARIABLES),
  tai: ({ system }) => (system.taiOffsetSeconds ? integer(system.taiOffsetSeconds) : undefined),
  leapsec: ({ system }) => (system.leapAtNs === undefined ? undefined : calendarMinute(system.leapAtNs)),
  expire: ({ system }) =>
    system.leapFileExpiresNs === undefined ? undefined : calendarMinute(system.leapFileExpiresNs),
  mintc: ({ system }) => integer(system.minimumPollLog2),
};

/** Of Autokey; nothing is said without keys. */
const autokey: VariableTable<ControlContext> = {
  host: ({ autokey: own }) => own && quote(own.host),
  ident: ({ autokey: own }) => (own?.ident === undefined ? undefined : quote(own.ident)),
  flags: ({ autokey: own }) => own && hex(own.flags),
  digest: ({ autokey: own }) => own && quote(own.digest.toLowerCase()),
  signature: ({ autokey: own }) => own && quote(own.signature),
  update: ({ autokey: own }) => (own?.updatedNs === undefined ? undefined : calendarMinute(own.updatedNs)),
  // Pairs, newest first; `until` cannot be asked for by itself.
  cert: ({ autokey: own }) =>
    own?.certificates.flatMap(({ subject, issuer, flags, untilNs }) => [
      `cert=${quote(`${subject} ${issuer} ${hex(flags)}`)}`,
      `until=${calendarMinute(untilNs) ?? ''}`,
    ]),
};

const dance =
  (pick: (dances: DancesView) => number): SystemVariable =>
  ({ autokey: own }) =>
    own?.dances && count(pick(own.dances));

/** Ours alone, and shown only when asked for: clients that dance with this host. */
const dances: VariableTable<ControlContext> = {
  ak_requests: dance((d) => d.requests),
  ak_answers: dance((d) => d.answers),
  ak_faults: dance((d) => d.faults),
  ak_notallowed: dance((d) => d.notAllowed),
  ak_waiting: dance((d) => d.waiting),
  ak_superseded: dance((d) => d.superseded),
  ak_crowded: dance((d) => d.crowded),
  ak_late: dance((d) => d.late),
  ak_longin: dance((d) => d.longBytesIn),
  ak_longout: dance((d) => d.longBytesOut),
  ak_budget: dance((d) => 100 * d.share),
  ak_busy: ({ autokey: own }) => own?.dances && finely(own.dances.busySeconds),
  ak_refill: ({ autokey: own }) => own?.dances && finely(own.dances.refillSeconds),
};

const monitor: VariableTable<ControlContext> = {
  mru_enabled: ({ own }) => hex(own.mru.enabled ? 1 : 0),
  mru_depth: ({ clientTable }) => count(clientTable.entries),
  // Entries are given up only for newcomers, so the table is never smaller than it was.
  mru_deepest: ({ clientTable }) => count(clientTable.entries),
  mru_mindepth: ({ own }) => count(own.mru.minDepth),
  mru_maxage: ({ own }) => count(own.mru.maxAgeSeconds),
  mru_maxdepth: ({ clientTable }) => count(clientTable.capacity),
  mru_mem: (context) => kibibytes(context.clientTable.entries, context),
  mru_maxmem: (context) => kibibytes(context.clientTable.capacity, context),
};

const statistics: VariableTable<ControlContext> = {
  ss_uptime: uptime,
  ss_reset: uptime,
  ss_received: counter((c) => c.received),
  ss_thisver: counter((c) => c.thisVersion),
  ss_oldver: counter((c) => c.oldVersion),
  ss_badformat: counter((c) => c.badFormat),
  ss_badauth: counter((c) => c.badAuthentication),
  ss_declined: counter((c) => c.declined),
  ss_restricted: counter((c) => c.restricted),
  ss_limited: counter((c) => c.rateLimited),
  ss_kodsent: counter((c) => c.kodSent),
  ss_processed: counter((c) => c.processed),
  peeradr: ({ systemPeer }) =>
    systemPeer === undefined
      ? '0.0.0.0:0'
      : addressPort(systemPeer.view.address || '0.0.0.0', systemPeer.view.port),
  peermode: ({ systemPeer }) => count(systemPeer?.view.hostMode ?? 0),
  bcastdelay: nothing,
  authdelay: () => '0.000',
};

const authentication: VariableTable<ControlContext> = {
  authkeys: ({ view }) => count(view.keys().loaded),
  authfreek: nothing,
  authklookups: counter((c) => c.authenticated + c.badAuthentication),
  authknotfound: nothing,
  authkuncached: zero,
  authkexpired: zero,
  authencrypts: counter((c) => c.authenticated),
  authdecrypts: counter((c) => c.authenticated + c.badAuthentication),
  authreset: uptime,
};

/** noonmark steers by frequency alone and never uses the kernel's own loops: those of the PPS stay at 0. */
const kernel: VariableTable<ControlContext> = {
  koffset: ({ system }) => finely(system.offsetSeconds),
  kfreq: ({ system }) => partsPerMillion(system.frequency),
  kmaxerr: ({ system }) => finely(system.rootDelaySeconds / 2 + system.rootDispersionSeconds),
  kesterr: ({ view }) => finely(view.discipline().boundSeconds),
  kstflags: kernelFlags,
  ktimeconst: ({ system }) => integer(system.pollLog2),
  kprecis: ({ system }) => finely(2 ** system.precisionLog2),
  kfreqtol: () => '500',
  kppsfreq: zero,
  kppsstab: zero,
  kppsjitter: zero,
  kppscalibdur: zero,
  kppscalibs: zero,
  kppscaliberrs: zero,
  kppsjitexc: zero,
  kppsstbexc: zero,
};

const inputOutput: VariableTable<ControlContext> = {
  iostats_reset: uptime,
  total_rbuf: nothing,
  free_rbuf: nothing,
  used_rbuf: nothing,
  rbuf_lowater: nothing,
  io_dropped: counter((c) => c.droppedInput),
  io_ignored: counter((c) => c.restricted),
  io_received: counter((c) => c.received),
  io_sent: counter((c) => c.sent),
  io_sendfailed: counter((c) => c.sendFailures),
  io_wakeups: nothing,
  io_goodwakeups: nothing,
  timerstats_reset: uptime,
  timer_overruns: zero,
  timer_xmts: nothing,
  fuzz: nothing,
  clk_wander_threshold: nothing,
  leapsmearinterval: nothing,
  leapsmearoffset: nothing,
};

/** Asked for by ntpsec's ntpq, unknown to ntpd 4.2.8p15. Those without an answer spare it asking for each by itself. */
const ofNtpsec: VariableTable<ControlContext> = {
  ...Object.fromEntries(
    [
      'ss_ver1',
      'ss_ver1client',
      'ss_ver1zero',
      'ss_ver1symm',
      'mru_hashslots',
      'mru_minage',
      'mru_exists',
      'mru_new',
      'mru_recycleold',
      'mru_recyclefull',
      'mru_none',
      'authdigestencrypts',
      'authcmacencrypts',
      'authdigestdecrypts',
      'authdigestfails',
      'authcmacdecrypts',
      'authcmacfails',
    ].map((name) => [name, nothing]),
  ),
  rootdist: ({ system }) => milliseconds(system.rootDelaySeconds / 2 + system.rootDispersionSeconds),
  ss_numctlreq: ({ own }) => count(own.requests),
  mru_oldest_age: ({ clientTable }) => count(clientTable.oldestSeconds),
};

/** ntpsec's ntpq asks for each count of sysstats twice: since the start and, `_r`, since the last reset. There is none. */
const sinceReset: VariableTable<ControlContext> = Object.fromEntries(
  Object.entries({ ...statistics, ...ofNtpsec })
    .filter(([name]) => name.startsWith('ss_'))
    .map(([name, variable]) => [`${name}_r`, variable]),
);

export const SYSTEM_VARIABLES: VariableTable<ControlContext> = {
  ...basic,
  ...autokey,
  ...dances,
  ...monitor,
  ...statistics,
  ...authentication,
  ...kernel,
  ...inputOutput,
  ...ofNtpsec,
  ...sinceReset,
};

/** What `rv` shows without a list, in ntpd's order. */
export const DEFAULT_SYSTEM_VARIABLES: readonly string[] = [
  'version',
  'processor',
  'system',
  'leap',
  'stratum',
  'precision',
  'rootdelay',
  'rootdisp',
  'refid',
  'reftime',
  'clock',
  'peer',
  'tc',
  'mintc',
  'offset',
  'frequency',
  'sys_jitter',
  'clk_jitter',
  'clk_wander',
  'tai',
  'leapsec',
  'expire',
  'host',
  'ident',
  'flags',
  'digest',
  'signature',
  'update',
  'cert',
];
