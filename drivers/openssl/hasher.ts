/**
 * Digests and HMACs by the OpenSSL in this process, one call each, which leave nothing for the garbage collector: half as
 * long as node:crypto's here, and without its pauses. Source: EVP_DigestInit(3), EVP_Digest; HMAC(3).
 */
import type { Hasher } from '../../src/ports/hasher.js';
import { bindOpenSsl, POINTER, type Pointer } from './libcrypto.js';

interface Functions {
  fetch(context: Pointer, name: string, properties: Pointer): Pointer;
  digest(
    bytes: Uint8Array,
    length: number,
    out: Uint8Array,
    written: null,
    type: Pointer,
    engine: Pointer,
  ): number;
  hmac(
    type: Pointer,
    key: Uint8Array,
    keyLength: number,
    bytes: Uint8Array,
    length: number,
    out: Uint8Array,
    written: null,
  ): Pointer;
}

const P = POINTER;
const PROTOTYPES = {
  fetch: ['EVP_MD_fetch', P, P, 'str', P],
  digest: ['EVP_Digest', 'int', 'void *', 'size_t', 'void *', 'void *', P, P],
  hmac: ['HMAC', P, P, 'void *', 'int', 'void *', 'size_t', 'void *', 'void *'],
} as const;
/** Without a length OpenSSL's newer versions refuse these (EVP_DigestInit(3), SHAKE). */
const WITHOUT_LENGTH: ReadonlySet<string> = new Set(['shake128', 'shake256']);
/** bytes of the longest digest */
const LONGEST = 64;
const SHA256_LENGTH = 32;

/** Undefined: this process exports no OpenSSL 3. */
export function openSslHasher(): Hasher | undefined {
  const bound = bindOpenSsl(PROTOTYPES);
  return bound.ok ? new OpenSslHasher(bound.functions as unknown as Functions) : undefined;
}

class OpenSslHasher implements Hasher {
  /** by name; 0: this OpenSSL lacks it. Fetched once, and kept as long as the process. */
  readonly #types = new Map<string, number>();
  /** OpenSSL writes all of a digest, whatever room there is. */
  readonly #result = new Uint8Array(LONGEST);

  constructor(private readonly openSsl: Functions) {}

  digest(name: string, bytes: Uint8Array, length: number, out: Uint8Array): boolean {
    if (length > bytes.length) throw new RangeError('more bytes than there are');
    const type = this.#typeOf(name);
    if (type === 0 || this.openSsl.digest(bytes, length, this.#result, null, type, 0) !== 1) return false;
    this.#giveTo(out, out.length);
    return true;
  }

  hmacSha256(secret: Uint8Array, bytes: Uint8Array, length: number, out: Uint8Array): boolean {
    if (length > bytes.length) throw new RangeError('more bytes than there are');
    const type = this.#typeOf('sha256');
    const result = this.#result;
    if (type === 0 || this.openSsl.hmac(type, secret, secret.length, bytes, length, result, null) === 0)
      return false;
    this.#giveTo(out, SHA256_LENGTH);
    return true;
  }

  #typeOf(name: string): number {
    let type = this.#types.get(name);
    if (type === undefined) {
      type = WITHOUT_LENGTH.has(name) ? 0 : this.openSsl.fetch(0, name, 0);
      this.#types.set(name, type);
    }
    return type;
  }

  #giveTo(out: Uint8Array, length: number): void {
    for (let i = 0; i < length; i += 1) out[i] = this.#result[i] ?? 0;
    this.#result.fill(0);
  }
}
