/**
 * Payload layouts as data: a name, an offset and a type for each field, read and written little endian.
 * Knows no message. u-blox's type names: U1 U2 U4 I1 I2 I4 (integers), X1 X2 X4 (bit fields, here as U).
 */
export interface Field {
  readonly offset: number;
  get(view: DataView, at: number): number;
  set(view: DataView, at: number, value: number): void;
}

export type Layout = Readonly<Record<string, Field>>;
export type Values<L extends Layout> = { readonly [Name in keyof L]: number };

const field = (
  offset: number,
  get: (view: DataView, at: number) => number,
  set: (view: DataView, at: number, value: number) => void,
): Field => ({ offset, get, set });

export const u1 = (offset: number): Field =>
  field(
    offset,
    (v, at) => v.getUint8(at),
    (v, at, value) => v.setUint8(at, value),
  );
export const i1 = (offset: number): Field =>
  field(
    offset,
    (v, at) => v.getInt8(at),
    (v, at, value) => v.setInt8(at, value),
  );
export const u2 = (offset: number): Field =>
  field(
    offset,
    (v, at) => v.getUint16(at, true),
    (v, at, value) => v.setUint16(at, value, true),
  );
export const i2 = (offset: number): Field =>
  field(
    offset,
    (v, at) => v.getInt16(at, true),
    (v, at, value) => v.setInt16(at, value, true),
  );
export const u4 = (offset: number): Field =>
  field(
    offset,
    (v, at) => v.getUint32(at, true),
    (v, at, value) => v.setUint32(at, value, true),
  );
export const i4 = (offset: number): Field =>
  field(
    offset,
    (v, at) => v.getInt32(at, true),
    (v, at, value) => v.setInt32(at, value, true),
  );

/** Reads every field of a layout; the caller has checked that the view is long enough. */
export function readFields<L extends Layout>(layout: L, view: DataView, base = 0): Values<L> {
  const values: Record<string, number> = {};
  for (const [name, { offset, get }] of Object.entries(layout)) values[name] = get(view, base + offset);
  return values as Values<L>;
}

export function writeFields<L extends Layout>(layout: L, view: DataView, values: Values<L>, base = 0): void {
  for (const [name, { offset, set }] of Object.entries(layout))
    set(view, base + offset, values[name as keyof L]);
}

/** A fixed number of characters, ended early by NUL; what is not printable ASCII becomes '?'. */
export function readText(view: DataView, at: number, size: number): string {
  let text = '';
  for (let i = 0; i < size; i += 1) {
    const byte = view.getUint8(at + i);
    if (byte === 0) break;
    text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '?';
  }
  return text.trim();
}

export function writeText(view: DataView, at: number, size: number, text: string): void {
  for (let i = 0; i < size; i += 1) view.setUint8(at + i, i < text.length ? text.charCodeAt(i) & 0x7f : 0);
}

/** A payload of `size` bytes and the view to fill it. */
export function blank(size: number): { payload: Uint8Array; view: DataView } {
  const payload = new Uint8Array(size);
  return { payload, view: new DataView(payload.buffer) };
}
