/**
 * Works out C struct layouts (offset of each field, size, alignment) for a data model from a list of typed fields.
 * Owns the natural-alignment rule of the LP64 and the 32-bit ARM EABI; knows no particular struct.
 * Both ABIs align every scalar to its own size (on 32-bit ARM also 64-bit ones, unlike i386), little-endian.
 */
export type DataModel = 'lp64' | 'ilp32';

export type Scalar = 'u8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'long' | 'size' | 'pointer';

/** A scalar, an array of `count` fields, or a struct named earlier in the table. */
export type FieldType =
  | Scalar
  | { readonly array: FieldType; readonly count: number }
  | { readonly struct: string };

export type StructTable = Readonly<Record<string, Readonly<Record<string, FieldType>>>>;

export interface Layout<Field extends string> {
  /** bytes, with the padding at the end */
  readonly size: number;
  readonly alignment: number;
  /** offset of each field, bytes */
  readonly at: Readonly<Record<Field, number>>;
}

export type Layouts<T extends StructTable> = {
  readonly [Name in keyof T]: Layout<Extract<keyof T[Name], string>>;
};

const FIXED: Readonly<Record<string, number>> = { u8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8 };

export const alignUp = (offset: number, alignment: number): number =>
  Math.ceil(offset / alignment) * alignment;

/** Layouts of all structs of the table; a struct may only contain structs that stand before it. */
export function layOut<T extends StructTable>(table: T, model: DataModel): Layouts<T> {
  const word = model === 'lp64' ? 8 : 4;
  const done = new Map<string, { size: number; alignment: number; at: Record<string, number> }>();
  const measure = (type: FieldType): { size: number; alignment: number } => {
    if (typeof type === 'string') {
      const size = FIXED[type] ?? word;
      return { size, alignment: size };
    }
    if ('array' in type) {
      const element = measure(type.array);
      return { size: element.size * type.count, alignment: element.alignment };
    }
    const struct = done.get(type.struct);
    if (struct === undefined) throw new RangeError(`struct ${type.struct} is used before it is declared`);
    return struct;
  };
  for (const [name, fields] of Object.entries(table)) {
    let offset = 0;
    let alignment = 1;
    const at: Record<string, number> = {};
    for (const [field, type] of Object.entries(fields)) {
      const one = measure(type);
      offset = alignUp(offset, one.alignment);
      at[field] = offset;
      offset += one.size;
      alignment = Math.max(alignment, one.alignment);
    }
    done.set(name, { size: alignUp(offset, alignment), alignment, at });
  }
  return Object.fromEntries(done) as Layouts<T>;
}
