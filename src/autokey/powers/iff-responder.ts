/**
 * IFF's server: y = k + b r mod q, and H(g^k mod p) from the pool. k is a nonce of the DSA kind: a few of its bits, leaked
 * over many answers, give b away (Nguyen and Shparlinski, 2002). So it is uniform in [1, q-1] by rejection, g^k is computed
 * by the engine's constant-time exponentiation alone and never from a table indexed by k, and k stays in the engine.
 */
import type { Random } from '../../ports/random.js';
import { refuseChallengeBytes, refuseIffParameters } from '../identity/bounds.js';
import { encodeIntegerBytes } from '../identity/der.js';
import { HASH_BYTES, hashOfBytes } from '../identity/hash.js';
import type { IffKey } from '../identity/types.js';
import { toBytes } from './integers.js';
import type { Modular, ModularEngine, Residue } from './modular.js';
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
  /** mod q */
  readonly k: Residue;
  readonly hash: Uint8Array;
}

const ENTRY_BYTES = HASH_BYTES + 64;

export interface IffResponderOptions {
  readonly key: IffKey;
  readonly engine: ModularEngine;
  readonly random: Random;
  readonly budget: PowersBudget;
}

export class IffResponder implements IdentityResponder {
  readonly #q: bigint;
  readonly #engine: ModularEngine;
  readonly #random: Random;
  readonly #field: Modular;
  readonly #order: Modular;
  readonly #g: Residue;
  readonly #b: Residue;
  readonly #y: Residue;
  readonly #bytes: Uint8Array;
  readonly #pool: OneTimePool<Entry>;
  readonly #poolBytes: number;

  constructor({ key, engine, random, budget }: IffResponderOptions) {
    const refusal =
      refuseIffParameters(key) ?? (key.b > 0n && key.b < key.q ? undefined : ('exponent-range' as const));
    if (refusal !== undefined) throw unusableKey('IFF', refusal);
    this.#q = key.q;
    this.#engine = engine;
    this.#random = random;
    this.#field = engine.open(toBytes(key.p));
    this.#order = engine.open(toBytes(key.q));
    this.#g = this.#field.take();
    this.#field.load(this.#g, toBytes(key.g));
    this.#b = this.#order.take();
    const b = toBytes(key.b);
    this.#order.load(this.#b, b);
    b.fill(0);
    this.#y = this.#order.take();
    this.#bytes = new Uint8Array(this.#order.byteLength);
    this.#poolBytes = (this.#order.residueBytes + ENTRY_BYTES) * budget.poolEntries;
    this.#pool = new OneTimePool<Entry>(
      budget.poolEntries,
      () => this.#make(),
      ({ k, hash }) => {
        this.#order.release(k);
        hash.fill(0);
      },
    );
  }

  get status(): ResponderStatus {
    return {
      scheme: 'iff',
      engine: this.#engine.name,
      pool: this.#pool.status,
      poolBytes: this.#poolBytes,
      tableBytes: 0,
    };
  }

  refill(): boolean {
    return this.#pool.refill();
  }

  answer(challenge: Uint8Array): Answered {
    const refusal = refuseChallengeBytes(challenge, this.#order.byteLength);
    if (refusal !== undefined) return { ok: false, refusal };
    const order = this.#order;
    order.load(this.#y, challenge);
    order.multiply(this.#y, this.#y, this.#b);
    const answer = this.#pool.spend(({ k, hash }) => {
      order.add(this.#y, this.#y, k);
      order.store(this.#y, this.#bytes);
      return encodeIntegerBytes([this.#bytes, hash]);
    });
    return { ok: true, answer };
  }

  close(): void {
    this.#pool.clear();
    this.#field.close();
    this.#order.close();
  }

  #make(): Entry {
    const [field, order] = [this.#field, this.#order];
    const bytes = new Uint8Array(order.byteLength);
    drawBytes(this.#random, 1n, this.#q - 1n, bytes);
    const k = order.take();
    order.load(k, bytes);
    const exponent = field.takeExponent(bytes);
    bytes.fill(0);
    const commitment = field.take();
    field.powerSecret(commitment, this.#g, exponent);
    field.releaseExponent(exponent);
    const stored = new Uint8Array(field.byteLength);
    field.store(commitment, stored);
    field.release(commitment);
    const hash = hashOfBytes(stored);
    stored.fill(0);
    return { k, hash };
  }
}
