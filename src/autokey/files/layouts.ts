/**
 * The identity schemes' numbers in the fields of RSA and DSA keys ("cuckoo" keys), each direction in one place.
 * Owns which field holds what in every generation of files, and checks the numbers against each other.
 *
 * | file              | RSA e | d | p | q |   | file        | DSA p | q | g | y      | x      |
 * |-------------------|-------|---|---|---|   |-------------|-------|---|---|--------|--------|
 * | GQ key, stock     | b     | 1 | u | v |   | IFF key     | p     | q | g | v      | b      |
 * | GQ key, 4.2.8p15  | u     | b | u | v |   | IFF par     | p     | q | g | v      | 1      |
 * | GQ key, universal | b = u | b | u | v |   | MV server   | p     | q | E | ghat   | gbar   |
 * | GQ par, stock     | b     | 1 | 1 | 1 |   | MV client   | p     | 1 | 1 | xhat   | xbar   |
 * | GQ par, ours      | b     | b | 1 | 1 |   | MV agent    | p     | q | g | b      | A      |
 *
 * Source: shared/reference/autokey-reference.md §6.2, §6.3, §6.5, §6.6; old-reference.md §2.
 */
import type { GqKey, GqParameters, IffKey, IffParameters, MvKey, MvParameters } from '../identity/types.js';
import { bitLength, greatestCommonDivisor, power } from '../powers/integers.js';
import { KeyFileFault } from './fault.js';
import type { Scheme } from './names.js';
import type { DsaNumbers, PrivateNumbers, RsaNumbers } from './private-key.js';

/** Below, the reference's own key generator fails; above, one answer takes seconds. */
export const MIN_IDENTITY_BITS = 256;
export const MAX_IDENTITY_BITS = 4096;

/** Which daemons can use a GQ file: stock ones the textbook daemons only. */
export type GqLayout = 'stock' | 'p15' | 'both';

const mend = 'make the group anew: noonmark keygen group create NAME';
const form = '(ntp-keygen 4.2.8 writes a form that cannot hold it)';
const lost = `export it again from the server: noonmark keygen group export ${form}`;
const lostMv = `make the group anew: noonmark keygen group create NAME --scheme mv ${form}`;

/** Does a file of this scheme hold a server's numbers (true) or only what clients need? */
export function isServerKey(scheme: Scheme, numbers: PrivateNumbers): boolean {
  if (numbers.type === 'rsa') return numbers.p > 1n && numbers.q > 1n;
  return scheme === 'mv' ? numbers.q > 1n : numbers.x > 1n;
}

function rsaOf(numbers: PrivateNumbers, line: number): RsaNumbers {
  if (numbers.type === 'rsa') return numbers;
  throw new KeyFileFault(line, 'a GQ file holds RSA fields; this one is a DSA key', 'link the right file');
}

function dsaOf(numbers: PrivateNumbers, line: number): DsaNumbers {
  if (numbers.type === 'dsa') return numbers;
  throw new KeyFileFault(
    line,
    'an IFF or MV file holds DSA fields; this one is an RSA key',
    'link the right file',
  );
}

function checkModulus(name: string, modulus: bigint, line: number): void {
  const bits = bitLength(modulus);
  if (bits < MIN_IDENTITY_BITS || bits > MAX_IDENTITY_BITS || modulus % 2n === 0n)
    throw new KeyFileFault(
      line,
      `${name} has ${bits} bits${modulus % 2n === 0n ? ' and is even' : ''}; ${MIN_IDENTITY_BITS} to ${MAX_IDENTITY_BITS} are possible`,
      mend,
    );
}

const isWithin = (value: bigint, least: bigint, modulus: bigint): boolean =>
  value >= least && value < modulus;

/** n and b of a GQ file of either role. Throws KeyFileFault. */
export function gqParametersOf(
  numbers: PrivateNumbers,
  line = 1,
): GqParameters & { readonly layout: GqLayout } {
  const rsa = rsaOf(numbers, line);
  checkModulus('the GQ modulus', rsa.n, line);
  if (rsa.p > 1n && rsa.q > 1n) {
    const { n, b, layout } = gqKeyOf(numbers, line);
    return { n, b, layout };
  }
  const b = rsa.e > 1n ? rsa.e : rsa.d;
  if (!isWithin(b, 2n, rsa.n))
    throw new KeyFileFault(line, 'the group key is missing or not below the modulus', mend);
  return { n: rsa.n, b, layout: rsa.e === rsa.d ? 'both' : rsa.d > 1n ? 'p15' : 'stock' };
}

/** Keys whose u^b v was found to be 1: one large power each, and files are asked for more than once. */
const checkedGqKeys = new WeakMap<PrivateNumbers, GqKey & { readonly layout: GqLayout }>();

/** A GQ server key. Throws KeyFileFault, also where u^b v is not 1. */
export function gqKeyOf(numbers: PrivateNumbers, line = 1): GqKey & { readonly layout: GqLayout } {
  const key = checkedGqKeys.get(numbers) ?? checkGqKey(numbers, line);
  checkedGqKeys.set(numbers, key);
  return key;
}

function checkGqKey(numbers: PrivateNumbers, line: number): GqKey & { readonly layout: GqLayout } {
  const { n, e, d, p: u, q: v } = rsaOf(numbers, line);
  checkModulus('the GQ modulus', n, line);
  if (u <= 1n || v <= 1n)
    throw new KeyFileFault(
      line,
      'these are group parameters for clients; a server key has u and v too',
      'noonmark keygen group export --server on a server of the group',
    );
  if (![u, v].every((number) => isWithin(number, 2n, n - 1n) && greatestCommonDivisor(number, n) === 1n))
    throw new KeyFileFault(line, 'u or v is out of range', mend);
  // Stock keys name b in e; keys for 4.2.8p15 in d, with u in e.
  const tries = [...new Set(d > 1n ? [d, e] : [e])];
  const b = tries.find((number) => isWithin(number, 2n, n) && (power(u, number, n) * v) % n === 1n);
  if (b === undefined) throw new KeyFileFault(line, 'the numbers do not fit: u^b v is not 1 mod n', mend);
  const layout = e === d && e === u ? 'both' : b === d ? 'p15' : 'stock';
  return { n, b, u, v, layout };
}

/** RSA fields of a server key; `p15`: as 4.2.8p15's responder takes them (e = u, d = b), else stock. */
export const gqKeyFields = ({ n, b, u, v }: GqKey, p15: boolean): RsaNumbers => ({
  ...{ type: 'rsa', n, e: p15 ? u : b, d: p15 ? b : 1n, p: u, q: v },
  ...{ dmp1: 1n, dmq1: 1n, iqmp: 1n },
});

/** RSA fields of group parameters: e = d = b, right for textbook and 4.2.8p15 verifiers alike. */
export const gqParameterFields = ({ n, b }: GqParameters): RsaNumbers => ({
  ...{ type: 'rsa', n, e: b, d: b, p: 1n, q: 1n },
  ...{ dmp1: 1n, dmq1: 1n, iqmp: 1n },
});

function iffGroup(dsa: DsaNumbers, line: number): { p: bigint; q: bigint; g: bigint } {
  const { p, q, g } = dsa;
  checkModulus('the IFF modulus', p, line);
  const fits = bitLength(q) >= 128 && bitLength(q) <= 512 && (p - 1n) % q === 0n && isWithin(g, 2n, p - 1n);
  if (!fits || power(g, q, p) !== 1n)
    throw new KeyFileFault(line, 'the numbers p, q and g do not fit each other', mend);
  return { p, q, g };
}

/** p, q, g and v of an IFF file of either role. Throws KeyFileFault. */
export function iffParametersOf(numbers: PrivateNumbers, line = 1): IffParameters {
  const dsa = dsaOf(numbers, line);
  const { p, q, g } = iffGroup(dsa, line);
  if (dsa.x > 1n) {
    const { v } = iffKeyOf(numbers, line);
    return { p, q, g, v };
  }
  if (dsa.y === undefined || dsa.y === g)
    throw new KeyFileFault(line, 'the client key v is missing in this file', lost);
  if (!isWithin(dsa.y, 2n, p - 1n) || power(dsa.y, q, p) !== 1n)
    throw new KeyFileFault(line, 'the client key v is out of range', mend);
  return { p, q, g, v: dsa.y };
}

/** An IFF server key; v is computed from b where the file does not hold it. Throws KeyFileFault. */
export function iffKeyOf(numbers: PrivateNumbers, line = 1): IffKey {
  const dsa = dsaOf(numbers, line);
  const { p, q, g } = iffGroup(dsa, line);
  const b = dsa.x;
  if (b <= 1n)
    throw new KeyFileFault(
      line,
      'these are group parameters for clients; a server key has b too',
      'noonmark keygen group export --server on a server of the group',
    );
  if (b >= q) throw new KeyFileFault(line, 'the private number b is not below q', mend);
  const v = power(g, q - b, p);
  // A program that knows DSA only writes g^b in its place.
  if (dsa.y !== undefined && dsa.y !== v && (dsa.y * v) % p !== 1n)
    throw new KeyFileFault(line, 'the numbers do not fit: v is not g^(q-b)', mend);
  return { p, q, g, b, v };
}

export const iffKeyFields = ({ p, q, g, v, b }: IffKey): DsaNumbers => ({ type: 'dsa', p, q, g, y: v, x: b });
export const iffParameterFields = ({ p, q, g, v }: IffParameters): DsaNumbers => ({
  ...{ type: 'dsa', p, q, g, y: v, x: 1n },
});

/** An MV server key. Throws KeyFileFault. */
export function mvKeyOf(numbers: PrivateNumbers, line = 1): MvKey {
  const { p, q, g: e, y: ghat, x: gbar } = dsaOf(numbers, line);
  checkModulus('the MV modulus', p, line);
  if (q <= 1n)
    throw new KeyFileFault(
      line,
      "this is a client's MV key; a server needs the server's",
      'noonmark keygen group export --server on the host where the group was made',
    );
  if (ghat === undefined) throw new KeyFileFault(line, 'the server key ghat is missing in this file', lostMv);
  if (p !== 2n * q + 1n) throw new KeyFileFault(line, 'the numbers p and q do not fit each other', mend);
  if (![e, gbar, ghat].every((number) => isWithin(number, 2n, p - 1n) && power(number, q, p) === 1n))
    throw new KeyFileFault(line, 'E, gbar or ghat is out of range', mend);
  return { p, q, e, gbar, ghat };
}

/** An MV client key. Throws KeyFileFault. */
export function mvParametersOf(numbers: PrivateNumbers, line = 1): MvParameters {
  const { p, q, y: xhat, x: xbar } = dsaOf(numbers, line);
  checkModulus('the MV modulus', p, line);
  if (q > 1n)
    throw new KeyFileFault(
      line,
      "this is a server's MV key; clients have keys of their own",
      'noonmark keygen group export on the host where the group was made',
    );
  if (xhat === undefined) throw new KeyFileFault(line, 'the client key xhat is missing in this file', lostMv);
  if (![xbar, xhat].every((number) => isWithin(number, 1n, p)))
    throw new KeyFileFault(line, 'xbar or xhat is out of range', mend);
  return { p, xbar, xhat };
}

export const mvKeyFields = ({ p, q, e, gbar, ghat }: MvKey): DsaNumbers => ({
  ...{ type: 'dsa', p, q, g: e, y: ghat, x: gbar },
});
export const mvParameterFields = ({ p, xbar, xhat }: MvParameters): DsaNumbers => ({
  ...{ type: 'dsa', p, q: 1n, g: 1n, y: xhat, x: xbar },
});
