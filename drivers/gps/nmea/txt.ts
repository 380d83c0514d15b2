/**
 * TXT, a line of text from the receiver: u-blox sends version, antenna state and complaints this way.
 *
 *   field  content
 *   0, 1   lines, number of this line
 *   2      kind: u-blox 00 error, 01 warning, 02 notice, 07 user
 *   3 …    text; commas may stand in it
 *
 * Source: NMEA 0183 v4.10, TXT; u-blox M8 interface description, "TXT".
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';

export interface Txt {
  readonly kind: string;
  readonly text: string;
}

export function decodeTxt(fields: readonly string[]): Decoded<Txt> {
  if (fields.length < 4) return reject('too-short');
  return accept({ kind: fields[2] ?? '', text: fields.slice(3).join(',').trim() });
}

export const encodeTxt = (txt: Txt): string[] => ['01', '01', txt.kind, txt.text];
