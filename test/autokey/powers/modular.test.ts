import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CombTable, chooseComb } from '../../../src/autokey/powers/comb.js';
import { FixedExponent, recode } from '../../../src/autokey/powers/fixed-exponent.js';
import {
  greatestCommonDivisor,
  power,
  toBytes,
  toFixedBytes,
  toInteger,
} from '../../../src/autokey/powers/integers.js';
import type { Modular, ModularEngine, Residue } from '../../../src/autokey/powers/modular.js';
import { assert, test } from '../../support/suite.js';
import { engines } from './engines.js';

const RUNS = { numRuns: 60 };
const modulus = fc
  .tuple(fc.bigInt({ min: 1n, max: 1n << 600n }), fc.constantFrom(1n, 1n << 63n, 1n << 64n))
  .map(([n, top]) => (n | top) * 2n + 1n);
const number = fc.bigInt({ min: 0n, max: 1n << 600n });

function residue(modular: Modular, value: bigint): Residue {
  const target = modular.take();
  modular.load(target, toBytes(value));
  return target;
}
function integerOf(modular: Modular, source: Residue): bigint {
  const out = new Uint8Array(modular.byteLength);
  modular.store(source, out);
  return toInteger(out);
}

function withModular(engine: ModularEngine, n: bigint, run: (modular: Modular) => void): void {
  const modular = engine.open(toBytes(n));
  try {
    run(modular);
  } finally {
    modular.close();
  }
}

for (const engine of engines()) {
  const { name } = engine;

  test(`${name}: products, sums, powers and coprimality are those of plain integers`, () => {
    fc.assert(
      fc.property(modulus, number, number, (n, a, b) => {
        withModular(engine, n, (modular) => {
          const [x, y, z] = [residue(modular, a % n), residue(modular, b), modular.take()];
          modular.multiply(z, x, y);
          assert.is(integerOf(modular, z), (a * b) % n);
          modular.add(z, x, y);
          assert.is(integerOf(modular, z), (a + b) % n);
          assert.is(modular.isUnit(x), greatestCommonDivisor(a % n, n) === 1n);
          const exponent = modular.takeExponent(toBytes(b));
          modular.powerPublic(z, x, exponent);
          assert.is(integerOf(modular, z), power(a, b, n) % n);
          modular.powerSecret(z, x, exponent);
          assert.is(integerOf(modular, z), power(a, b, n) % n);
          modular.copy(y, z);
          modular.multiply(y, y, y);
          assert.is(integerOf(modular, y), power(a, 2n * b, n) % n);
          modular.setOne(y);
          assert.is(integerOf(modular, y), 1n);
        });
      }),
      RUNS,
    );
  });

  test(`${name}: handles are counted, and one given back twice is an error`, () => {
    withModular(engine, 1001n, (modular) => {
      const [a, e] = [modular.take(), modular.takeExponent(Uint8Array.of(3))];
      assert.is(modular.live, 2);
      modular.release(a);
      modular.releaseExponent(e);
      assert.is(modular.live, 0);
      assert.throws(() => modular.release(a), /released or never taken/);
    });
  });

  test(`${name}: an even modulus, 1 and 0 are no moduli`, () => {
    for (const bad of [[], [0], [1], [0, 1], [4], [1, 0]])
      assert.throws(() => engine.open(Uint8Array.from(bad)), /odd/);
  });

  test(`${name}: after close() nothing can be taken or multiplied`, () => {
    const modular = engine.open(Uint8Array.of(101));
    const a = modular.take();
    modular.close();
    modular.close();
    assert.is(modular.live, 0);
    assert.throws(() => modular.multiply(a, a, a));
  });

  test(`${name}: a comb gives the powers of its base, whatever shape the budget allows`, () => {
    fc.assert(
      fc.property(
        modulus,
        number,
        fc.nat(4000),
        fc.integer({ min: 300, max: 60_000 }),
        (n, base, e, budget) => {
          withModular(engine, n, (modular) => {
            const exponentBits = 8 * modular.byteLength;
            const shape = chooseComb(exponentBits, modular.residueBytes, budget);
            if (shape === undefined) return;
            assert.ok(shape.bytes <= budget);
            const [b, out] = [residue(modular, base), modular.take()];
            const before = modular.live;
            const table = new CombTable(modular, b, shape);
            assert.is(modular.live, before + shape.entries);
            const exponents = [
              0n,
              1n,
              BigInt(e) % (1n << BigInt(exponentBits)),
              (1n << BigInt(exponentBits)) - 1n,
            ];
            exponents.push(toInteger(randomBytes(modular.byteLength)));
            for (const exponent of exponents) {
              table.power(out, toBytes(exponent));
              assert.is(integerOf(modular, out), power(base, exponent, n) % n);
              table.power(out, toFixedBytes(exponent, modular.byteLength));
              assert.is(integerOf(modular, out), power(base, exponent, n) % n);
            }
            table.wipe();
            assert.is(modular.live, before);
          });
        },
      ),
      { numRuns: 25 },
    );
  });

  test(`${name}: a recoded exponent gives the same powers as the exponent`, () => {
    fc.assert(
      fc.property(modulus, number, fc.bigInt({ min: 1n, max: 1n << 500n }), (n, base, exponent) => {
        withModular(engine, n, (modular) => {
          const [b, out] = [residue(modular, base), modular.take()];
          new FixedExponent(exponent).power(modular, out, b);
          assert.is(integerOf(modular, out), power(base, exponent, n) % n);
          assert.is(modular.live, 2);
        });
      }),
      RUNS,
    );
  });
}

test('a chain of every window describes its exponent', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 1n << 300n }),
      fc.integer({ min: 1, max: 8 }),
      (exponent, window) => {
        let value = 0n;
        for (const { squarings, odd } of recode(exponent, window)) {
          value <<= BigInt(squarings);
          if (odd >= 0) value += BigInt(2 * odd + 1);
          assert.ok(odd < 2 ** (window - 1));
        }
        assert.is(value, exponent);
      },
    ),
  );
});

test('ten times the budget makes a quicker comb, and the table keeps within it', () => {
  let last = Number.POSITIVE_INFINITY;
  for (const budget of [2_000, 20_000, 200_000, 2_000_000]) {
    const shape = chooseComb(2048, 312, budget);
    assert.ok(shape !== undefined && shape.bytes <= budget && shape.products < last);
    last = shape?.products ?? 0;
  }
  assert.is(chooseComb(2048, 312, 900), undefined);
  assert.ok(last < 280, `${last} products`);
});

test.run();
