/**
 * UBX-NAV-SAT (01 35): satellites, whatever the system. 8 + 12 n bytes.
 *
 *   offset  type field           unit
 *   0       U4   iTOW            ms
 *   4       U1   version         1
 *   5       U1   numSvs          n
 *   6       -    reserved (2)
 *   8+12i   U1   gnssId          0 GPS, 1 SBAS, 2 Galileo, 3 BeiDou, 4 IMES, 5 QZSS, 6 GLONASS, 7 NavIC
 *   9+12i   U1   svId
 *   10+12i  U1   cno             dB Hz
 *   11+12i  I1   elev            degrees; outside -90 .. 90: unknown
 *   12+12i  I2   azim            degrees; outside 0 .. 360: unknown
 *   14+12i  I2   prRes           0.1 m
 *   16+12i  X4   flags           3 used
 *
 * Source: u-blox M8 interface description, UBX-NAV-SAT.
 */
import type { GpsSatellite } from '../../../src/ports/gps.js';
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, i2, readFields, u1, u4, type Values, writeFields } from './layout.js';

const head = { iTowMs: u4(0), version: u1(4), count: u1(5) };
const block = {
  gnssId: u1(0),
  svId: u1(1),
  strengthDb: u1(2),
  elevation: i1(3),
  azimuth: i2(4),
  residualDm: i2(6),
  flags: u4(8),
};
const HEAD = 8;
const BLOCK = 12;

export interface NavSat {
  readonly iTowMs: number;
  readonly version: number;
  readonly satellites: readonly Values<typeof block>[];
}

export function decodeNavSat(payload: DataView): Decoded<NavSat> {
  if (payload.byteLength < HEAD) return reject('too-short');
  const { iTowMs, version, count } = readFields(head, payload);
  if (payload.byteLength < HEAD + BLOCK * count) return reject('bad-length');
  const satellites = Array.from({ length: count }, (_, i) => readFields(block, payload, HEAD + BLOCK * i));
  return accept({ iTowMs, version, satellites });
}

export function encodeNavSat(sat: NavSat): Uint8Array {
  const { payload, view } = blank(HEAD + BLOCK * sat.satellites.length);
  writeFields(head, view, { iTowMs: sat.iTowMs, version: sat.version, count: sat.satellites.length });
  for (const [i, satellite] of sat.satellites.entries())
    writeFields(block, view, satellite, HEAD + BLOCK * i);
  return payload;
}

const SYSTEMS: readonly GpsSatellite['system'][] = [
  'gps',
  'sbas',
  'galileo',
  'beidou',
  'unknown',
  'qzss',
  'glonass',
  'navic',
];

export const satellitesOfNavSat = (sat: NavSat): GpsSatellite[] =>
  sat.satellites.map((s) => ({
    system: SYSTEMS[s.gnssId] ?? 'unknown',
    id: s.svId,
    elevationDegrees: Math.abs(s.elevation) <= 90 ? s.elevation : undefined,
    azimuthDegrees: s.azimuth >= 0 && s.azimuth <= 360 ? s.azimuth : undefined,
    snrDb: s.strengthDb === 0 ? undefined : s.strengthDb,
    used: (s.flags & 8) !== 0,
  }));
