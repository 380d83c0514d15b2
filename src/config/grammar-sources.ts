/**
 * Words that name sources of time: associations with other hosts, and reference clocks in ntpd's, ntpsec's and our own form.
 * Data only.
 */
import { refclockAddress } from '../units/address.js';
import { LEAST_POLL, MOST_POLL } from './defaults.js';
import type { Option, Shape, Word } from './grammar.js';
import {
  arg,
  choice,
  file,
  flag,
  host,
  integer,
  keyId,
  many,
  maybe,
  number,
  option,
  text,
} from './grammar.js';

const poll: Shape = integer('a poll interval (log2 seconds)', LEAST_POLL, MOST_POLL);
const seconds: Shape = number('a time (seconds)', -1e6, 1e6);
const unit: Shape = integer('a unit', 0, 255);
const onOff: Shape = { kind: 'switch', what: 'a switch' };

const common: readonly Option[] = [
  option(
    'minpoll',
    poll,
    'shortest poll interval, log2 seconds (6: 64 s; 3 for a server at a private address within 1 ms)',
  ),
  option('maxpoll', poll, 'longest poll interval, log2 seconds (10: 1024 s)'),
  flag('prefer', 'preferred among the good ones'),
  flag('noselect', 'measured and shown, never used'),
  flag('true', 'always survives selection'),
];

export const associationOptions: readonly Option[] = [
  ...common,
  option('key', keyId, 'authenticate with this key of the keys file'),
  flag('autokey', 'authenticate with Autokey (RFC 5906)'),
  flag('burst', 'eight packets instead of one while reachable'),
  flag('iburst', 'eight packets at once while unreachable'),
  option('version', integer('an NTP version', 1, 4), 'NTP version of the packets sent (4)'),
  option('port', integer('a UDP port', 1, 65535), 'UDP port of the other side (123)'),
  flag('preempt', 'may be given up for a better one'),
  option('ttl', integer('a number of hops', 1, 255), 'hops of multicast packets (127)'),
  option('mode', integer('a mode', 0, 0xffffffff), 'for reference clocks'),
  flag('xleave', 'interleaved mode'),
  option('ident', text('a group name', 255), 'Autokey group of the other side'),
  option('compat', choice('a daemon', 'ntpd-4.2.8p15'), 'accept GQ proofs of stock key files of that daemon'),
  flag('xmtnonce', 'random transmit stamps'),
  flag('nts', 'authenticate with NTS (RFC 8915)'),
];

/** `server 127.127.t.u` */
export const refclockAddressOptions: readonly Option[] = [
  ...common,
  option('mode', integer('a mode', 0, 0xffffffff), "the driver's mode bits"),
  flag('preempt', 'may be given up for a better one'),
  flag('iburst', 'means nothing for a reference clock'),
  flag('burst', 'means nothing for a reference clock'),
  option('version', integer('an NTP version', 1, 4), 'means nothing for a reference clock'),
  option('key', keyId, 'means nothing for a reference clock'),
];

const fudgeOptions: readonly Option[] = [
  option('time1', seconds, 'added to the offset, seconds'),
  option('time2', seconds, 'delay of the serial messages, seconds (learned when absent)'),
  option('stratum', integer('a stratum', 0, 16), 'stratum shown (0)'),
  option('refid', text('a reference identifier', 4), 'one to four ASCII characters'),
  option('flag1', onOff, "the driver's flag 1"),
  option('flag2', onOff, "the driver's flag 2"),
  option('flag3', onOff, "the driver's flag 3"),
  option('flag4', onOff, "the driver's flag 4"),
];

/** What every `refclock` form takes: ntpsec's options and ours. */
const refclockCommon: readonly Option[] = [
  ...common,
  ...fudgeOptions,
  option('unit', unit, 'unit number, as in 127.127.t.u'),
  option('offset', seconds, 'added to the offset, seconds (time1)'),
];
const path: readonly Option[] = [
  option('device', file, 'the device'),
  option('path', file, "the device (ntpsec's word)"),
];
const gps: readonly Option[] = [
  ...refclockCommon,
  ...path,
  option('baud', integer('a line speed', 300, 4_000_000), 'bits per second (9600)'),
  option('protocol', choice('a protocol', 'auto', 'nmea', 'ubx'), 'what the receiver speaks (auto)'),
  option(
    'message-delay',
    number('a time (seconds)', 0, 2),
    'delay of the messages behind the pulse (learned)',
  ),
  option('ppspath', file, "the device of this receiver's own pulse"),
  option(
    'configure',
    choice('a way', 'auto', 'no'),
    'set u-blox and MediaTek receivers at each start (auto)',
  ),
  option('speed', integer('a line speed', 4800, 921_600), 'set the receiver, and the line, to that speed'),
  option('position', text('a position', 80), 'auto, survey, none (it moves) or LAT,LON,HEIGHT (auto)'),
  option('survey', integer('a time (seconds)', 60, 864_000), 'least length of a survey-in, seconds (3600)'),
  option('elevation-mask', integer('an angle (degrees)', 0, 60), 'leave lower satellites out (10)'),
  option('cable-delay', number('a time (seconds)', 0, 32e-6), "of the antenna's cable, for the receiver"),
  flag('save', 'store the settings in the receiver as well'),
  option('mode', integer('a mode', 0, 0xffffffff), 'mode bits of the NMEA driver'),
];
const pps: readonly Option[] = [
  ...refclockCommon,
  ...path,
  option('gpio', integer('a GPIO line', 0, 1023), 'a line of the GPIO chip instead of a device'),
  option('chip', text('a GPIO chip', 64), "gpiochipN or the chip's label (found by itself)"),
  option('access', choice('a way', 'chardev', 'sysfs'), 'sysfs: the old interface, for old kernels only'),
  option('edge', choice('an edge', 'rising', 'falling'), 'the edge that marks the second (rising)'),
  option('ppspath', file, "the device (ntpsec's word)"),
];
const shm: readonly Option[] = [
  ...refclockCommon,
  option('mode', integer('a mode', 0, 0xffffffff), 'mode bits of the SHM driver'),
];

/** Options of `refclock NAME`; undefined: no such form here. */
export const REFCLOCK_FORMS: ReadonlyMap<string, readonly Option[]> = new Map([
  ['gps', gps],
  ['nmea', gps],
  ['pps', pps],
  ['shm', shm],
  ['sock', [...refclockCommon, ...path]],
  ['local', refclockCommon],
]);

const association = (name: string, help: string, example: string): Word => ({
  name,
  form: `${name} [-4|-6] HOST [key N] [iburst] [prefer] [minpoll N] [maxpoll N] …`,
  example,
  help,
  family: true,
  arguments: [arg('host', host)],
  options: associationOptions,
});

export const sourceWords: readonly Word[] = [
  {
    ...association(
      'server',
      'a server to follow, or a reference clock 127.127.t.u',
      'server ntp1.example.net iburst',
    ),
    optionsFor: (first) =>
      refclockAddress(first) === undefined ? associationOptions : refclockAddressOptions,
  },
  association('pool', 'a name that stands for many servers', 'pool 2.pool.ntp.org iburst'),
  association('peer', 'another server as an equal (symmetric mode)', 'peer 192.0.2.7 key 1'),
  association('broadcast', 'send time to a broadcast or multicast address', 'broadcast 192.0.2.255 key 1'),
  association('manycastclient', 'look for servers with multicast', 'manycastclient 239.1.2.3 key 1'),
  {
    name: 'broadcastclient',
    form: 'broadcastclient',
    example: 'broadcastclient',
    help: 'take time from broadcast servers',
    options: [flag('novolley', 'without measuring the delay first')],
  },
  {
    name: 'multicastclient',
    form: 'multicastclient ADDRESS…',
    example: 'multicastclient 224.0.1.1',
    help: 'take time from multicast servers',
    arguments: [{ ...many('address', host), optional: true }],
  },
  {
    name: 'manycastserver',
    form: 'manycastserver ADDRESS…',
    example: 'manycastserver 239.1.2.3',
    help: 'answer clients that look for servers with multicast',
    arguments: [many('address', host)],
  },
  ...['unpeer', 'unconfig'].map(
    (name): Word => ({
      name,
      form: `${name} [-4|-6] HOST`,
      example: `${name} ntp1.example.net`,
      help: 'take back a source named before',
      family: true,
      arguments: [arg('host', host), maybe('clock', text('the name of a clock'))],
      options: [option('unit', unit, 'unit of the clock')],
    }),
  ),
  {
    name: 'refclock',
    form: 'refclock gps|pps|shm|sock|local [options]',
    example: 'refclock gps device /dev/serial0 baud 9600',
    help: 'a reference clock: a GPS receiver, a pulse, shared memory, a socket, or this clock itself',
    arguments: [
      arg('driver', text('the kind of clock: gps, pps, shm, sock or local')),
      maybe('place', text('a device, a socket or a unit')),
    ],
    optionsFor: (first) => REFCLOCK_FORMS.get(first.toLowerCase()),
  },
  {
    name: 'fudge',
    form: 'fudge 127.127.t.u [time1 S] [time2 S] [stratum N] [refid ID] [flag1 0|1] …',
    example: 'fudge 127.127.20.0 flag1 1 refid GPS',
    help: 'settings of a reference clock',
    arguments: [arg('clock', text('the address of a reference clock, 127.127.t.u', 64))],
    options: [
      ...fudgeOptions,
      option('abbrev', text('a name', 20), 'name of the clock in ntpq'),
      option('minjitter', number('a time (seconds)', 0, 1), 'least jitter assumed'),
    ],
    needsOption: true,
  },
  {
    name: 'device',
    form: 'device 127.127.t.u [timedata PATH] [ppsdata PATH]',
    example: 'device 127.127.20.0 timedata /dev/ttyAMA0 ppsdata /dev/pps0',
    help: 'the devices of a reference clock, instead of /dev/gpsN and /dev/gpsppsN',
    arguments: [arg('clock', text('the address of a reference clock, 127.127.t.u', 64))],
    options: [
      option('timedata', file, 'device of the serial messages'),
      option('ppsdata', file, 'device of the pulse'),
    ],
    needsOption: true,
  },
];
