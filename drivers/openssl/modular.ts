/**
 * Modular over OpenSSL: residues are BIGNUMs in Montgomery form, handles are their addresses. Everything of one modulus
 * (residues, exponents, contexts) belongs to one OpenSslModular, is freed with overwriting, and ends with close(): OpenSSL's
 * memory is unknown to the collector. One object belongs to one thread.
 * Constant time: BN_mod_exp_mont_consttime, BN_gcd (since 1.1.1h) and Montgomery products; loading a number below n.
 */
import type { Exponent, Modular, ModularEngine, Residue } from '../../src/autokey/powers/modular.js';
import { NoonmarkError } from '../../src/errors.js';
import { CONSTANT_TIME_FLAG, type Libcrypto, libcrypto, type Pointer } from './libcrypto.js';

/** struct bignum_st, two headers of malloc, and the handle in a table */
const BOOKKEEPING_BYTES = 24 + 24 + 8;
const WORD_BYTES = 8;
const MAX_SPARE = 128;

const failure = (call: string): NoonmarkError =>
  new NoonmarkError('ERR_UNSUPPORTED', `OpenSSL's ${call} failed`, 'memory may be short; restart noonmarkd');

function demand(result: number, call: string): void {
  if (result !== 1) throw failure(call);
}

export class OpenSslModular implements Modular {
  readonly engine = 'openssl';
  readonly isConstantTime = true;
  readonly byteLength: number;
  readonly residueBytes: number;
  readonly #lib: Libcrypto;
  readonly #context: Pointer;
  readonly #montgomery: Pointer;
  readonly #modulus: Pointer;
  /** 1 in Montgomery form */
  readonly #one: Pointer;
  readonly #scratch: Pointer;
  readonly #owned = new Set<Pointer>();
  /** released, overwritten, and kept for the next: the way of an answer neither allocates nor frees */
  readonly #spare: Pointer[] = [];
  readonly #modulusBytes: Uint8Array;
  #open = true;

  /** Big-endian, odd, at least 3. */
  constructor(lib: Libcrypto, modulus: Uint8Array) {
    const start = modulus.findIndex((byte) => byte !== 0);
    const isOdd = ((modulus.at(-1) ?? 0) & 1) === 1;
    if (start < 0 || !isOdd || (start === modulus.length - 1 && modulus[start] === 1))
      throw new RangeError('the modulus has to be odd and at least 3');
    this.#lib = lib;
    this.byteLength = modulus.length - start;
    this.residueBytes = Math.ceil(this.byteLength / WORD_BYTES) * WORD_BYTES + BOOKKEEPING_BYTES;
    this.#modulusBytes = modulus.slice(start);
    this.#context = lib.contextNew();
    this.#montgomery = lib.montgomeryNew();
    this.#modulus = lib.bnNew();
    this.#one = lib.bnNew();
    this.#scratch = lib.bnNew();
    try {
      if ([this.#context, this.#montgomery, this.#modulus, this.#one, this.#scratch].includes(0))
        throw failure('BN_new');
      if (lib.bnFromBytes(modulus, modulus.length, this.#modulus) === 0) throw failure('BN_bin2bn');
      demand(lib.montgomerySet(this.#montgomery, this.#modulus, this.#context), 'BN_MONT_CTX_set');
      demand(lib.bnSetWord(this.#scratch, 1), 'BN_set_word');
      demand(lib.toMontgomery(this.#one, this.#scratch, this.#montgomery, this.#context), 'BN_to_montgomery');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get live(): number {
    return this.#owned.size;
  }

  take(): Residue {
    return this.#take() as Residue;
  }

  release(residue: Residue): void {
    this.#free(residue);
  }

  load(target: Residue, bytes: Uint8Array): void {
    const lib = this.#lib;
    if (lib.bnFromBytes(bytes, bytes.length, this.#scratch) === 0) throw failure('BN_bin2bn');
    // BN_to_montgomery wants a number below n; a secret is one already and does not meet BN_div.
    if (!this.#isBelow(bytes))
      demand(lib.bnRemainder(0, this.#scratch, this.#scratch, this.#modulus, this.#context), 'BN_div');
    demand(lib.toMontgomery(target, this.#scratch, this.#montgomery, this.#context), 'BN_to_montgomery');
    lib.bnClear(this.#scratch);
  }

  store(source: Residue, out: Uint8Array): void {
    const lib = this.#lib;
    demand(lib.fromMontgomery(this.#scratch, source, this.#montgomery, this.#context), 'BN_from_montgomery');
    if (lib.bnToBytes(this.#scratch, out, this.byteLength) !== this.byteLength) throw failure('BN_bn2binpad');
    lib.bnClear(this.#scratch);
  }

  copy(target: Residue, source: Residue): void {
    if (this.#lib.bnCopy(target, source) === 0) throw failure('BN_copy');
  }

  setOne(target: Residue): void {
    if (this.#lib.bnCopy(target, this.#one) === 0) throw failure('BN_copy');
  }

  multiply(target: Residue, a: Residue, b: Residue): void {
    if (!this.#open) throw new RangeError('the modulus was closed');
    if (this.#lib.multiplyMontgomery(target, a, b, this.#montgomery, this.#context) !== 1)
      throw failure('BN_mod_mul_montgomery');
  }

  add(target: Residue, a: Residue, b: Residue): void {
    demand(this.#lib.bnModAddQuick(target, a, b, this.#modulus), 'BN_mod_add_quick');
  }

  isUnit(source: Residue): boolean {
    // The factor of Montgomery form is a power of two and shares nothing with an odd n.
    demand(this.#lib.bnGcd(this.#scratch, source, this.#modulus, this.#context), 'BN_gcd');
    return this.#lib.bnIsOne(this.#scratch) === 1;
  }

  takeExponent(bytes: Uint8Array): Exponent {
    const exponent = this.#take();
    if (this.#lib.bnFromBytes(bytes, bytes.length, exponent) === 0) throw failure('BN_bin2bn');
    return exponent as Exponent;
  }

  releaseExponent(exponent: Exponent): void {
    this.#free(exponent);
  }

  powerPublic(target: Residue, base: Residue, exponent: Exponent): void {
    this.#power(target, base, exponent, this.#lib.bnModExpMontgomery, 'BN_mod_exp_mont');
  }

  powerSecret(target: Residue, base: Residue, exponent: Exponent): void {
    // Else BN_num_bits tells how long the exponent is, to the bit.
    this.#lib.bnSetFlags(exponent, CONSTANT_TIME_FLAG);
    this.#power(target, base, exponent, this.#lib.bnModExpConstantTime, 'BN_mod_exp_mont_consttime');
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const lib = this.#lib;
    for (const owned of this.#owned) lib.bnClearFree(owned);
    for (const spare of this.#spare) lib.bnClearFree(spare);
    this.#owned.clear();
    this.#spare.length = 0;
    for (const bn of [this.#modulus, this.#one, this.#scratch]) if (bn !== 0) lib.bnClearFree(bn);
    // Both free with overwriting what they hold.
    if (this.#montgomery !== 0) lib.montgomeryFree(this.#montgomery);
    if (this.#context !== 0) lib.contextFree(this.#context);
  }

  #power(
    target: Residue,
    base: Residue,
    exponent: Exponent,
    modExp: Libcrypto['bnModExpMontgomery'],
    call: string,
  ): void {
    const lib = this.#lib;
    const [n, context, montgomery, scratch] = [this.#modulus, this.#context, this.#montgomery, this.#scratch];
    demand(lib.fromMontgomery(scratch, base, montgomery, context), 'BN_from_montgomery');
    demand(modExp(scratch, scratch, exponent, n, context, montgomery), call);
    demand(lib.toMontgomery(target, scratch, montgomery, context), 'BN_to_montgomery');
    lib.bnClear(scratch);
  }

  #isBelow(bytes: Uint8Array): boolean {
    const difference = bytes.length - this.byteLength;
    return difference < 0 || (difference === 0 && Buffer.compare(bytes, this.#modulusBytes) < 0);
  }

  #take(): Pointer {
    if (!this.#open) throw new RangeError('the modulus was closed');
    const bn = this.#spare.pop() ?? this.#lib.bnNew();
    if (bn === 0) throw failure('BN_new');
    this.#owned.add(bn);
    return bn;
  }

  /** A handle of another owner or one freed before would corrupt the heap. */
  #free(pointer: Pointer): void {
    if (!this.#owned.delete(pointer)) throw new RangeError('a handle that was released or never taken');
    if (this.#spare.length >= MAX_SPARE) this.#lib.bnClearFree(pointer);
    else {
      this.#lib.bnClear(pointer);
      this.#spare.push(pointer);
    }
  }
}

export type OpenSslEngine =
  | { readonly ok: true; readonly engine: ModularEngine }
  | { readonly ok: false; readonly reason: string };

/** OpenSSL's engine, or why this process has none. */
export function openSslEngine(): OpenSslEngine {
  const bound = libcrypto();
  if (!bound.ok) return bound;
  const { libcrypto: lib } = bound;
  return { ok: true, engine: { name: 'openssl', open: (modulus) => new OpenSslModular(lib, modulus) } };
}
