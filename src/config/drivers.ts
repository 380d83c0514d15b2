/**
 * Reference clock drivers by number (ntpd) and by name (ntpsec): which we have, and what to write instead of the others.
 * Source: ntpd 4.2.8, libntp/clocktypes.c; ntpsec 1.2, refclock documentation. Data only.
 */
import type { RefclockConfig } from './types.js';

/** The drivers we have. */
export const DRIVERS: ReadonlyMap<number, RefclockConfig['kind']> = new Map([
  [1, 'local'],
  [20, 'gps'],
  [22, 'pps'],
  [28, 'shm'],
]);

/** Address family of each kind: 127.127.t.u. SOCK has no number at ntpd and shows as SHM does. */
export const DRIVER_NUMBERS: Readonly<Record<RefclockConfig['kind'], number>> = {
  local: 1,
  gps: 20,
  pps: 22,
  shm: 28,
  sock: 28,
};

/** Settings of a fudge line, and `mode`, that mean something to a kind. */
export const DRIVER_SETTINGS: Readonly<Record<RefclockConfig['kind'], readonly string[]>> = {
  gps: ['time1', 'time2', 'stratum', 'refid', 'flag1', 'flag2', 'flag3', 'flag4', 'mode'],
  pps: ['time1', 'stratum', 'refid', 'flag2', 'flag3', 'flag4'],
  shm: ['time1', 'time2', 'stratum', 'refid', 'flag1', 'flag4'],
  sock: ['time1', 'stratum', 'refid'],
  local: ['stratum', 'refid'],
};
/** How a kind is called in messages. */
export const DRIVER_NAMES: Readonly<Record<RefclockConfig['kind'], string>> = {
  gps: 'a GPS receiver',
  pps: 'a pulse',
  shm: 'shared memory',
  sock: 'a socket',
  local: 'the local clock',
};

const RECEIVER = 'refclock gps device PATH baud N, with the receiver set to NMEA or UBX';
const OTHERS = 'server 127.127.28.0 or refclock sock PATH, fed by a program that reads this clock';
const GPSD = 'refclock sock /run/chrony.DEVICE.sock or server 127.127.28.0, which gpsd feeds';

const receivers: readonly (readonly [number, string])[] = [
  [9, 'Magnavox MX4200 GPS'],
  [10, 'Austron 2201A GPS'],
  [11, 'Arbiter 1088A/B GPS'],
  [16, 'Bancomm GPS/IRIG'],
  [17, 'Datum Precision Time System'],
  [21, 'TrueTime GPS-VME'],
  [26, 'HP 58503A GPS'],
  [29, 'Trimble Palisade GPS'],
  [30, 'Motorola Oncore GPS'],
  [31, 'Rockwell Jupiter GPS'],
  [42, 'Zyfer GPStarplus'],
  [43, 'RIPE NCC Trimble'],
];
const others: readonly (readonly [number, string])[] = [
  [2, 'Trak 8820'],
  [3, 'PSTI/Traconex WWV'],
  [4, 'Spectracom WWVB'],
  [5, 'TrueTime'],
  [6, 'IRIG audio'],
  [7, 'CHU audio'],
  [8, 'generic reference (PARSE)'],
  [12, 'KSI/Odetics TPRO'],
  [13, 'Leitch CSD 5300'],
  [15, 'TrueTime TM-TMD'],
  [18, 'ACTS modem'],
  [19, 'Heath WWV'],
  [23, 'PTB modem'],
  [24, 'USNO modem'],
  [27, 'Arcron MSF'],
  [32, 'Chrono-log K'],
  [33, 'dumb clock'],
  [34, 'Ultralink'],
  [35, 'Conrad DCF77'],
  [36, 'WWV audio'],
  [37, 'Forum Graphic GPS'],
  [38, 'hopf serial'],
  [39, 'hopf PCI'],
  [40, 'JJY'],
  [41, 'TrueTime 560 IRIG-B'],
  [44, 'NeoClock4X'],
  [45, 'Spectracom TSYNC PCI'],
];

/** Drivers we do not have: [name, what to write instead], by number. */
export const MISSING_DRIVERS: ReadonlyMap<number, readonly [name: string, instead: string]> = new Map<
  number,
  readonly [string, string]
>([
  ...receivers.map(([type, name]) => [type, [name, RECEIVER]] as const),
  ...others.map(([type, name]) => [type, [name, OTHERS]] as const),
  [46, ['gpsd JSON', GPSD]],
]);

/** The same for ntpsec's names. */
export const MISSING_NAMES: ReadonlyMap<string, string> = new Map<string, string>([
  ['gpsd', GPSD],
  ['gpsdjson', GPSD],
  ['nmea2', RECEIVER],
  ...['arbiter', 'hpgps', 'jupiter', 'magnavox', 'oncore', 'trimble', 'zyfer'].map(
    (name) => [name, RECEIVER] as const,
  ),
  ...[
    'generic',
    'hopfpci',
    'hopfserial',
    'hopf_s',
    'hopf_p',
    'jjy',
    'modem',
    'neoclock',
    'pcf',
    'spectracom',
  ].map((name) => [name, OTHERS] as const),
  ['truetime', OTHERS],
  ['phc', 'refclock pps device PATH, or server HOST: PTP hardware clocks are not read'],
]);

/** Line speeds of driver 20's mode bits 4 to 6 (ntpd, driver 20: mode 0x10 steps). */
export const NMEA_SPEEDS: readonly number[] = [4800, 9600, 19200, 38400, 57600, 115_200];
