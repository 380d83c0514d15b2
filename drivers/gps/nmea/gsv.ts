/**
 * GSV, satellites in view: one part of a list, four satellites a sentence, one list for each system (and signal).
 *
 *   field  content
 *   0, 1   parts, number of this part (1 …)
 *   2      satellites in view
 *   3 + 4i number, elevation (degrees), azimuth (degrees), C/N0 (dB Hz); any but the number may be empty
 *   last   signal id (NMEA 4.1), when one field is left over
 *
 * Source: NMEA 0183 v4.10, GSV.
 */
import type { GpsSatellite } from '../../../src/ports/gps.js';
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { countField, numberField } from './fields.js';
import { satelliteSystem } from './satellites.js';

export interface Gsv {
  readonly parts: number;
  readonly part: number;
  readonly signal: string;
  readonly satellites: readonly GpsSatellite[];
}

/** Elevation, azimuth or strength: a number, or nothing. */
const measure = (text: string | undefined): number | undefined => {
  const value = numberField(text);
  return typeof value === 'symbol' ? undefined : value;
};

export function decodeGsv(talker: string, fields: readonly string[]): Decoded<Gsv> {
  if (fields.length < 3) return reject('too-short');
  const parts = countField(fields[0]);
  const part = countField(fields[1]);
  if (typeof parts !== 'number' || typeof part !== 'number' || part < 1 || part > parts || parts > 32)
    return reject('bad-field');
  const satellites: GpsSatellite[] = [];
  let at = 3;
  for (; at + 4 <= fields.length; at += 4) {
    const id = countField(fields[at]);
    if (typeof id !== 'number' || id === 0) continue;
    satellites.push({
      system: satelliteSystem(talker, id, ''),
      id,
      elevationDegrees: measure(fields[at + 1]),
      azimuthDegrees: measure(fields[at + 2]),
      snrDb: measure(fields[at + 3]),
      used: false,
    });
  }
  return accept({ parts, part, signal: fields[at] ?? '', satellites });
}

/** Fields of one part; at most four satellites. */
export function encodeGsv(gsv: Gsv, inView: number): string[] {
  const text = (value: number | undefined, width: number) =>
    value === undefined ? '' : String(Math.round(value)).padStart(width, '0');
  return [
    String(gsv.parts),
    String(gsv.part),
    text(inView, 2),
    ...gsv.satellites
      .slice(0, 4)
      .flatMap((s) => [
        text(s.id, 2),
        text(s.elevationDegrees, 2),
        text(s.azimuthDegrees, 3),
        text(s.snrDb, 2),
      ]),
    ...(gsv.signal === '' ? [] : [gsv.signal]),
  ];
}
