/**
 * Keys from node's OpenSSL, in its own threads, so that a progress line can be drawn meanwhile.
 */
import { checkPrime, generateKeyPair, generatePrime, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../../ports/random.js';
import { readPrivateKey } from '../files/private-key.js';
import { power } from '../powers/integers.js';
import { drawInteger } from '../powers/random-number.js';
import type { DsaGroup, KeySource } from './source.js';

/** Below, OpenSSL makes no DSA parameters. */
const MIN_OPENSSL_DSA_BITS = 1024;

const pairOf = promisify(generateKeyPair);

const numbersOf = (key: KeyObject) => {
  const body = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
  return readPrivateKey({ label: 'PRIVATE KEY', line: 1, dekInfo: undefined, body }, undefined);
};

function primeOf(bits: number, options: { add?: bigint; rem?: bigint } = {}): Promise<bigint> {
  return new Promise((resolve, reject) => {
    generatePrime(bits, { ...options, bigint: true }, (error, prime) => {
      if (error) reject(error);
      else resolve(prime);
    });
  });
}

export const opensslSource = (random: Random): KeySource => ({
  random,
  prime: (bits) => primeOf(bits),
  isPrime: (value) =>
    new Promise((resolve, reject) => {
      checkPrime(value, (error, isPrime) => {
        // Node's types say null, node itself says undefined.
        if (error) reject(error);
        else resolve(isPrime);
      });
    }),
  async rsa(bits) {
    const { privateKey } = await pairOf('rsa', { modulusLength: bits });
    const numbers = numbersOf(privateKey);
    if (numbers.type !== 'rsa') throw new TypeError('OpenSSL made no RSA key');
    return numbers;
  },
  async dsaGroup(bits, qBits) {
    if (bits < MIN_OPENSSL_DSA_BITS) return smallGroup(random, bits, qBits);
    const { privateKey } = await pairOf('dsa', { modulusLength: bits, divisorLength: qBits });
    const numbers = numbersOf(privateKey);
    if (numbers.type !== 'dsa') throw new TypeError('OpenSSL made no DSA key');
    const { p, q, g } = numbers;
    return { p, q, g };
  },
});

/** A group too small for OpenSSL's own generator: p = 1 mod 2q, g a (p-1)/q-th power. */
async function smallGroup(random: Random, bits: number, qBits: number): Promise<DsaGroup> {
  const q = await primeOf(qBits);
  const p = await primeOf(bits, { add: 2n * q, rem: 1n });
  const g = power(
    drawInteger(random, 2n, p - 2n, (h) => power(h, (p - 1n) / q, p) !== 1n),
    (p - 1n) / q,
    p,
  );
  return { p, q, g };
}
