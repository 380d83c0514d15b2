/**
 * The door to libcrypto (design rule 3): functions that the node binary itself exports, or the libcrypto it is linked with,
 * looked up in the process; of big numbers here, of digests in hasher.ts. Pointers to OpenSSL's objects are plain numbers;
 * addresses of Buffers are passed for the length of one call and never kept by OpenSSL.
 * Owns the binding; knows nothing of what is computed. Source: BN_new(3), BN_mod_mul_montgomery(3) and their neighbours.
 */
import { loadKoffi } from '../linux/libc.js';

/** Address of an OpenSSL object; 0: none. */
export type Pointer = number;

/** Results are OpenSSL's: 1 done, 0 failed; pointers 0 on failure. */
export interface Libcrypto {
  bnNew(): Pointer;
  /** overwrites, then frees */
  bnClearFree(bn: Pointer): void;
  bnClear(bn: Pointer): void;
  bnSetFlags(bn: Pointer, flags: number): void;
  bnFromBytes(bytes: Uint8Array, length: number, into: Pointer): Pointer;
  /** big-endian, padded in front; length, or -1 */
  bnToBytes(bn: Pointer, out: Uint8Array, length: number): number;
  bnCopy(target: Pointer, source: Pointer): Pointer;
  bnSetWord(bn: Pointer, word: number): number;
  bnIsOne(bn: Pointer): number;
  bnGcd(result: Pointer, a: Pointer, b: Pointer, context: Pointer): number;
  bnRemainder(quotient: Pointer, remainder: Pointer, a: Pointer, m: Pointer, context: Pointer): number;
  bnModAddQuick(result: Pointer, a: Pointer, b: Pointer, m: Pointer): number;
  bnModExp(result: Pointer, base: Pointer, exponent: Pointer, m: Pointer, context: Pointer): number;
  bnModExpMontgomery(
    result: Pointer,
    base: Pointer,
    exponent: Pointer,
    m: Pointer,
    context: Pointer,
    montgomery: Pointer,
  ): number;
  bnModExpConstantTime(
    result: Pointer,
    base: Pointer,
    exponent: Pointer,
    m: Pointer,
    context: Pointer,
    montgomery: Pointer,
  ): number;
  contextNew(): Pointer;
  contextFree(context: Pointer): void;
  montgomeryNew(): Pointer;
  montgomerySet(montgomery: Pointer, m: Pointer, context: Pointer): number;
  montgomeryFree(montgomery: Pointer): void;
  multiplyMontgomery(result: Pointer, a: Pointer, b: Pointer, montgomery: Pointer, context: Pointer): number;
  toMontgomery(result: Pointer, a: Pointer, montgomery: Pointer, context: Pointer): number;
  fromMontgomery(result: Pointer, a: Pointer, montgomery: Pointer, context: Pointer): number;
}

export const POINTER = 'uintptr_t';
const P = POINTER;
/** As koffi takes it: symbol, type of the result, types of the parameters. */
export type Prototype = readonly [symbol: string, result: string, ...string[]];
/** Answers the function of a symbol, or throws when there is none. */
export type Find = (symbol: string, result: string, parameters: readonly string[]) => unknown;
export type Bound<Name extends string> =
  | { readonly ok: true; readonly functions: Readonly<Record<Name, unknown>> }
  | { readonly ok: false; readonly reason: string };

const PROTOTYPES: Readonly<Record<keyof Libcrypto, Prototype>> = {
  bnNew: ['BN_new', P],
  bnClearFree: ['BN_clear_free', 'void', P],
  bnClear: ['BN_clear', 'void', P],
  bnSetFlags: ['BN_set_flags', 'void', P, 'int'],
  bnFromBytes: ['BN_bin2bn', P, 'void *', 'int', P],
  bnToBytes: ['BN_bn2binpad', 'int', P, 'void *', 'int'],
  bnCopy: ['BN_copy', P, P, P],
  bnSetWord: ['BN_set_word', 'int', P, 'unsigned long'],
  bnIsOne: ['BN_is_one', 'int', P],
  bnGcd: ['BN_gcd', 'int', P, P, P, P],
  bnRemainder: ['BN_div', 'int', P, P, P, P, P],
  bnModAddQuick: ['BN_mod_add_quick', 'int', P, P, P, P],
  bnModExp: ['BN_mod_exp', 'int', P, P, P, P, P],
  bnModExpMontgomery: ['BN_mod_exp_mont', 'int', P, P, P, P, P, P],
  bnModExpConstantTime: ['BN_mod_exp_mont_consttime', 'int', P, P, P, P, P, P],
  contextNew: ['BN_CTX_new', P],
  contextFree: ['BN_CTX_free', 'void', P],
  montgomeryNew: ['BN_MONT_CTX_new', P],
  montgomerySet: ['BN_MONT_CTX_set', 'int', P, P, P],
  montgomeryFree: ['BN_MONT_CTX_free', 'void', P],
  multiplyMontgomery: ['BN_mod_mul_montgomery', 'int', P, P, P, P, P],
  toMontgomery: ['BN_to_montgomery', 'int', P, P, P, P],
  fromMontgomery: ['BN_from_montgomery', 'int', P, P, P, P],
};

/** BN_FLG_CONSTTIME (openssl/bn.h) */
export const CONSTANT_TIME_FLAG = 0x04;

export type LibcryptoResult =
  | { readonly ok: true; readonly libcrypto: Libcrypto }
  | { readonly ok: false; readonly reason: string };

let loaded: LibcryptoResult | undefined;

/** Bound at the first call in each thread. Where it cannot be had, the reason for a log line; never throws. */
export function libcrypto(): LibcryptoResult {
  loaded ??= bindProcess();
  return loaded;
}

function bindProcess(): LibcryptoResult {
  const bound = bindOpenSsl(PROTOTYPES);
  return bound.ok ? { ok: true, libcrypto: bound.functions as unknown as Libcrypto } : bound;
}

/** Functions of this process's OpenSSL; or the reason why one cannot be had, for a log line. Never throws. */
export function bindOpenSsl<Name extends string>(
  prototypes: Readonly<Record<Name, Prototype>>,
  find?: Find,
): Bound<Name> {
  try {
    return bindAll(prototypes, find ?? findInProcess());
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}

function findInProcess(): Find {
  const library = loadKoffi().load(null);
  return (symbol, result, parameters) => library.func(symbol, result, [...parameters]);
}

function bindAll<Name extends string>(
  prototypes: Readonly<Record<Name, Prototype>>,
  find: Find,
): Bound<Name> {
  const functions: Partial<Record<Name, unknown>> = {};
  for (const name of Object.keys(prototypes) as Name[]) {
    const [symbol, result, ...parameters] = prototypes[name];
    try {
      functions[name] = find(symbol, result, parameters);
    } catch {
      return { ok: false, reason: `this node binary does not export OpenSSL's ${symbol}` };
    }
  }
  return { ok: true, functions: functions as Record<Name, unknown> };
}
