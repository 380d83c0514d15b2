/**
 * Which way of setting a u-blox understands, by its UBX-MON-VER: protocol version where it tells one, else hardware.
 * Source: u-blox 6 (no PROTVER), 7 (14), M8 (15 to 23.01), F9 (27 on), M10 (34) interface descriptions, UBX-MON-VER and
 * "Configuration interface" (27 and later).
 */
import { type MonVer, protocolOf } from '../ubx/mon-ver.js';

export type Generation =
  /** CFG messages, one a subject */
  | { readonly kind: 'messages'; readonly number: 6 | 7 | 8; readonly protocol: number }
  /** keys and values */
  | { readonly kind: 'keys'; readonly number: 9 | 10; readonly protocol: number }
  /** before u-blox 6: left as it is */
  | { readonly kind: 'old' };

const HARDWARE: Readonly<Record<string, 6 | 7 | 8 | 9 | 10>> = {
  '00040007': 6,
  '00070000': 7,
  '00080000': 8,
  '00190000': 9,
  '000A0000': 10,
};
const PROTOCOL = { 6: 13, 7: 14, 8: 15, 9: 27, 10: 34 } as const;

export function generationOf(version: MonVer): Generation {
  const told = Number.parseFloat(protocolOf(version.extensions) ?? '');
  const hardware = HARDWARE[version.hardware.toUpperCase()];
  const protocol = Number.isFinite(told) ? told : hardware === undefined ? 0 : PROTOCOL[hardware];
  if (protocol >= 34) return { kind: 'keys', number: 10, protocol };
  if (protocol >= 27) return { kind: 'keys', number: 9, protocol };
  if (protocol >= 15) return { kind: 'messages', number: 8, protocol };
  if (protocol >= 14) return { kind: 'messages', number: 7, protocol };
  if (protocol >= 12) return { kind: 'messages', number: 6, protocol };
  return { kind: 'old' };
}
