/**
 * Numbers of hundreds of digits: the few operations that making and checking keys needs.
 * Not for answers to the wire: these run in a time that depends on the numbers; autokey/powers has the others.
 */

/** Bits of a number >= 0 without leading zeros; of 0 none. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)));
}

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** The x in [1, modulus-1] with a x = 1; undefined where there is none. */
export function modInverse(a: bigint, modulus: bigint): bigint | undefined {
  let [r0, r1] = [modulus, ((a % modulus) + modulus) % modulus];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  if (r0 !== 1n) return undefined;
  return t0 < 0n ? t0 + modulus : t0;
}

/** base^exponent mod modulus, exponent >= 0, modulus >= 1; four bits of the exponent at a time. */
export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (modulus === 1n) return 0n;
  const table = [1n];
  const start = ((base % modulus) + modulus) % modulus;
  for (let i = 1; i < 16; i += 1) table.push((table[i - 1]! * start) % modulus);
  let result = 1n;
  for (const digit of exponent.toString(16)) {
    for (let i = 0; i < 4; i += 1) result = (result * result) % modulus;
    const index = Number.parseInt(digit, 16);
    if (index !== 0) result = (result * table[index]!) % modulus;
  }
  return result;
}
