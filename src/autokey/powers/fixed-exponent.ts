/**
 * Powers of many bases to one fixed exponent (the client's y^b): the exponent is recoded once into a chain of squarings
 * and odd powers (sliding window), and each power walks the chain. The walk takes the same steps for every base; its length
 * tells something of b to who can time many checks, and b is known to every member of the group.
 */
import type { Modular, Residue } from './modular.js';

/** `squarings` times square, then multiply by base^(2 odd + 1); odd -1: no product (the tail). */
export interface ChainStep {
  readonly squarings: number;
  readonly odd: number;
}

/** Products a chain costs, its table of odd powers included. */
export const chainProducts = (chain: readonly ChainStep[], window: number): number =>
  2 ** (window - 1) + chain.reduce((sum, { squarings, odd }) => sum + squarings + (odd < 0 ? 0 : 1), 0) - 1;

/** Sliding windows of the exponent's bits, highest first. exponent > 0; 1 <= window <= 8. */
export function recode(exponent: bigint, window: number): ChainStep[] {
  const bits = exponent.toString(2);
  const chain: ChainStep[] = [];
  let squarings = 0;
  for (let at = 0; at < bits.length; ) {
    if (bits[at] === '0') {
      squarings += 1;
      at += 1;
      continue;
    }
    let end = Math.min(at + window, bits.length);
    while (bits[end - 1] === '0') end -= 1;
    const odd = Number.parseInt(bits.slice(at, end), 2);
    chain.push({ squarings: squarings + end - at, odd: (odd - 1) / 2 });
    squarings = 0;
    at = end;
  }
  if (squarings > 0) chain.push({ squarings, odd: -1 });
  return chain;
}

const MAX_WINDOW = 8;

export class FixedExponent {
  readonly window: number;
  readonly #chain: readonly ChainStep[];

  /** Takes the window that costs the fewest products. exponent > 0 */
  constructor(exponent: bigint) {
    if (exponent <= 0n) throw new RangeError('the exponent has to be positive');
    let window = 1;
    let chain = recode(exponent, 1);
    for (let w = 2; w <= MAX_WINDOW; w += 1) {
      const other = recode(exponent, w);
      if (chainProducts(other, w) < chainProducts(chain, window)) [window, chain] = [w, other];
    }
    this.window = window;
    this.#chain = chain;
  }

  get products(): number {
    return chainProducts(this.#chain, this.window);
  }

  /** target = base^exponent; target is not base. */
  power(modular: Modular, target: Residue, base: Residue): void {
    const square = modular.take();
    modular.multiply(square, base, base);
    const odds: Residue[] = [];
    for (let i = 0; i < 2 ** (this.window - 1); i += 1) {
      const odd = modular.take();
      if (i === 0) modular.copy(odd, base);
      else modular.multiply(odd, odds[i - 1] as Residue, square);
      odds.push(odd);
    }
    let isFirst = true;
    for (const { squarings, odd } of this.#chain) {
      // The first step multiplies 1, so its squarings are of 1.
      for (let i = 0; i < squarings && !isFirst; i += 1) modular.multiply(target, target, target);
      if (odd < 0) continue;
      if (isFirst) modular.copy(target, odds[odd] as Residue);
      else modular.multiply(target, target, odds[odd] as Residue);
      isFirst = false;
    }
    for (const residue of [square, ...odds]) modular.release(residue);
  }
}
