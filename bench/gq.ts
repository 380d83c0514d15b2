/**
 * What one GQ answer costs online, its signature apart, beside the reference's way through the same libcrypto: two
 * BN_mod_exp with exponents as long as the modulus (ntpd computes u^r and k^b for each request). Both are measured in turns
 * in one run and the medians compared; the cost of the table, of a pool entry, and of an answer that finds the pool empty
 * (the sustained cost) stand beside.
 */
import { generatePrimeSync, randomBytes } from 'node:crypto';
import { type Libcrypto, libcrypto, type Pointer } from '../drivers/openssl/libcrypto.js';
import { openSslEngine } from '../drivers/openssl/modular.js';
import { decodeProofPair } from '../src/autokey/identity/der.js';
import { checkGq } from '../src/autokey/identity/gq.js';
import type { GqKey } from '../src/autokey/identity/types.js';
import { bigIntEngine } from '../src/autokey/powers/bigint-modular.js';
import { FixedExponent } from '../src/autokey/powers/fixed-exponent.js';
import { GqResponder } from '../src/autokey/powers/gq-responder.js';
import { inverse, power, toBytes, toInteger } from '../src/autokey/powers/integers.js';
import type { ModularEngine } from '../src/autokey/powers/modular.js';
import { type Answered, DEFAULT_POWERS_BUDGET } from '../src/autokey/powers/responder.js';
import { systemRandom } from '../src/daemon/system-random.js';
import { NoonmarkError } from '../src/errors.js';

export interface GqFigures {
  readonly bits: number;
  readonly engine: 'openssl' | 'bigint';
  /** one answer from a filled pool: bounds, u^r, product, DER */
  readonly onlineMs: number;
  /** two BN_mod_exp of the same libcrypto */
  readonly referenceMs: number;
  /** median over the pairs measured one after the other */
  readonly ratio: number;
  readonly tableBytes: number;
  /** of the full pool */
  readonly poolBytes: number;
  readonly tableBuildMs: number;
  /** one pool entry: k, its coprimality, k^b in constant time, the hash */
  readonly refillMs: number;
  /** an answer with an empty pool */
  readonly sustainedMs: number;
  /** the first answer of the process, before anything is compiled */
  readonly coldMs: number;
  /** the client's y^b by the recoded exponent, and by one native power of libcrypto */
  readonly clientChainMs: number;
  readonly clientNativeMs: number;
}

export interface GqBenchOptions {
  readonly bits?: readonly number[];
  /** measurements of each kind, default 121 */
  readonly rounds?: number;
  /** default: OpenSSL where there is one */
  readonly engine?: 'openssl' | 'bigint';
}

const WARM_UP = 800;

const milliseconds = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e6;

function timed(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return milliseconds(start);
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Takes some seconds. The last answers are checked by the textbook. */
export async function run(options: GqBenchOptions = {}): Promise<GqFigures[]> {
  const openssl = openSslEngine();
  const bound = libcrypto();
  if (!openssl.ok || !bound.ok) {
    throw new NoonmarkError(
      'ERR_UNSUPPORTED',
      `nothing to measure against: ${openssl.ok ? 'no libcrypto' : openssl.reason}`,
      "run it with a node binary that exports OpenSSL's functions (nodejs.org's and Debian's do)",
    );
  }
  const engine = options.engine === 'bigint' ? bigIntEngine : openssl.engine;
  const rounds = options.rounds ?? 121;
  return (options.bits ?? [512, 1024, 2048]).map((bits) => measure(bits, rounds, engine, bound.libcrypto));
}

function makeKey(bits: number): GqKey {
  const n = generatePrimeSync(bits / 2, { bigint: true }) * generatePrimeSync(bits / 2, { bigint: true });
  const b = toInteger(randomBytes(bits / 8)) % n;
  const u = toInteger(randomBytes(bits / 8)) % n;
  return { n, b, u, v: power(inverse(u, n) ?? 0n, b, n) };
}

function measure(bits: number, rounds: number, engine: ModularEngine, lib: Libcrypto): GqFigures {
  const key = makeKey(bits);
  const start = process.hrtime.bigint();
  const responder = new GqResponder({
    key,
    engine,
    random: systemRandom,
    budget: DEFAULT_POWERS_BUDGET,
  });
  const tableBuildMs = milliseconds(start);
  const reference = new Reference(lib, key);
  const refills: number[] = [];
  for (let i = 0; i < DEFAULT_POWERS_BUDGET.poolEntries; i += 1)
    refills.push(timed(() => void responder.refill()));

  const challenge = () => {
    const bytes = randomBytes(bits / 8);
    bytes[0] = 1 | ((bytes[0] ?? 0) & 0x7f);
    return bytes;
  };
  const online: number[] = [];
  const theirs: number[] = [];
  const sustained: number[] = [];
  const answers: { readonly r: Uint8Array; readonly answered: Answered }[] = [];
  const answer = (times: number[]) => {
    const r = challenge();
    const begin = process.hrtime.bigint();
    const answered = responder.answer(r);
    times.push(milliseconds(begin));
    answers.push({ r, answered });
  };
  // The first answer of a fresh process; then as many as it takes for V8 to have compiled what a busy server runs.
  const cold: number[] = [];
  answer(cold);
  for (let i = 0; i < WARM_UP; i += 1) {
    responder.refill();
    answer([]);
  }
  for (let i = 0; i < rounds; i += 1) {
    if (responder.status.pool.fill === 0) responder.refill();
    answer(online);
    theirs.push(reference.answer(challenge()));
  }
  while (responder.status.pool.fill > 0) responder.answer(challenge());
  for (let i = 0; i < Math.ceil(rounds / 4); i += 1) answer(sustained);
  for (const { r, answered } of answers.slice(-16)) {
    const proof = answered.ok ? decodeProofPair(answered.answer) : undefined;
    if (!proof?.ok || !checkGq({ parameters: key, v: key.v, r: toInteger(r) }, proof.value).ok)
      throw new Error('an answer does not verify');
  }
  const { tableBytes, poolBytes } = responder.status;
  responder.close();
  const client = measureClient(key, engine, Math.ceil(rounds / 4));
  const onlineMs = median(online);
  const referenceMs = median(theirs);
  reference.close();
  return {
    bits,
    engine: engine.name,
    onlineMs,
    referenceMs,
    ratio: median(online.map((ms, i) => ms / (theirs[i] ?? 1))),
    tableBytes,
    poolBytes,
    tableBuildMs,
    refillMs: median(refills),
    sustainedMs: median(sustained),
    coldMs: cold[0] ?? 0,
    ...client,
  };
}

function measureClient(
  key: GqKey,
  engine: ModularEngine,
  rounds: number,
): Pick<GqFigures, 'clientChainMs' | 'clientNativeMs'> {
  const modular = engine.open(toBytes(key.n));
  const chain = new FixedExponent(key.b);
  const [y, out] = [modular.take(), modular.take()];
  modular.load(y, toBytes(key.u));
  const b = modular.takeExponent(toBytes(key.b));
  const chained: number[] = [];
  const native: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    chained.push(timed(() => chain.power(modular, out, y)));
    native.push(timed(() => modular.powerPublic(out, y, b)));
  }
  modular.close();
  return { clientChainMs: median(chained), clientNativeMs: median(native) };
}

/** u^r and k^b by BN_mod_exp of this process's libcrypto; the numbers stand ready, only the two calls are counted. */
class Reference {
  readonly #lib: Libcrypto;
  readonly #context: Pointer;
  readonly #numbers: Readonly<Record<'n' | 'b' | 'u' | 'k' | 'r' | 'out', Pointer>>;

  constructor(lib: Libcrypto, key: GqKey) {
    const number = (value: bigint): Pointer => {
      const bytes = toBytes(value);
      return lib.bnFromBytes(bytes, bytes.length, 0);
    };
    this.#lib = lib;
    this.#context = lib.contextNew();
    const { n, b, u } = key;
    this.#numbers = {
      n: number(n),
      b: number(b),
      u: number(u),
      k: number(n / 3n),
      r: number(0n),
      out: number(0n),
    };
  }

  /** ms */
  answer(challenge: Uint8Array): number {
    const lib = this.#lib;
    const { n, b, u, k, r, out } = this.#numbers;
    lib.bnFromBytes(challenge, challenge.length, r);
    return timed(() => {
      lib.bnModExp(out, u, r, n, this.#context);
      lib.bnModExp(out, k, b, n, this.#context);
    });
  }

  close(): void {
    for (const pointer of Object.values(this.#numbers)) this.#lib.bnClearFree(pointer);
    this.#lib.contextFree(this.#context);
  }
}

/** For a terminal. */
export function table(figures: readonly GqFigures[]): string {
  const lines = figures.map((f) =>
    [
      `${f.bits}`.padStart(5),
      f.engine.padEnd(8),
      ...[f.onlineMs, f.referenceMs].map((ms) => ms.toFixed(3).padStart(10)),
      `1/${(1 / f.ratio).toFixed(1)}`.padStart(8),
      `${Math.round(f.tableBytes / 1024)}`.padStart(10),
      `${Math.round(f.poolBytes / 1024)}`.padStart(9),
      ...[f.tableBuildMs, f.refillMs, f.sustainedMs, f.coldMs, f.clientChainMs, f.clientNativeMs].map((ms) =>
        ms.toFixed(2).padStart(9),
      ),
    ].join(' '),
  );
  const head =
    ' bits engine    online ms   ref. ms    ratio  table KiB  pool KiB  build ms refill ms  empty ms   cold ms  chain ms native ms';
  return [head, ...lines].join('\n');
}
