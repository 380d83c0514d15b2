/**
 * UBX-NAV-SVINFO (01 30): satellites of receivers before NAV-SAT (u-blox 4 to 7; deprecated). 8 + 12 n bytes.
 *
 *   offset  type field           unit
 *   0       U4   iTOW            ms
 *   4       U1   numCh           n
 *   5       X1   globalFlags
 *   6       -    reserved (2)
 *   8+12i   U1   chn             255: not on a channel
 *   9+12i   U1   svid            1-32 GPS, 33-64 and 159-163 BeiDou, 65-96 and 255 GLONASS, 120-158 SBAS, 193-197 QZSS,
 *                                211-246 Galileo
 *   10+12i  X1   flags           0 used
 *   11+12i  X1   quality
 *   12+12i  U1   cno             dB Hz
 *   13+12i  I1   elev            degrees
 *   14+12i  I2   azim            degrees
 *   16+12i  I4   prRes           cm
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-NAV-SVINFO, "Satellite numbering".
 */
import type { GpsSatellite } from '../../../src/ports/gps.js';
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, i2, i4, readFields, u1, u4, type Values, writeFields } from './layout.js';

const head = { iTowMs: u4(0), count: u1(4), flags: u1(5) };
const block = {
  channel: u1(0),
  svId: u1(1),
  flags: u1(2),
  quality: u1(3),
  strengthDb: u1(4),
  elevation: i1(5),
  azimuth: i2(6),
  residualCm: i4(8),
};
const HEAD = 8;
const BLOCK = 12;

export interface NavSvInfo {
  readonly iTowMs: number;
  readonly flags: number;
  readonly channels: readonly Values<typeof block>[];
}

export function decodeNavSvInfo(payload: DataView): Decoded<NavSvInfo> {
  if (payload.byteLength < HEAD) return reject('too-short');
  const { iTowMs, flags, count } = readFields(head, payload);
  if (payload.byteLength < HEAD + BLOCK * count) return reject('bad-length');
  const channels = Array.from({ length: count }, (_, i) => readFields(block, payload, HEAD + BLOCK * i));
  return accept({ iTowMs, flags, channels });
}

export function encodeNavSvInfo(info: NavSvInfo): Uint8Array {
  const { payload, view } = blank(HEAD + BLOCK * info.channels.length);
  writeFields(head, view, { iTowMs: info.iTowMs, count: info.channels.length, flags: info.flags });
  for (const [i, channel] of info.channels.entries()) writeFields(block, view, channel, HEAD + BLOCK * i);
  return payload;
}

function systemOf(svId: number): GpsSatellite['system'] {
  if (svId >= 1 && svId <= 32) return 'gps';
  if ((svId >= 33 && svId <= 64) || (svId >= 159 && svId <= 163)) return 'beidou';
  if ((svId >= 65 && svId <= 96) || svId === 255) return 'glonass';
  if (svId >= 120 && svId <= 158) return 'sbas';
  if (svId >= 193 && svId <= 202) return 'qzss';
  return svId >= 211 && svId <= 246 ? 'galileo' : 'unknown';
}

export const satellitesOfSvInfo = (info: NavSvInfo): GpsSatellite[] =>
  info.channels.map((c) => ({
    system: systemOf(c.svId),
    id: c.svId,
    elevationDegrees: Math.abs(c.elevation) <= 90 ? c.elevation : undefined,
    azimuthDegrees: c.azimuth >= 0 && c.azimuth <= 360 ? c.azimuth : undefined,
    snrDb: c.strengthDb === 0 ? undefined : c.strengthDb,
    used: (c.flags & 1) !== 0,
  }));
