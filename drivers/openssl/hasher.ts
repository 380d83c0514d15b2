/**
 * Digests and HMACs by the OpenSSL in this process, one call each, which leave nothing for the garbage collector: half as
 * long as node:crypto's here, and without its pauses. Source: EVP_DigestInit(3), EVP_Digest; HMAC(3).
 */
import type { Hasher } from '../../src/ports/hasher.js';
import { loadKoffi } from '../linux/libc.js';

/** Without a length OpenSSL's newer versions refuse these (EVP_DigestInit(3), SHAKE). */
const WITHOUT_LENGTH: ReadonlySet<string> = new Set(['shake128', 'shake256']);
const P = 'uintptr_t';
const LONGEST = 64;
const SHA256_LENGTH = 32;

type Fetch = (context: number, name: string, properties: number) => number;
type Digest = (
  bytes: Uint8Array,
  length: number,
  out: Uint8Array,
  written: null,
  type: number,
  engine: number,
) => number;
type Hmac = (
  type: number,
  key: Uint8Array,
  keyLength: number,
  bytes: Uint8Array,
  length: number,
  out: Uint8Array,
  written: null,
) => number;

/** Undefined: this process exports no OpenSSL 3. */
export function openSslHasher(): Hasher | undefined {
  try {
    const library = loadKoffi().load(null);
    return new OpenSslHasher(
      library.func('EVP_MD_fetch', P, [P, 'str', P]) as Fetch,
      library.func('EVP_Digest', 'int', ['void *', 'size_t', 'void *', 'void *', P, P]) as Digest,
      library.func('HMAC', P, [P, 'void *', 'int', 'void *', 'size_t', 'void *', 'void *']) as Hmac,
    );
  } catch {
    return undefined;
  }
}

class OpenSslHasher implements Hasher {
  /** by name; 0: this OpenSSL lacks it. Fetched once, and kept as long as the process. */
  readonly #types = new Map<string, number>();
  /** OpenSSL writes all of a digest, whatever room there is. */
  readonly #result = new Uint8Array(LONGEST);

  constructor(
    private readonly fetch: Fetch,
    private readonly once: Digest,
    private readonly hmac: Hmac,
  ) {}

  digest(name: string, bytes: Uint8Array, length: number, out: Uint8Array): boolean {
    if (length > bytes.length) throw new RangeError('more bytes than there are');
    const type = this.#typeOf(name);
    if (type === 0 || this.once(bytes, length, this.#result, null, type, 0) !== 1) return false;
    this.#giveTo(out, out.length);
    return true;
  }

  hmacSha256(secret: Uint8Array, bytes: Uint8Array, length: number, out: Uint8Array): boolean {
    if (length > bytes.length) throw new RangeError('more bytes than there are');
    const type = this.#typeOf('sha256');
    const result = this.#result;
    if (type === 0 || this.hmac(type, secret, secret.length, bytes, length, result, null) === 0) return false;
    this.#giveTo(out, SHA256_LENGTH);
    return true;
  }

  #typeOf(name: string): number {
    let type = this.#types.get(name);
    if (type === undefined) {
      type = WITHOUT_LENGTH.has(name) ? 0 : Number(this.fetch(0, name, 0));
      this.#types.set(name, type);
    }
    return type;
  }

  #giveTo(out: Uint8Array, length: number): void {
    for (let i = 0; i < length; i += 1) out[i] = this.#result[i] ?? 0;
    this.#result.fill(0);
  }
}
