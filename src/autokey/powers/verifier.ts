/**
 * The client's side with what can be computed ahead: v^r is rolled while the challenge r is on its way, so that of y^b v^r
 * only y^b is left when the answer comes, by an exponent made ready once. One verifier holds one group's
 * parameters and one public value; identity/* says what is refused and gives the same verdicts without it.
 * OpenSSL's own power is quicker than a chain of its products (a call each), BigInt's chain quicker than its power.
 */
import { type IdentityRefusal, refuseChallenge, refuseGqPublicValue } from '../identity/bounds.js';
import { decodeMvProof, decodeProofPair } from '../identity/der.js';
import { checkGqQuirk, refuseGqProof } from '../identity/gq.js';
import { hashOfBytes } from '../identity/hash.js';
import { refuseIffProof } from '../identity/iff.js';
import { refuseMvProof } from '../identity/mv.js';
import { challengeLimit, type IdentityParameters, refuseParameters } from '../identity/scheme.js';
import type { GqParameters, IffParameters, MvParameters, ProofPair } from '../identity/types.js';
import { type IdentityVerdict, proved, refused } from '../identity/verdict.js';
import { FixedExponent } from './fixed-exponent.js';
import { toBytes, toInteger } from './integers.js';
import type { Exponent, Modular, ModularEngine, Residue } from './modular.js';

interface Rolled {
  readonly challenge: Uint8Array;
  /** v^r; MV has none */
  readonly ahead: Residue | undefined;
}

/** Challenges asked and not answered yet; older ones lose what was computed ahead, nothing else. */
const MAX_OPEN = 8;

export interface VerifierOptions {
  readonly held: IdentityParameters;
  /** GQ: v of the trusted certificate; for the other schemes left out */
  readonly publicValue?: bigint | undefined;
  readonly engine: ModularEngine;
}

export type OpenedVerifier =
  | { readonly ok: true; readonly verifier: Verifier }
  | { readonly ok: false; readonly refusal: IdentityRefusal };

/** Checks parameters and public value (they may come from the wire), then makes the verifier. */
export function openVerifier(options: VerifierOptions): OpenedVerifier {
  const { held, publicValue } = options;
  let refusal = refuseParameters(held);
  if (refusal === undefined && held.scheme === 'gq')
    refusal =
      publicValue === undefined ? 'public-value-range' : refuseGqPublicValue(held.parameters.n, publicValue);
  return refusal === undefined ? { ok: true, verifier: new Verifier(options) } : { ok: false, refusal };
}

export class Verifier {
  readonly #held: IdentityParameters;
  readonly #modular: Modular;
  /** v; MV has none */
  readonly #base: Residue | undefined;
  readonly #publicValue: bigint;
  /** the fixed exponent of each power on the answer: b (GQ); xhat and xbar (MV) */
  readonly #fixed: readonly { readonly exponent: Exponent; readonly chain: FixedExponent }[];
  #open: Rolled[] = [];

  /** Use openVerifier. */
  constructor({ held, publicValue, engine }: VerifierOptions) {
    this.#held = held;
    this.#publicValue = held.scheme === 'iff' ? held.parameters.v : (publicValue ?? 0n);
    this.#modular = engine.open(toBytes(held.scheme === 'gq' ? held.parameters.n : held.parameters.p));
    this.#base = held.scheme === 'mv' ? undefined : this.#load(this.#publicValue);
    const exponents =
      held.scheme === 'gq'
        ? [held.parameters.b]
        : held.scheme === 'mv'
          ? [held.parameters.xhat, held.parameters.xbar]
          : [];
    this.#fixed = exponents.map((exponent) => ({
      exponent: this.#modular.takeExponent(toBytes(exponent)),
      chain: new FixedExponent(exponent),
    }));
  }

  /** A challenge that is on its way: its power is made ready. False: it is out of range, or ready already. */
  roll(challenge: Uint8Array): boolean {
    if (refuseChallenge(challenge, challengeLimit(this.#held)) !== undefined || this.#find(challenge) >= 0)
      return false;
    this.#open.push(this.#roll(challenge));
    for (const old of this.#open.splice(0, this.#open.length - MAX_OPEN)) this.#drop(old);
    return true;
  }

  /** Judges an answer as it came from the wire. `compat`: see identity/gq. Never throws for what the answer holds. */
  check(challenge: Uint8Array, answer: Uint8Array, compat = false): IdentityVerdict {
    const refusal = refuseChallenge(challenge, challengeLimit(this.#held));
    if (refusal !== undefined) return refused(refusal);
    const at = this.#find(challenge);
    const rolled = this.#open.splice(at, at < 0 ? 0 : 1)[0] ?? this.#roll(challenge);
    try {
      return this.#judge(rolled, answer, compat);
    } finally {
      this.#drop(rolled);
    }
  }

  /** Frees everything. */
  close(): void {
    this.#open = [];
    this.#modular.close();
  }

  #find(challenge: Uint8Array): number {
    return this.#open.findIndex((open) => Buffer.compare(open.challenge, challenge) === 0);
  }

  #judge({ challenge, ahead }: Rolled, answer: Uint8Array, compat: boolean): IdentityVerdict {
    const held = this.#held;
    const r = toInteger(challenge);
    if (held.scheme === 'mv') return this.#judgeMv(held.parameters, r, answer);
    const proof = decodeProofPair(answer);
    if (!proof.ok || ahead === undefined) return refused('answer-malformed');
    return held.scheme === 'gq'
      ? this.#judgeGq(held.parameters, r, ahead, proof.value, compat)
      : this.#judgeIff(held.parameters, ahead, proof.value);
  }

  #judgeGq(
    parameters: GqParameters,
    r: bigint,
    ahead: Residue,
    proof: ProofPair,
    compat: boolean,
  ): IdentityVerdict {
    const refusal = refuseGqProof(parameters, this.#publicValue, proof);
    if (refusal !== undefined) return refused(refusal);
    const x = this.#fixedPower(proof.y, 0);
    this.#modular.multiply(x, x, ahead);
    if (this.#hash(x) === proof.hash) return proved();
    return compat ? checkGqQuirk(parameters, r, proof) : refused('not-proved');
  }

  #judgeIff(parameters: IffParameters, ahead: Residue, proof: ProofPair): IdentityVerdict {
    const refusal = refuseIffProof(parameters, proof);
    if (refusal !== undefined) return refused(refusal);
    const modular = this.#modular;
    const x = this.#load(parameters.g);
    const y = modular.takeExponent(toBytes(proof.y));
    modular.powerPublic(x, x, y);
    modular.releaseExponent(y);
    modular.multiply(x, x, ahead);
    return this.#hash(x) === proof.hash ? proved() : refused('not-proved');
  }

  #judgeMv(parameters: MvParameters, r: bigint, answer: Uint8Array): IdentityVerdict {
    const proof = decodeMvProof(answer);
    if (!proof.ok) return refused('answer-malformed');
    const refusal = refuseMvProof(parameters, r, proof.value);
    if (refusal !== undefined) return refused(refusal);
    const modular = this.#modular;
    const [x, other, mask] = [
      this.#fixedPower(proof.value.q, 0),
      this.#fixedPower(proof.value.g, 1),
      this.#load(proof.value.p),
    ];
    modular.multiply(x, x, other);
    modular.multiply(x, x, mask);
    modular.release(other);
    modular.release(mask);
    return toInteger(this.#take(x)) === r ? proved() : refused('not-proved');
  }

  #roll(challenge: Uint8Array): Rolled {
    if (this.#base === undefined) return { challenge, ahead: undefined };
    const ahead = this.#modular.take();
    const r = this.#modular.takeExponent(challenge);
    this.#modular.powerPublic(ahead, this.#base, r);
    this.#modular.releaseExponent(r);
    return { challenge, ahead };
  }

  #drop({ ahead }: Rolled): void {
    if (ahead !== undefined) this.#modular.release(ahead);
  }

  #load(value: bigint): Residue {
    const residue = this.#modular.take();
    this.#modular.load(residue, toBytes(value));
    return residue;
  }

  #fixedPower(value: bigint, which: number): Residue {
    const modular = this.#modular;
    const fixed = this.#fixed[which];
    const base = this.#load(value);
    if (fixed === undefined) return base;
    const out = modular.take();
    if (modular.engine === 'openssl') modular.powerPublic(out, base, fixed.exponent);
    else fixed.chain.power(modular, out, base);
    modular.release(base);
    return out;
  }

  /** Reads and releases. */
  #take(x: Residue): Uint8Array {
    const bytes = new Uint8Array(this.#modular.byteLength);
    this.#modular.store(x, bytes);
    this.#modular.release(x);
    return bytes;
  }

  #hash(x: Residue): bigint {
    return toInteger(hashOfBytes(this.#take(x)));
  }
}
