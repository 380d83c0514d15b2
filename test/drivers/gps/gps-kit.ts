/** What the GPS tests build streams with. */
import { createGpsDecoder, type GpsDecoderOptions } from '../../../drivers/gps/decoder.js';
import { encodeGga } from '../../../drivers/gps/nmea/gga.js';
import { encodeGll } from '../../../drivers/gps/nmea/gll.js';
import { encodeRmc } from '../../../drivers/gps/nmea/rmc.js';
import { encodeSentence } from '../../../drivers/gps/nmea/sentence.js';
import { encodeZda } from '../../../drivers/gps/nmea/zda.js';
import { UBX } from '../../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { encodeNavPvt, type NavPvt } from '../../../drivers/gps/ubx/nav-pvt.js';
import type { GpsEpoch, GpsEvent } from '../../../src/ports/gps.js';

export const NS = 1_000_000_000n;
/** 2026-11-23T12:00:00Z */
export const NOON = BigInt(Date.UTC(2026, 10, 23, 12)) * 1_000_000n;

export const sentence = (talker: string, type: string, fields: readonly string[]): Buffer =>
  Buffer.from(`${encodeSentence({ talker, type, fields })}\r\n`);

const parts = (timeNs: bigint) => ({
  day: Number(timeNs / (86_400n * NS)),
  ofDayNs: Number(timeNs % (86_400n * NS)),
});

export const rmc = (timeNs: bigint, status: 'A' | 'V' = 'A', digits = 2): Buffer =>
  sentence(
    'GP',
    'RMC',
    encodeRmc(
      { ...parts(timeNs), status, mode: status === 'A' ? 'A' : 'N', latDegrees: 48.1, lonDegrees: 11.5 },
      digits,
    ),
  );

export const zda = (timeNs: bigint): Buffer => sentence('GP', 'ZDA', encodeZda(parts(timeNs)));

export const gga = (timeNs: bigint, quality = 1): Buffer =>
  sentence(
    'GP',
    'GGA',
    encodeGga({
      ofDayNs: parts(timeNs).ofDayNs,
      quality,
      satellitesUsed: 9,
      latDegrees: 48.1,
      lonDegrees: 11.5,
      altM: 520,
    }),
  );

export const gll = (timeNs: bigint, status: 'A' | 'V' = 'A'): Buffer =>
  sentence(
    'GP',
    'GLL',
    encodeGll({
      ofDayNs: parts(timeNs).ofDayNs,
      status,
      mode: 'A',
      latDegrees: 48.1,
      lonDegrees: 11.5,
    }),
  );

const GPS_EPOCH = 315_964_800n * NS;
export const iTowOf = (timeNs: bigint, leap = 18): number =>
  Number(((timeNs + BigInt(leap) * NS - GPS_EPOCH) / 1_000_000n) % 604_800_000n);
export const weekOf = (timeNs: bigint, leap = 18): number =>
  Number((timeNs + BigInt(leap) * NS - GPS_EPOCH) / (604_800n * NS));

export function pvtOf(timeNs: bigint, change: Partial<NavPvt> = {}): NavPvt {
  const date = new Date(Number(timeNs / 1_000_000n));
  return {
    iTowMs: iTowOf(timeNs),
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    valid: 7,
    accuracyNs: 25,
    nanoNs: Number(timeNs % NS),
    fixType: 3,
    flags: 1,
    flags2: 0xe0,
    satellitesUsed: 12,
    lonE7: 115_000_000,
    latE7: 481_000_000,
    heightMm: 567_000,
    heightMslMm: 520_000,
    horizontalAccuracyMm: 1500,
    verticalAccuracyMm: 2500,
    velocityNorth: -3,
    velocityEast: 4,
    velocityDown: 5,
    groundSpeed: 5,
    headingE5: -100,
    speedAccuracy: 60,
    headingAccuracyE5: 1_000_000,
    pdopE2: 150,
    ...change,
  };
}

export const pvt = (timeNs: bigint, change: Partial<NavPvt> = {}): Uint8Array =>
  encodeUbx(UBX.NAV_PVT, encodeNavPvt(pvtOf(timeNs, change)));

export const eventsOf = (
  stream: readonly Uint8Array[],
  options: Partial<GpsDecoderOptions> = {},
): GpsEvent[] => {
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto', ...options });
  const events = stream.flatMap((bytes, i) => [...decoder.feed(bytes, BigInt(i))]);
  return [...events, ...decoder.end()];
};

export const epochsOf = (
  stream: readonly Uint8Array[],
  options: Partial<GpsDecoderOptions> = {},
): GpsEpoch[] => eventsOf(stream, options).flatMap((event) => (event.type === 'epoch' ? [event.epoch] : []));

/** "12:00:01.000 RMC" and the like: short enough to compare lists of. */
export const brief = (epoch: GpsEpoch): string =>
  `${new Date(Number(epoch.timeNs / 1_000_000n)).toISOString().slice(11, 23)} ${epoch.from}${epoch.valid ? '' : ' invalid'}${epoch.leapSecondNow ? ' leap' : ''}`;
