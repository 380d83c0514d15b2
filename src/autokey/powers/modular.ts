/**
 * Arithmetic modulo one odd number, as the precomputation needs it: products that cost a microsecond, powers of public
 * exponents by the quickest way, powers of secret exponents in constant time.
 * Two implementations give the same numbers: drivers/openssl (libcrypto's Montgomery products) and BigIntModular here.
 * Numbers live behind handles, because OpenSSL's live outside the collector: who takes a handle releases it.
 */

/** A number mod n owned by one Modular. Valid until released; never a number by itself. */
export type Residue = number & { readonly residue: unique symbol };
/** An exponent owned by one Modular, of any size. */
export type Exponent = number & { readonly exponent: unique symbol };

export type EngineName = 'openssl' | 'bigint';

export interface Modular {
  readonly engine: EngineName;
  /** does powerSecret take the same time whatever the exponent? Is what release() frees overwritten? */
  readonly isConstantTime: boolean;
  /** of n, in bytes */
  readonly byteLength: number;
  /** memory of one residue with its bookkeeping */
  readonly residueBytes: number;
  /** handles taken and not released, of both kinds */
  readonly live: number;

  /** A fresh residue, 0. */
  take(): Residue;
  /** Overwrites and frees. */
  release(residue: Residue): void;
  /** Big-endian bytes of a number below n; longer numbers are reduced (not in constant time: for public ones). */
  load(target: Residue, bytes: Uint8Array): void;
  /** Writes big-endian bytes of full length to `out`, which has byteLength bytes. */
  store(source: Residue, out: Uint8Array): void;
  copy(target: Residue, source: Residue): void;
  setOne(target: Residue): void;

  /** target = a b; target may be a or b. */
  multiply(target: Residue, a: Residue, b: Residue): void;
  /** target = a + b; target may be a or b. */
  add(target: Residue, a: Residue, b: Residue): void;
  /** Does it share no factor with n? */
  isUnit(source: Residue): boolean;

  /** Big-endian bytes of an exponent. */
  takeExponent(bytes: Uint8Array): Exponent;
  releaseExponent(exponent: Exponent): void;
  /** target = base^exponent; time tells the exponent. */
  powerPublic(target: Residue, base: Residue, exponent: Exponent): void;
  /** target = base^exponent; time tells only how long the modulus and the exponent's words are (if isConstantTime). */
  powerSecret(target: Residue, base: Residue, exponent: Exponent): void;

  /** Overwrites and frees everything, handles included. */
  close(): void;
}

/** Opens a Modular for an odd modulus of at least 3, big-endian bytes. */
export interface ModularEngine {
  readonly name: EngineName;
  open(modulus: Uint8Array): Modular;
}
