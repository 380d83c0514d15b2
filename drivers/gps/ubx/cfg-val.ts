/**
 * UBX-CFG-VALSET (06 8A) and UBX-CFG-VALGET (06 8B): settings as keys and values, u-blox 9 and later.
 *
 *   VALSET         0 U1 version 0, 1 X1 layers (0 RAM, 1 BBR, 2 flash), 2 U1[2] reserved, 4 pairs
 *   VALGET poll    0 U1 version 0, 1 U1 layer (0 RAM, 1 BBR, 2 flash, 7 default), 2 U2 position, 4 keys
 *   VALGET answer  0 U1 version 1, 1 U1 layer, 2 U2 position, 4 pairs
 *
 * A pair is a key (U4) and a value, whose size bits 28-30 of the key tell: 1 and 2 one byte, 3 two, 4 four, 5 eight. A
 * message has at most 64 of them. One unknown key makes the whole message refused (ACK-NAK). Of a layer that is not RAM only
 * the keys that are stored in it are answered; ACK-NAK when there are none.
 * Source: u-blox F9 interface description, "Configuration interface", UBX-CFG-VALSET, UBX-CFG-VALGET.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';

/** Values are unsigned here; a signed one is its two's complement. */
export type KeyValues = ReadonlyMap<number, bigint>;

/** Of VALSET, as bits. */
export const LAYER = { ram: 1, bbr: 2, flash: 4 } as const;
/** Of VALGET. */
export const LAYER_READ = { ram: 0, bbr: 1, flash: 2 } as const;
export const MOST_KEYS = 64;
const HEAD = 4;
const SIZES = [0, 1, 1, 2, 4, 8];

/** Bytes of a key's value; 0 for what is no key. */
export const keySize = (key: number): number => SIZES[(key >>> 28) & 7] ?? 0;

/** A value as it is stored for that key; negative ones wrap. */
export const keyValue = (key: number, value: number): bigint =>
  BigInt.asUintN(8 * keySize(key), BigInt(value));

export const signedValue = (key: number, value: bigint): number =>
  Number(BigInt.asIntN(8 * keySize(key), value));

/** `layers`: bits of LAYER. */
export const encodeValSet = (layers: number, values: KeyValues): Uint8Array => pairs([0, layers], values);

export const encodeValGetAnswer = (layer: number, values: KeyValues): Uint8Array => pairs([1, layer], values);

/** A poll; `layer`: of LAYER_READ. */
export function encodeValGet(keys: readonly number[], layer: number = LAYER_READ.ram): Uint8Array {
  const payload = new Uint8Array(HEAD + 4 * keys.length);
  const view = new DataView(payload.buffer);
  view.setUint8(1, layer);
  for (const [i, key] of keys.entries()) view.setUint32(HEAD + 4 * i, key, true);
  return payload;
}

/** Of a poll. */
export function decodeValGet(
  payload: DataView,
): Decoded<{ readonly layer: number; readonly keys: readonly number[] }> {
  if (payload.byteLength < HEAD || (payload.byteLength - HEAD) % 4 !== 0) return reject('bad-length');
  const count = (payload.byteLength - HEAD) / 4;
  if (payload.getUint8(0) !== 0) return reject('bad-version');
  const keys = Array.from({ length: count }, (_, i) => payload.getUint32(HEAD + 4 * i, true));
  return accept({ layer: payload.getUint8(1), keys });
}

/** Of VALSET (`first` is the layers) and of VALGET's answer (`first` is the layer). */
export function decodePairs(
  payload: DataView,
  version: 0 | 1,
): Decoded<{ readonly first: number; readonly values: KeyValues }> {
  if (payload.byteLength < HEAD) return reject('too-short');
  if (payload.getUint8(0) !== version) return reject('bad-version');
  const values = new Map<number, bigint>();
  let at = HEAD;
  while (at < payload.byteLength) {
    if (at + 4 > payload.byteLength) return reject('bad-length');
    const key = payload.getUint32(at, true);
    const size = keySize(key);
    if (size === 0 || at + 4 + size > payload.byteLength) return reject('bad-length');
    let value = 0n;
    for (let i = size - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(payload.getUint8(at + 4 + i));
    values.set(key, value);
    at += 4 + size;
  }
  return accept({ first: payload.getUint8(1), values });
}

function pairs([version, layer]: readonly [number, number], values: KeyValues): Uint8Array {
  const bytes = [version, layer, 0, 0];
  for (const [key, value] of values) {
    for (let i = 0; i < 4; i += 1) bytes.push((key >>> (8 * i)) & 0xff);
    for (let i = 0; i < keySize(key); i += 1) bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
  }
  return Uint8Array.from(bytes);
}
