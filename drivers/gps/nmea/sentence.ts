/**
 * One NMEA 0183 sentence: address, fields, checksum. Owns the text form; what the fields mean is one file per family.
 *
 *   $  talker (2) + type (3)   ,field ,field …   *hh   CR LF
 *   $  P + manufacturer …      ,field …          *hh   CR LF      proprietary
 *
 * hh: XOR of the characters between '$' and '*', two hex digits. Source: NMEA 0183 §5.3.
 */

export interface Sentence {
  /** GP, GN, GL, GA, GB, BD, GQ, …; 'P' for proprietary sentences */
  readonly talker: string;
  /** RMC, ZDA, …; for proprietary sentences all of the address behind the 'P', e.g. MTK705, UBX */
  readonly type: string;
  /** what stands between the commas, address excluded; fields may be empty */
  readonly fields: readonly string[];
}

/** Families whose three letters are read behind any two-letter talker, also behind 'P?' (Quectel's QZSS talker is PQ). */
const FAMILIES = new Set(['RMC', 'ZDA', 'GGA', 'GLL', 'GSA', 'GSV', 'TXT']);

/** Splits a framed sentence ("$GPRMC,…" with or without "*hh"); undefined when there is no address in it. */
export function parseSentence(text: string): Sentence | undefined {
  const star = text.lastIndexOf('*');
  const fields = text.slice(1, star > 0 ? star : undefined).split(',');
  const address = fields.shift() ?? '';
  if (address.length < 3) return undefined;
  if (address.length === 5 && FAMILIES.has(address.slice(2)))
    return { talker: address.slice(0, 2), type: address.slice(2), fields };
  if (address.startsWith('P')) return { talker: 'P', type: address.slice(1), fields };
  return { talker: address.slice(0, 2), type: address.slice(2), fields };
}

export function nmeaChecksum(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i += 1) sum ^= body.charCodeAt(i);
  return sum.toString(16).toUpperCase().padStart(2, '0');
}

/** The whole sentence with checksum, without CR LF. */
export function encodeSentence(sentence: Sentence): string {
  const body = [sentence.talker + sentence.type, ...sentence.fields].join(',');
  return `$${body}*${nmeaChecksum(body)}`;
}
