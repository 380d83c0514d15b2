/**
 * Words about the clock, the files, the log and this machine. Data only.
 */

import type { Option, Shape, Word } from './grammar.js';
import { arg, choice, file, flag, integer, many, maybe, number, option, text, word } from './grammar.js';
import type { BusRtcChip, StatisticsSet } from './types.js';

/** The sets noonmark writes. */
export const STATISTICS_SETS: readonly StatisticsSet[] = [
  ...(['loopstats', 'peerstats', 'clockstats', 'rawstats', 'sysstats', 'cryptostats'] as const),
];
/** Battery clocks that are read through I2C. */
export const BUS_RTC_CHIPS: readonly BusRtcChip[] = ['ds3231', 'rv3028'];
/** Sets of the other daemons. */
export const FOREIGN_SETS: readonly string[] = [
  'protostats',
  'timingstats',
  'usestats',
  'ntsstats',
  'ntskestats',
];
const statisticsSet: Shape = choice('a kind of statistics', ...STATISTICS_SETS, ...FOREIGN_SETS);

export const FILEGEN_TYPES = ['none', 'pid', 'day', 'week', 'month', 'year', 'age'] as const;

export const ENABLE_NAMES = ['auth', 'bclient', 'kernel', 'monitor', 'ntp', 'stats'] as const;
const enableOptions: readonly Option[] = [
  flag('auth', 'associations made by packets must be authenticated (on)'),
  flag('bclient', 'listen to broadcasts, as broadcastclient (off)'),
  flag('calibrate', 'calibrate reference clocks against the others (off)'),
  flag('kernel', "the kernel's own discipline (on)"),
  flag('mode7', 'answer ntpdc (off)'),
  flag('monitor', 'keep the client table (on)'),
  flag('ntp', 'discipline the clock (on)'),
  flag('pps', "the kernel's own pulse (an option of ntpd 4.1)"),
  flag('stats', 'write statistics (on)'),
  flag('peer_clear_digest_early', 'an Autokey switch'),
  flag('unpeer_crypto_early', 'an Autokey switch'),
  flag('unpeer_crypto_nak_early', 'an Autokey switch'),
  flag('unpeer_digest_early', 'an Autokey switch'),
];

const seconds = (max: number) => number('seconds', 0, max);

const tosOptions: readonly Option[] = [
  option('minsane', integer('a number of sources', 0, 255), 'least number of sources to be synchronised (1)'),
  option('minclock', number('a number of sources', 1, 255), 'survivors kept by clustering (3)'),
  option('maxclock', number('a number of sources', 1, 255), 'most sources of pool and manycast (10)'),
  option('ceiling', integer('a stratum', 0, 16), 'sources of this stratum and above are not used (16)'),
  option('floor', integer('a stratum', 0, 16), 'sources below this stratum are not used (0)'),
  option('cohort', { kind: 'switch', what: 'a switch' }, 'use sources of our own stratum (0)'),
  option('mindist', seconds(10), 'least distance between sources, seconds (0.001)'),
  option('maxdist', seconds(16), 'greatest distance of a usable source, seconds (1.5)'),
  option(
    'orphan',
    integer('a stratum', 1, 16),
    'serve at this stratum when every source is lost (16: never)',
  ),
  option('orphanwait', integer('seconds', 0, 86_400), 'how long sources must be lost first (300)'),
  option('beacon', integer('seconds', 0, 86_400), "interval of manycast's search"),
  option('maxdisp', seconds(16), 'greatest dispersion (ntpsec)'),
  option('basedate', text('a date or a day number', 20), 'floor of GPS weeks'),
  option('bcpollbstep', integer('a number', 0, 4), 'steps back a broadcast may make'),
];

const tinkerOptions: readonly Option[] = [
  option('step', seconds(1e6), 'offsets beyond this are stepped, seconds (0.128; 0: never)'),
  option('stepout', seconds(1e6), 'how long an offset must last before a step, seconds (300)'),
  option('panic', seconds(1e9), 'offsets beyond this end the daemon, seconds (1000; 0: never)'),
  option('dispersion', number('a rate', 0, 1), 'growth of dispersion, s/s'),
  option('allan', number('seconds or log2 seconds', 0, 1e6), 'averaging time'),
  option('huffpuff', seconds(1e6), "span of the huff-n'-puff filter, seconds"),
  option('freq', number('a frequency (ppm)', -500, 500), 'first frequency, ppm'),
  option('tick', number('seconds', 0, 1), 'tick of the kernel'),
  option('stepback', seconds(1e6), 'step threshold backwards'),
  option('stepfwd', seconds(1e6), 'step threshold forwards'),
];

const oneFile = (name: string, help: string, example: string): Word =>
  word(name, `${name} FILE`, `${name} ${example}`, help, arg('file', file));

const anyWords = (name: string, form: string, example: string, help: string): Word =>
  word(name, form, example, help, { ...many('words', text('a word')), optional: true });

export const systemWords: readonly Word[] = [
  word(
    'board',
    'board auto|simulated|ID',
    'board auto',
    'which board this is',
    arg('board', text('a board', 64)),
  ),
  word(
    'clock',
    'clock system|simulated|none',
    'clock none',
    'which clock is disciplined; none: none',
    arg('clock', choice('a clock', 'system', 'simulated', 'none')),
  ),
  word(
    'rtc',
    'rtc auto|none|/dev/rtcN|i2c-N [ds3231|rv3028]',
    'rtc /dev/rtc0',
    'clock on battery: time at the start, and set from ours; i2c-N: a chip without a kernel driver (ds3231)',
    arg('rtc', text('a battery clock', 64)),
    maybe('chip', choice('a battery clock on I2C', ...BUS_RTC_CHIPS)),
  ),
  word(
    'statedir',
    'statedir FOLDER',
    'statedir /var/lib/noonmark',
    'where state is kept',
    arg('folder', file),
  ),
  word(
    'driftfile',
    'driftfile FILE',
    'driftfile /var/lib/noonmark/drift',
    'where the frequency is kept',
    maybe('file', file),
    maybe('interval', number('a number', 0, 1e9)),
    maybe('tolerance', number('a number', 0, 1e9)),
  ),
  {
    ...oneFile('leapfile', 'the list of leap seconds', '/usr/share/zoneinfo/leap-seconds.list'),
    options: [
      flag('checkhash', 'refuse the file when its hash is wrong (so by default)'),
      flag('ignorehash', 'take the file without a look at its hash'),
    ],
  },
  word(
    'statsdir',
    'statsdir FOLDER',
    'statsdir /var/log/noonmark',
    'folder of statistics',
    arg('folder', file),
  ),
  word(
    'statistics',
    'statistics SET…',
    'statistics loopstats peerstats',
    'which statistics are written',
    many('sets', statisticsSet),
  ),
  {
    name: 'filegen',
    form: 'filegen SET [file NAME] [type TYPE] [link|nolink] [enable|disable]',
    example: 'filegen loopstats file loopstats type day enable',
    help: 'files of one kind of statistics',
    arguments: [arg('set', statisticsSet)],
    options: [
      option('file', file, 'first part of the file name (the set)'),
      option('type', choice('a period', ...FILEGEN_TYPES), 'when a new file begins (day)'),
      flag('link', 'keep a link without the date (so by default)'),
      flag('nolink', 'keep no link'),
      flag('enable', 'write it (so by default)'),
      flag('disable', 'do not write it'),
    ],
  },
  {
    name: 'tos',
    form: 'tos [minsane N] [minclock N] [maxclock N] [orphan N] …',
    example: 'tos minsane 2',
    help: 'how sources are selected',
    options: tosOptions,
    needsOption: true,
  },
  {
    name: 'tinker',
    form: 'tinker [step S] [stepout S] [panic S]',
    example: 'tinker panic 0',
    help: 'thresholds of the clock discipline',
    options: tinkerOptions,
    needsOption: true,
  },
  ...['enable', 'disable'].map(
    (name): Word => ({
      name,
      form: `${name} auth|kernel|monitor|ntp|stats…`,
      example: `${name} monitor`,
      help: `switches ${name === 'enable' ? 'on' : 'off'}`,
      options: enableOptions,
      needsOption: true,
    }),
  ),
  oneFile('logfile', 'the log goes to this file', '/var/log/noonmark.log'),
  word(
    'logconfig',
    'logconfig [=+-]CLASS…',
    'logconfig =syncall +sysevents',
    'what is logged',
    many('classes', text('a class of messages', 64)),
  ),
  oneFile('includefile', 'read another file here', '/etc/noonmark/local.conf'),
  word('end', 'end', 'end', 'what follows is not read'),
  anyWords('setvar', 'setvar NAME = VALUE [default]', 'setvar owner = us', 'a variable shown by ntpq'),
  oneFile('pidfile', 'where the process number is written', '/run/noonmark.pid'),
  oneFile('saveconfigdir', 'where ntpq saveconfig writes', '/var/lib/ntp'),
  {
    ...word('rlimit', 'rlimit [memlock MB] [stacksize PAGES] [filenum N]', 'rlimit memlock 32', 'limits'),
    options: [
      option('memlock', integer('mebibytes', -1, 2 ** 31), 'memory locked'),
      option('stacksize', integer('pages', 0, 2 ** 31), 'stack'),
      option('filenum', integer('files', 0, 2 ** 31), 'open files'),
    ],
  },
  anyWords('reset', 'reset allpeers|auth|ctl|io|mem|sys|timer…', 'reset sys', 'set counters to zero'),
  word('tick', 'tick S', 'tick 0.01', 'tick of the kernel', arg('seconds', number('seconds', 0, 1))),
  word(
    'nonvolatile',
    'nonvolatile N',
    'nonvolatile 1',
    'drift file writes',
    arg('value', number('ppm', 0, 1e6)),
  ),
  word(
    'mdnstries',
    'mdnstries N',
    'mdnstries 0',
    'tries to register with mDNS',
    arg('n', integer('tries', 0, 65535)),
  ),
  word(
    'leapsmearinterval',
    'leapsmearinterval S',
    'leapsmearinterval 0',
    'smear leap seconds',
    arg('seconds', integer('seconds', 0, 604_800)),
  ),
  word(
    'calldelay',
    'calldelay S',
    'calldelay 1',
    'pause after the first packet',
    arg('s', integer('seconds', 0, 255)),
  ),
  anyWords('pollskewlist', 'pollskewlist POLL EARLY|LATE …', 'pollskewlist default 3|3', 'spread of polls'),
  anyWords('phone', 'phone DIAL…', 'phone ATDT13034944774', 'numbers of modem time services'),
  anyWords('simulate', 'simulate { … }', 'simulate { }', "ntpd's simulator"),
];
