/**
 * Modular over BigInt: the twin of drivers/openssl that runs everywhere. Same numbers, slower, and without its two
 * promises: BigInt takes time by its values, and what the collector frees is not overwritten (docs/security.md says so).
 */
import { bitLength, greatestCommonDivisor, power, toFixedBytes, toInteger } from './integers.js';
import type { Exponent, Modular, ModularEngine, Residue } from './modular.js';

/** header and pointer of a BigInt in V8, and its place in the array */
const BOOKKEEPING_BYTES = 32;

export class BigIntModular implements Modular {
  readonly engine = 'bigint';
  readonly isConstantTime = false;
  readonly byteLength: number;
  readonly residueBytes: number;
  readonly #n: bigint;
  readonly #values: bigint[] = [];
  readonly #free: number[] = [];

  constructor(modulus: Uint8Array) {
    this.#n = toInteger(modulus);
    if (this.#n < 3n || this.#n % 2n === 0n) throw new RangeError('the modulus has to be odd and at least 3');
    this.byteLength = Math.ceil(bitLength(this.#n) / 8);
    this.residueBytes = Math.ceil(this.byteLength / 8) * 8 + BOOKKEEPING_BYTES;
  }

  get live(): number {
    return this.#values.length - this.#free.length;
  }

  take(): Residue {
    return this.#handle(0n) as Residue;
  }

  release(residue: Residue): void {
    this.#drop(residue);
  }

  load(target: Residue, bytes: Uint8Array): void {
    this.#values[target] = toInteger(bytes) % this.#n;
  }

  store(source: Residue, out: Uint8Array): void {
    out.set(toFixedBytes(this.#at(source), this.byteLength));
  }

  copy(target: Residue, source: Residue): void {
    this.#values[target] = this.#at(source);
  }

  setOne(target: Residue): void {
    this.#values[target] = 1n;
  }

  multiply(target: Residue, a: Residue, b: Residue): void {
    this.#values[target] = (this.#at(a) * this.#at(b)) % this.#n;
  }

  add(target: Residue, a: Residue, b: Residue): void {
    this.#values[target] = (this.#at(a) + this.#at(b)) % this.#n;
  }

  isUnit(source: Residue): boolean {
    return greatestCommonDivisor(this.#at(source), this.#n) === 1n;
  }

  takeExponent(bytes: Uint8Array): Exponent {
    return this.#handle(toInteger(bytes)) as Exponent;
  }

  releaseExponent(exponent: Exponent): void {
    this.#drop(exponent);
  }

  powerPublic(target: Residue, base: Residue, exponent: Exponent): void {
    this.#values[target] = power(this.#at(base), this.#at(exponent), this.#n);
  }

  powerSecret(target: Residue, base: Residue, exponent: Exponent): void {
    this.powerPublic(target, base, exponent);
  }

  close(): void {
    this.#values.length = 0;
    this.#free.length = 0;
  }

  #handle(value: bigint): number {
    const handle = this.#free.pop() ?? this.#values.length;
    this.#values[handle] = value;
    return handle;
  }

  #drop(handle: number): void {
    this.#at(handle);
    this.#values[handle] = -1n;
    this.#free.push(handle);
  }

  #at(handle: number): bigint {
    const value = this.#values[handle];
    if (value === undefined || value < 0n) throw new RangeError('a handle that was released or never taken');
    return value;
  }
}

export const bigIntEngine: ModularEngine = {
  name: 'bigint',
  open: (modulus) => new BigIntModular(modulus),
};
