/**
 * MV's server: all three powers have the same secret one-time exponent k and known bases, so the pool holds the three of
 * them and k is gone before an entry is stored; a challenge costs one product. Powers are in constant time.
 */
import type { Random } from '../../ports/random.js';
import { refuseChallengeBytes, refuseMvKey } from '../identity/bounds.js';
import { encodeIntegerBytes } from '../identity/der.js';
import type { MvKey } from '../identity/types.js';
import { greatestCommonDivisor, toBytes, toInteger } from './integers.js';
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

/** E^k, gbar^k, ghat^k */
type Entry = readonly [mask: Residue, gbar: Residue, ghat: Residue];

export interface MvResponderOptions {
  readonly key: MvKey;
  readonly engine: ModularEngine;
  readonly random: Random;
  readonly budget: PowersBudget;
}

export class MvResponder implements IdentityResponder {
  readonly #q: bigint;
  readonly #engine: ModularEngine;
  readonly #random: Random;
  readonly #modular: Modular;
  readonly #bases: Entry;
  readonly #pool: OneTimePool<Entry>;
  readonly #poolBytes: number;

  constructor({ key, engine, random, budget }: MvResponderOptions) {
    const refusal = refuseMvKey(key);
    if (refusal !== undefined) throw unusableKey('MV', refusal);
    this.#q = key.q;
    this.#engine = engine;
    this.#random = random;
    const modular = engine.open(toBytes(key.p));
    this.#modular = modular;
    this.#bases = this.#three();
    this.#bases.forEach((base, i) => {
      modular.load(base, toBytes([key.e, key.gbar, key.ghat][i] ?? 0n));
    });
    this.#poolBytes = 3 * modular.residueBytes * budget.poolEntries;
    this.#pool = new OneTimePool<Entry>(
      budget.poolEntries,
      () => this.#make(),
      (entry) => {
        for (const residue of entry) modular.release(residue);
      },
    );
  }

  get status(): ResponderStatus {
    return {
      scheme: 'mv',
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
    const refusal = refuseChallengeBytes(challenge, this.#modular.byteLength);
    if (refusal !== undefined) return { ok: false, refusal };
    const modular = this.#modular;
    const r = modular.take();
    modular.load(r, challenge);
    const answer = this.#pool.spend(([mask, gbar, ghat]) => {
      modular.multiply(r, r, mask);
      return encodeIntegerBytes([r, gbar, ghat].map((residue) => this.#bytesOf(residue)));
    });
    modular.release(r);
    return { ok: true, answer };
  }

  close(): void {
    this.#pool.clear();
    this.#modular.close();
  }

  #bytesOf(residue: Residue): Uint8Array {
    const bytes = new Uint8Array(this.#modular.byteLength);
    this.#modular.store(residue, bytes);
    return bytes;
  }

  #three(): Entry {
    return [this.#modular.take(), this.#modular.take(), this.#modular.take()];
  }

  #make(): Entry {
    const modular = this.#modular;
    const bytes = new Uint8Array(toBytes(this.#q).length);
    // q is a product of primes of a size that random numbers do meet (RFC 5906 appendix E).
    drawBytes(
      this.#random,
      1n,
      this.#q - 1n,
      bytes,
      (drawn) => greatestCommonDivisor(toInteger(drawn), this.#q) === 1n,
    );
    const k = modular.takeExponent(bytes);
    bytes.fill(0);
    const entry = this.#three();
    entry.forEach((residue, i) => {
      modular.powerSecret(residue, this.#bases[i] as Residue, k);
    });
    modular.releaseExponent(k);
    return entry;
  }
}
