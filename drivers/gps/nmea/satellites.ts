/**
 * Which system a satellite number of GSA and GSV belongs to: by talker, NMEA 4.1 system id, or the number's range.
 * Source: NMEA 0183 v4.10 (system ids, ranges), u-blox M8 interface description, "Satellite numbering".
 */
import type { GpsSatellite } from '../../../src/ports/gps.js';

export type SatelliteSystem = GpsSatellite['system'];

const BY_TALKER: Readonly<Record<string, SatelliteSystem>> = {
  GP: 'gps',
  GL: 'glonass',
  GA: 'galileo',
  GB: 'beidou',
  BD: 'beidou',
  GQ: 'qzss',
  QZ: 'qzss',
  PQ: 'qzss',
  GI: 'navic',
};

const BY_SYSTEM_ID: Readonly<Record<string, SatelliteSystem>> = {
  '1': 'gps',
  '2': 'glonass',
  '3': 'galileo',
  '4': 'beidou',
  '5': 'qzss',
  '6': 'navic',
};

/** `systemId`: the last field of GSA since NMEA 4.1, hex; empty when absent. */
export function satelliteSystem(talker: string, id: number, systemId: string): SatelliteSystem {
  const named = BY_SYSTEM_ID[systemId] ?? BY_TALKER[talker];
  // SBAS and others are sent under the GPS talker with numbers of their own.
  if (named !== undefined && named !== 'gps') return named;
  if (id >= 1 && id <= 32) return 'gps';
  if ((id >= 33 && id <= 64) || (id >= 120 && id <= 158)) return 'sbas';
  if (id >= 65 && id <= 99) return 'glonass';
  if (id >= 193 && id <= 202) return 'qzss';
  if ((id >= 201 && id <= 263) || (id >= 401 && id <= 437)) return 'beidou';
  if (id >= 301 && id <= 336) return 'galileo';
  return named ?? 'unknown';
}
