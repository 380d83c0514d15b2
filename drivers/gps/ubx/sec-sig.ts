/**
 * UBX-SEC-SIG (27 09), version 1: is the signal jammed or spoofed? Later u-blox 9, and 10. 12 bytes.
 *
 *   offset type field
 *   0      U1   version          1; version 2 (other layout) is left to UBX-MON-RF and UBX-NAV-STATUS
 *   4      X1   jamFlags         0 detection on, 1-2 jamming: 0 unknown, 1 none, 2 warning, 3 critical
 *   8      X1   spfFlags         0 detection on, 1-3 spoofing: 0 unknown, 1 none, 2 indicated, 3 affirmed
 *
 * Source: u-blox F9 and M10 interface descriptions, UBX-SEC-SIG.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u1, type Values, writeFields } from './layout.js';

const layout = {
  version: u1(0),
  jamming: u1(4),
  spoofing: u1(8),
};

export type SecSig = Values<typeof layout>;

export function decodeSecSig(payload: DataView): Decoded<SecSig> {
  if (payload.byteLength < 12) return reject('too-short');
  const value = readFields(layout, payload);
  return value.version === 1 ? accept(value) : reject('bad-version');
}

export function encodeSecSig(signal: SecSig): Uint8Array {
  const { payload, view } = blank(12);
  writeFields(layout, view, signal);
  return payload;
}
