/**
 * GQ's server on a small CPU: y = k u^r costs one comb power (r is public, the table is of the secret u) and one product;
 * k and the hash of k^b come from the pool. k^b is computed in constant time; only its hash is kept, since nothing else of
 * it is ever sent. Gives the same as identity/gq's answerGq. Source: design.md, "GQ on a small CPU".
 */
import type { Random } from '../../ports/random.js';
import { refuseChallengeBytes, refuseGqParameters, refuseGqPublicValue } from '../identity/bounds.js';
import { encodeIntegerBytes } from '../identity/der.js';
import { HASH_BYTES, hashOfBytes } from '../identity/hash.js';
import type { GqKey } from '../identity/types.js';
import { CombTable, chooseComb } from './comb.js';
import { toBytes } from './integers.js';
import type { Exponent, Modular, ModularEngine, Residue } from './modular.js';
import { OneTimePool } from './one-time-pool.js';
import { drawBytes } from './random-number.js';
import {
  type Answered,
  type IdentityResponder,
  type PowersBudget,
  type ResponderStatus,
  unusableKey,
} from './responder.js';

interface Entry {
  readonly k: Residue;
  readonly hash: Uint8Array;
}

/** object, array slot, and the hash's array */
const ENTRY_BYTES = HASH_BYTES + 64;

export interface GqResponderOptions {
  readonly key: GqKey;
  readonly engine: ModularEngine;
  readonly random: Random;
  readonly budget: PowersBudget;
}

export class GqResponder implements IdentityResponder {
  readonly #n: bigint;
  readonly #modular: Modular;
  readonly #engine: ModularEngine;
  readonly #random: Random;
  readonly #b: Exponent;
  readonly #u: Residue;
  /** y of the answer in the making */
  readonly #y: Residue;
  readonly #table: CombTable | undefined;
  readonly #pool: OneTimePool<Entry>;
  readonly #poolBytes: number;
  readonly #bytes: Uint8Array;

  /** Builds the table; throws ERR_KEYS for a key that could not be answered with. */
  constructor({ key, engine, random, budget }: GqResponderOptions) {
    const refusal = refuseGqParameters(key) ?? refuseGqPublicValue(key.n, key.u);
    if (refusal !== undefined) throw unusableKey('GQ', refusal);
    this.#n = key.n;
    this.#engine = engine;
    this.#random = random;
    const modular = engine.open(toBytes(key.n));
    this.#modular = modular;
    this.#bytes = new Uint8Array(modular.byteLength);
    this.#y = modular.take();
    this.#u = modular.take();
    const u = toBytes(key.u);
    modular.load(this.#u, u);
    u.fill(0);
    const b = toBytes(key.b);
    this.#b = modular.takeExponent(b);
    b.fill(0);
    const entryBytes = modular.residueBytes + ENTRY_BYTES;
    this.#poolBytes = entryBytes * budget.poolEntries;
    const shape = chooseComb(8 * modular.byteLength, modular.residueBytes, budget.bytes - this.#poolBytes);
    this.#table = shape === undefined ? undefined : new CombTable(modular, this.#u, shape);
    this.#pool = new OneTimePool<Entry>(
      budget.poolEntries,
      () => this.#make(),
      ({ k, hash }) => {
        modular.release(k);
        hash.fill(0);
      },
    );
  }

  get status(): ResponderStatus {
    return {
      scheme: 'gq',
      engine: this.#engine.name,
      pool: this.#pool.status,
      poolBytes: this.#poolBytes,
      tableBytes: this.#table?.shape.bytes ?? 0,
    };
  }

  refill(): boolean {
    return this.#pool.refill();
  }

  answer(challenge: Uint8Array): Answered {
    const refusal = refuseChallengeBytes(challenge, this.#modular.byteLength);
    if (refusal !== undefined) return { ok: false, refusal };
    const modular = this.#modular;
    if (this.#table !== undefined) this.#table.power(this.#y, challenge);
    else this.#powerWithoutTable(challenge);
    const answer = this.#pool.spend(({ k, hash }) => {
      modular.multiply(this.#y, this.#y, k);
      modular.store(this.#y, this.#bytes);
      return encodeIntegerBytes([this.#bytes, hash]);
    });
    return { ok: true, answer };
  }

  close(): void {
    this.#pool.clear();
    this.#table?.wipe();
    this.#modular.close();
  }

  #powerWithoutTable(challenge: Uint8Array): void {
    const r = this.#modular.takeExponent(challenge);
    this.#modular.powerPublic(this.#y, this.#u, r);
    this.#modular.releaseExponent(r);
  }

  /** k uniform in [2, n-2], coprime to n, and H(k^b). */
  #make(): Entry {
    const modular = this.#modular;
    const k = modular.take();
    const bytes = new Uint8Array(modular.byteLength);
    drawBytes(this.#random, 2n, this.#n - 2n, bytes, (drawn) => {
      modular.load(k, drawn);
      return modular.isUnit(k);
    });
    const commitment = modular.take();
    modular.powerSecret(commitment, k, this.#b);
    modular.store(commitment, bytes);
    modular.release(commitment);
    const hash = hashOfBytes(bytes);
    bytes.fill(0);
    return { k, hash };
  }
}
