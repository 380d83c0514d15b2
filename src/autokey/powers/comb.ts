/**
 * Powers of one fixed base by a comb (Lim and Lee, "More flexible exponentiation with precomputation", CRYPTO '94): the
 * exponent's bits stand in `teeth` rows of `columns`; a table holds the product of every subset of the teeth's powers, once
 * for each of `blocks` groups of columns, so that a power costs one product a column and few squarings.
 * The exponent steers memory accesses: it has to be public (GQ's challenge r, with the secret u as the base). Never for k.
 * Owns the shape's choice, the table and its wiping; the products are Modular's.
 */
import type { Modular, Residue } from './modular.js';

export interface CombShape {
  /** bits looked up at once */
  readonly teeth: number;
  readonly blocks: number;
  /** columns in all: exponentBits / teeth, rounded up */
  readonly columns: number;
  /** columns of one block: squarings plus one */
  readonly rows: number;
  /** residues in the table */
  readonly entries: number;
  readonly bytes: number;
  /** products of one power, at most */
  readonly products: number;
}

/** Beyond this the table's building costs more than it ever gives back. */
const MAX_TEETH = 12;

/** A table this much slower is taken when it is smaller: the time to build it counts too. */
const TOLERANCE = 1.05;
const CACHE_BYTES = 65_536;
/** a lookup's weight beside a product, by the residue's size; the best of 16 to 48 under load */
const LOOKUP_BYTES = 24;

/**
 * Cost of a power in products. Entries are met at random, so a lookup in a large table waits for memory; that outweighs the
 * products it saves where these are short (measured at 512 bits: 120 KB is quicker than 1.4 MB).
 */
function costOf(products: number, columns: number, bytes: number, residueBytes: number): number {
  return products + ((columns * LOOKUP_BYTES) / residueBytes) * Math.log2(1 + bytes / CACHE_BYTES);
}

/**
 * The comb for exponents of up to `exponentBits` within `budgetBytes`: the smallest table among those whose powers cost at
 * most 5% more than the quickest. Undefined: not even the smallest fits.
 */
export function chooseComb(
  exponentBits: number,
  residueBytes: number,
  budgetBytes: number,
): CombShape | undefined {
  const shapes: CombShape[] = [];
  for (let teeth = 2; teeth <= Math.min(MAX_TEETH, exponentBits); teeth += 1) {
    const columns = Math.ceil(exponentBits / teeth);
    const blockBytes = (2 ** teeth - 1) * residueBytes;
    const most = Math.min(columns, Math.floor(budgetBytes / blockBytes));
    for (let wanted = 1; wanted <= most; wanted += 1) {
      const rows = Math.ceil(columns / wanted);
      const blocks = Math.ceil(columns / rows);
      const entries = blocks * (2 ** teeth - 1);
      const products = columns + rows - 2;
      shapes.push({ teeth, blocks, columns, rows, entries, bytes: entries * residueBytes, products });
    }
  }
  const cost = ({ products, columns, bytes }: CombShape) => costOf(products, columns, bytes, residueBytes);
  const least = shapes.reduce((minimum, shape) => Math.min(minimum, cost(shape)), Number.POSITIVE_INFINITY);
  return shapes
    .filter((shape) => cost(shape) <= TOLERANCE * least)
    .reduce<CombShape | undefined>(
      (best, shape) => (best === undefined || shape.entries < best.entries ? shape : best),
      undefined,
    );
}

export class CombTable {
  readonly shape: CombShape;
  readonly #modular: Modular;
  /** block after block; index is the subset of the teeth, minus 1 */
  readonly #entries: Residue[] = [];
  /** for each column, which teeth are set */
  readonly #subsets: Uint16Array;

  /** Computes the table: about exponentBits squarings and one product an entry. `base` stays the caller's. */
  constructor(modular: Modular, base: Residue, shape: CombShape) {
    this.shape = shape;
    this.#modular = modular;
    const { teeth, blocks, columns, rows } = shape;
    this.#subsets = new Uint16Array(columns);
    // Tooth i of block 0 is base^(2^(i columns)); a later block is the one before squared `rows` times.
    const row: Residue[] = [];
    const walker = modular.take();
    modular.copy(walker, base);
    for (let i = 0; i < teeth; i += 1) {
      const tooth = modular.take();
      modular.copy(tooth, walker);
      row.push(tooth);
      if (i < teeth - 1) for (let j = 0; j < columns; j += 1) modular.multiply(walker, walker, walker);
    }
    modular.release(walker);
    for (let block = 0; block < blocks; block += 1) {
      const first = this.#entries.length;
      for (let subset = 1; subset < 2 ** teeth; subset += 1) {
        const top = 31 - Math.clz32(subset);
        const rest = subset - 2 ** top;
        const entry = modular.take();
        const tooth = row[top] as Residue;
        if (rest === 0) modular.copy(entry, tooth);
        else modular.multiply(entry, this.#entries[first + rest - 1] as Residue, tooth);
        this.#entries.push(entry);
      }
      for (const tooth of row)
        for (let j = 0; j < rows && block < blocks - 1; j += 1) modular.multiply(tooth, tooth, tooth);
    }
    for (const tooth of row) modular.release(tooth);
  }

  /** target = base^exponent. The exponent: big-endian bytes of at most the bits the shape was chosen for. */
  power(target: Residue, exponent: Uint8Array): void {
    const { teeth, blocks, columns, rows } = this.shape;
    const modular = this.#modular;
    const entries = this.#entries;
    const subsets = this.#spread(exponent);
    const blockSize = 2 ** teeth - 1;
    let isOne = true;
    for (let row = rows - 1; row >= 0; row -= 1) {
      if (!isOne) modular.multiply(target, target, target);
      for (let block = 0; block < blocks; block += 1) {
        const column = block * rows + row;
        if (column >= columns) break;
        const subset = subsets[column] ?? 0;
        if (subset === 0) continue;
        const entry = entries[block * blockSize + subset - 1] as Residue;
        if (isOne) modular.copy(target, entry);
        else modular.multiply(target, target, entry);
        isOne = false;
      }
    }
    if (isOne) modular.setOne(target);
  }

  /** Overwrites and frees the table; it cannot be used afterwards. */
  wipe(): void {
    for (const entry of this.#entries) this.#modular.release(entry);
    this.#entries.length = 0;
  }

  /** Bit i of the exponent belongs to tooth i / columns, column i % columns. */
  #spread(exponent: Uint8Array): Uint16Array {
    const { teeth, columns } = this.shape;
    const subsets = this.#subsets;
    subsets.fill(0);
    let mask = 1;
    let column = 0;
    const end = 2 ** teeth;
    for (let i = exponent.length - 1; i >= 0; i -= 1) {
      const byte = exponent[i] ?? 0;
      for (let bit = 1; bit < 256; bit <<= 1) {
        if ((byte & bit) !== 0) {
          if (mask >= end) throw new RangeError('the exponent is longer than the comb');
          subsets[column] = (subsets[column] ?? 0) | mask;
        }
        column += 1;
        if (column === columns) {
          column = 0;
          mask *= 2;
        }
      }
    }
    return subsets;
  }
}
