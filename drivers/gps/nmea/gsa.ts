/**
 * GSA, satellites used and kind of fix. One sentence for each system, up to twelve satellites each.
 *
 *   field  content
 *   0      M manual, A automatic choice of 2D or 3D
 *   1      1 no fix, 2 2D, 3 3D
 *   2-13   numbers of the satellites used, empty where fewer (MTK-3301 sends more fields)
 *   14-16  PDOP, HDOP, VDOP
 *   17     system id (NMEA 4.1)
 *
 * Source: NMEA 0183 v4.10, GSA.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { type SatelliteSystem, satelliteSystem } from './satellites.js';

export interface Gsa {
  readonly fix: 1 | 2 | 3;
  readonly used: readonly { readonly system: SatelliteSystem; readonly id: number }[];
}

const SLOTS = 12;

export function decodeGsa(talker: string, fields: readonly string[]): Decoded<Gsa> {
  if (fields.length < 2 + SLOTS) return reject('too-short');
  const fix = Number(fields[1]);
  if (fix !== 1 && fix !== 2 && fix !== 3) return reject('bad-field');
  const ids = fields.slice(2, 2 + SLOTS).filter((text) => text !== '');
  if (ids.some((text) => !/^\d{1,3}$/.test(text))) return reject('bad-field');
  const systemId = fields[17] ?? '';
  const used = ids.map(Number).filter((id) => id > 0);
  return accept({ fix, used: used.map((id) => ({ system: satelliteSystem(talker, id, systemId), id })) });
}

/** Fields of a GSA with empty dilutions. */
export function encodeGsa(gsa: Gsa): string[] {
  const ids = gsa.used.slice(0, SLOTS).map(({ id }) => String(id).padStart(2, '0'));
  return ['A', String(gsa.fix), ...ids, ...Array(SLOTS - ids.length).fill(''), '', '', ''];
}
