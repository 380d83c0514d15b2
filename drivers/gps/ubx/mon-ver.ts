/**
 * UBX-MON-VER (0A 04): versions. 40 + 30 n bytes, n may be 0.
 *
 *   offset  type   field
 *   0       CH[30] swVersion
 *   30      CH[10] hwVersion
 *   40+30i  CH[30] extension: "PROTVER=18.00", "FWVER=TIM 1.10", "MOD=NEO-M8T-0", …
 *
 * Source: u-blox M8 interface description, UBX-MON-VER.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readText, writeText } from './layout.js';

export interface MonVer {
  readonly software: string;
  readonly hardware: string;
  readonly extensions: readonly string[];
}

const HEAD = 40;
const BLOCK = 30;

export function decodeMonVer(payload: DataView): Decoded<MonVer> {
  if (payload.byteLength < HEAD) return reject('too-short');
  const count = Math.floor((payload.byteLength - HEAD) / BLOCK);
  return accept({
    software: readText(payload, 0, 30),
    hardware: readText(payload, 30, 10),
    extensions: Array.from({ length: count }, (_, i) => readText(payload, HEAD + BLOCK * i, BLOCK)),
  });
}

export function encodeMonVer(version: MonVer): Uint8Array {
  const { payload, view } = blank(HEAD + BLOCK * version.extensions.length);
  writeText(view, 0, 30, version.software);
  writeText(view, 30, 10, version.hardware);
  for (const [i, text] of version.extensions.entries()) writeText(view, HEAD + BLOCK * i, BLOCK, text);
  return payload;
}

/** "PROTVER=18.00" and the older "PROTVER 15.00" to "18.00"; undefined when it is not told. */
export const protocolOf = (extensions: readonly string[]): string | undefined =>
  extensions.map((text) => /^PROTVER[= ](\S+)$/.exec(text)?.[1]).find((found) => found !== undefined);

/** "MOD=NEO-M8T-0" to "NEO-M8T-0". */
export const moduleOf = (extensions: readonly string[]): string | undefined =>
  extensions.map((text) => /^MOD=(\S+)$/.exec(text)?.[1]).find((found) => found !== undefined);
