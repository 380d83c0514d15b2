/**
 * What noonmark does with each word and option that it does not simply obey. One table: a key is a word ("crypto"), a word
 * and its option ("server autokey"), or "* autokey" for that option of every association. What is not listed here works.
 * Switching a feature on means deleting its lines here (Autokey's are marked AUTOKEY), and nothing else in this room.
 */

export type Support =
  /** understood; a later version acts on it */
  | { readonly state: 'later'; readonly severity: 'error' | 'warning'; readonly instead: string }
  /** means nothing here, or is done anyway: `says` is what noonmark does */
  | { readonly state: 'harmless'; readonly says: string; readonly instead: string }
  /** cannot be had: `says` is the reason */
  | { readonly state: 'refused'; readonly says: string; readonly instead: string };

const NOTHING = 'nothing: leave the line out';
const NO_OPTION = 'the line without it';

const later = (instead: string): Support => ({ state: 'later', severity: 'error', instead });
const harmless = (says: string, instead = NOTHING): Support => ({ state: 'harmless', says, instead });
const refused = (says: string, instead = NOTHING): Support => ({ state: 'refused', says, instead });

const KEYS = 'keys FILE, trustedkey N, and key N on the line (AES-128-CMAC keys are the strongest)';
const FIXED_MEMORY = 'the client table is allocated once, as large as maxmem allows';
const EARLY = 'it belongs to Autokey, where noonmark always does the safe thing';
const OLD_CRYPTO = 'a file name of ntpd before 4.2.6; the files are found by their names in keysdir';
const SAMBA = 'noonmark does not sign for Windows domains through Samba';
const UNICAST = 'it is for multicast; other packets leave with the hops of the system';
const OLD_CALL = 'noonmark spaces a burst by itself (2 s)';

export const SUPPORT: Readonly<Record<string, Support>> = {
  // The modes of many at once.
  '* xleave': later('the line without xleave'),
  'tos bcpollbstep': harmless('a broadcast must always say a later time than the one before', NO_OPTION),
  // And these are Autokey's old words, which stay out:
  'crypto sign': refused(OLD_CRYPTO, NO_OPTION),
  'crypto cert': refused(OLD_CRYPTO, NO_OPTION),
  'crypto leap': refused('the leap seconds have a word of their own', 'leapfile FILE, on a line of its own'),
  'crypto gqpar': refused(OLD_CRYPTO, NO_OPTION),
  'crypto iffpar': refused(OLD_CRYPTO, NO_OPTION),
  'crypto mvpar': refused(OLD_CRYPTO, NO_OPTION),
  'crypto privatekey': refused(OLD_CRYPTO, NO_OPTION),
  'crypto publickey': refused(OLD_CRYPTO, NO_OPTION),
  'crypto dhparms': refused(OLD_CRYPTO, NO_OPTION),
  'crypto randfile': harmless('randomness comes from the kernel', NO_OPTION),
  revoke: harmless(
    'cookies have a secret of 256 bits, which is kept for a year: ntpd 4.2.8p15 clients never recover from a new one',
  ),
  'crypto revoke': harmless('an old place of this setting', 'revoke N, on a line of its own'),

  // Other features of later versions.
  http: later(NOTHING),
  nts: later(KEYS),
  '* nts': later(KEYS),

  // Associations.
  '* preempt': harmless('pool gives up bad servers by itself; a server line is kept', NO_OPTION),
  '* mode': harmless('it is for reference clocks (server 127.127.t.u)', NO_OPTION),
  'server ttl': harmless(UNICAST, NO_OPTION),
  'pool ttl': harmless(UNICAST, NO_OPTION),
  'peer ttl': harmless(UNICAST, NO_OPTION),
  '* xmtnonce': harmless('noonmark always sends random transmit stamps', NO_OPTION),
  calldelay: harmless(OLD_CALL),
  pollskewlist: harmless('noonmark spreads its polls by itself'),
  mdnstries: harmless('noonmark does not announce itself by mDNS'),
  phone: refused('modem time services are not spoken', 'server HOST, or refclock gps device PATH'),

  // Reference clocks.
  '127.127 preempt': harmless('a reference clock is never given up', NO_OPTION),
  '127.127 iburst': harmless('a reference clock is read each second', NO_OPTION),
  '127.127 burst': harmless('a reference clock is read each second', NO_OPTION),
  '127.127 version': harmless('a reference clock sends no packets', NO_OPTION),
  '127.127 key': harmless('a reference clock sends no packets', NO_OPTION),
  'fudge abbrev': harmless("ntpq shows the driver's own name", NO_OPTION),
  'fudge minjitter': harmless('noonmark measures the jitter', NO_OPTION),
  'enable calibrate': harmless('delays of serial messages are always learned', NOTHING),

  // Access and keys.
  'restrict mssntp': refused(
    SAMBA,
    'the line without it; Windows clients then need plain NTP (manualpeerlist HOST,0x8)',
  ),
  'restrict lowpriotrap': harmless('noonmark sends no traps', NO_OPTION),
  'restrict ippeerlimit': harmless('noonmark makes no associations from packets of others', NO_OPTION),
  ntpsigndsocket: refused(SAMBA),
  controlkey: harmless('noonmark takes no changes from ntpq, with a key or without'),
  requestkey: harmless("noonmark does not speak ntpdc's protocol (mode 7)"),
  unrestrict: refused(
    'rules are not taken back in a file',
    'the restrict lines that shall hold, and no others',
  ),
  limit: refused("that is ntpsec's word", 'discard [average N] [minimum S]'),
  authenticate: refused("that is xntpd 3's word", 'enable auth, or disable auth'),
  trap: refused('traps are not sent', 'nothing: watch noonmark status --json or the log'),
  'mru minage': harmless('maxage alone decides', NO_OPTION),
  'mru initalloc': harmless(FIXED_MEMORY, NO_OPTION),
  'mru initmem': harmless(FIXED_MEMORY, NO_OPTION),
  'mru incalloc': harmless(FIXED_MEMORY, NO_OPTION),
  'mru incmem': harmless(FIXED_MEMORY, NO_OPTION),
  dscp: harmless('noonmark leaves its packets unmarked; mark them in the firewall if a router asks for it'),
  qos: harmless('noonmark leaves its packets unmarked; mark them in the firewall if a router asks for it'),

  // Switches.
  'enable kernel': harmless("noonmark's own loop steers the kernel's clock; the kernel's loop stays off"),
  'enable mode7': refused("ntpdc's protocol is not spoken", 'nothing: use ntpq or noonmark status'),
  'enable pps': harmless('the pulse is always used', 'refclock pps device /dev/pps0, if there is none yet'),
  'enable peer_clear_digest_early': harmless(EARLY, NO_OPTION),
  'disable peer_clear_digest_early': harmless(EARLY, NO_OPTION),
  'enable unpeer_crypto_early': harmless(EARLY, NO_OPTION),
  'disable unpeer_crypto_early': harmless(EARLY, NO_OPTION),
  'enable unpeer_crypto_nak_early': harmless(EARLY, NO_OPTION),
  'disable unpeer_crypto_nak_early': harmless(EARLY, NO_OPTION),
  'enable unpeer_digest_early': harmless(EARLY, NO_OPTION),
  'disable unpeer_digest_early': harmless(EARLY, NO_OPTION),

  // Clock and selection.
  'tinker dispersion': harmless('dispersion grows at 15 ppm (RFC 5905 PHI)', NO_OPTION),
  'tinker allan': harmless('the estimator finds the averaging time by itself', NO_OPTION),
  'tinker huffpuff': harmless(
    "there is no huff-n'-puff filter; the clock filter takes the shortest delays",
    NO_OPTION,
  ),
  'tinker freq': harmless(
    'the first frequency is read from the drift file',
    'the number into the file of driftfile',
  ),
  'tinker tick': harmless("the kernel's tick is left alone; the frequency is steered", NO_OPTION),
  'tinker stepback': refused('there is one threshold for both directions', 'tinker step S'),
  'tinker stepfwd': refused('there is one threshold for both directions', 'tinker step S'),
  'tos maxdisp': harmless('maxdist alone decides', NO_OPTION),
  'tos basedate': harmless('the floor of GPS weeks is the build date or the last saved time', NO_OPTION),
  tick: harmless("the kernel's tick is left alone; the frequency is steered"),
  leapsmearinterval: refused(
    'leap seconds are announced, never smeared',
    'nothing: clients follow the announcement',
  ),
  simulate: refused("ntpd's simulator is not here", 'nothing: noonmark sim has its own scenarios'),

  // Files and this machine.
  'driftfile interval': harmless(
    'noonmark writes the file seldom, when the frequency has changed',
    'driftfile FILE',
  ),
  logconfig: harmless('messages have levels, not classes: journalctl -p chooses, noonmarkd -d shows all'),
  nonvolatile: harmless('noonmark writes the drift file seldom, when the frequency has changed'),
  pidfile: harmless('systemd knows the process; no file is written'),
  saveconfigdir: harmless('ntpq cannot save a configuration here'),
  rlimit: harmless('systemd sets limits (LimitMEMLOCK= in the unit)'),
  reset: harmless('counters are zero at start'),
  setvar: harmless("ntpq is shown noonmark's own variables only"),
};

/** Chrony's, OpenNTPD's and others' words, with what to write here. */
export const FOREIGN_WORDS: Readonly<Record<string, readonly [whose: string, instead: string]>> = {
  allow: ['chrony', 'restrict ADDRESS mask MASK nomodify noquery'],
  deny: ['chrony', 'restrict ADDRESS mask MASK noserve'],
  cmdallow: ['chrony', 'restrict ADDRESS nomodify (without noquery)'],
  cmddeny: ['chrony', 'restrict ADDRESS noquery'],
  bindaddress: ['chrony', 'interface ignore all, then interface listen ADDRESS'],
  bindcmdaddress: ['chrony', 'restrict default noquery'],
  bindacqaddress: ['chrony', NOTHING],
  makestep: ['chrony', 'tinker step S'],
  rtcsync: ['chrony', 'nothing: the kernel copies a synchronised clock to the RTC'],
  rtcfile: ['chrony', NOTHING],
  local: ['chrony', 'tos orphan STRATUM, or refclock local stratum STRATUM'],
  keyfile: ['chrony', 'keys FILE'],
  commandkey: ['chrony', NOTHING],
  logdir: ['chrony', 'statsdir FOLDER'],
  log: ['chrony', 'statistics loopstats peerstats clockstats'],
  leapsectz: ['chrony', 'leapfile /usr/share/zoneinfo/leap-seconds.list'],
  leapseclist: ['chrony', 'leapfile FILE'],
  leapsecmode: ['chrony', 'nothing: the kernel inserts the second'],
  maxupdateskew: ['chrony', NOTHING],
  maxdistance: ['chrony', 'tos maxdist S'],
  minsources: ['chrony', 'tos minsane N'],
  combinelimit: ['chrony', NOTHING],
  hwtimestamp: ['chrony', 'nothing: kernel stamps are always used'],
  ratelimit: ['chrony', 'restrict default limited kod, and discard'],
  clientloglimit: ['chrony', 'mru maxmem KIB'],
  confdir: ['chrony', 'includefile FILE, for each file'],
  sourcedir: ['chrony', 'includefile FILE, for each file'],
  include: ['chrony', 'includefile FILE'],
  dumpdir: ['chrony', 'statedir FOLDER'],
  user: ['chrony', 'nothing: User= in the systemd unit'],
  lock_all: ['chrony', NOTHING],
  sched_priority: ['chrony', 'nothing: CPUSchedulingPriority= in the systemd unit'],
  servers: ['OpenNTPD', 'pool NAME'],
  sensor: ['OpenNTPD', 'refclock gps device PATH, or refclock pps device PATH'],
  listen: ['OpenNTPD', 'interface ignore all, then interface listen ADDRESS'],
  constraint: ['OpenNTPD', NOTHING],
  constraints: ['OpenNTPD', NOTHING],
  query: ['OpenNTPD', NOTHING],
  clientlimit: ['xntpd 3', 'restrict default limited kod, and discard'],
  clientperiod: ['xntpd 3', 'restrict default limited kod, and discard'],
  monitor: ['xntpd 3', 'enable monitor, or disable monitor'],
  precision: ['xntpd 3', 'nothing: the precision is measured'],
  maxskew: ['xntpd 3', NOTHING],
  resolver: ['xntpd 3', NOTHING],
  authdelay: ['xntpd 3', NOTHING],
  pps: ['xntpd 3', 'refclock pps device /dev/pps0'],
};

/** Options of other programs' server lines. */
export const FOREIGN_OPTIONS: Readonly<Record<string, readonly [whose: string, instead: string]>> = {
  offline: ['chrony', 'the line without it (noonmark asks as soon as there is a network)'],
  auto_offline: ['chrony', NO_OPTION],
  maxsources: ['chrony', 'tos maxclock N, on a line of its own'],
  maxsamples: ['chrony', NO_OPTION],
  minsamples: ['chrony', NO_OPTION],
  maxdelay: ['chrony', NO_OPTION],
  mindelay: ['chrony', NO_OPTION],
  maxdelayratio: ['chrony', NO_OPTION],
  maxdelaydevratio: ['chrony', NO_OPTION],
  maxdelayquant: ['chrony', NO_OPTION],
  presend: ['chrony', NO_OPTION],
  polltarget: ['chrony', NO_OPTION],
  minstratum: ['chrony', 'tos floor N, on a line of its own'],
  asymmetry: ['chrony', NO_OPTION],
  filter: ['chrony', NO_OPTION],
  trust: ['chrony', 'true'],
  require: ['chrony', 'prefer'],
  copy: ['chrony', NO_OPTION],
  extfield: ['chrony', NO_OPTION],
  lock: ['chrony', 'the line without it (the pulse finds its messages by itself)'],
  delay: ['chrony', 'message-delay S'],
  poll: ['chrony', 'minpoll N'],
  dpoll: ['chrony', NO_OPTION],
  rate: ['chrony', NO_OPTION],
  width: ['chrony', NO_OPTION],
  precision: ['chrony', NO_OPTION],
  weight: ['OpenNTPD', 'prefer'],
  dynamic: ['ntpd 4.2.2', NO_OPTION],
  subtype: ['ntpsec', NO_OPTION],
  bias: ['ntpsec', 'time1 S'],
  holdover: ['ntpsec', NO_OPTION],
};
