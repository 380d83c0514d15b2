/**
 * UBX-CFG-CFG (06 09): clears, saves and loads settings up to generation 8. 13 bytes.
 *
 *   offset type field
 *   0      X4   clearMask
 *   4      X4   saveMask         0 ports, 1 messages, 2 information, 3 navigation, 4 receiver manager, 10 antenna, …
 *   8      X4   loadMask
 *   12     X1   deviceMask       0 battery backed RAM, 1 flash, 2 EEPROM, 4 SPI flash
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-CFG.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u1, u4, type Values, writeFields } from './layout.js';

const layout = {
  clear: u4(0),
  save: u4(4),
  load: u4(8),
  devices: u1(12),
};

export type CfgCfg = Values<typeof layout>;

export function decodeCfgCfg(payload: DataView): Decoded<CfgCfg> {
  if (payload.byteLength < 13) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgCfg(request: CfgCfg): Uint8Array {
  const { payload, view } = blank(13);
  writeFields(layout, view, request);
  return payload;
}
