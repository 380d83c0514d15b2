/**
 * Steps of one machine's life, each a test that needs those before it: after a failure the others fail at once, and say
 * which it was.
 */
import { assert, record, test } from '../support/suite.js';

type Figures = Readonly<Record<string, number>>;

export class Steps {
  readonly #what: string;
  #broken: string | undefined;

  constructor(what: string) {
    this.#what = what;
  }

  /** `run` answers its figures; how long it took is added. */
  step(name: string, run: () => Promise<Figures> | Figures): void {
    test(`${this.#what}: ${name}`, async () => {
      assert.is(this.#broken, undefined, `not tried, as this failed: ${this.#broken}`);
      const started = process.hrtime.bigint();
      this.#broken = name;
      const figures = await run();
      this.#broken = undefined;
      record(`${this.#what}: ${name}:`, {
        ...figures,
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
      });
    });
  }
}

/** Asks until the answer is not undefined. Throws, with what `seen` tells, when that takes longer. */
export async function soon<T>(
  what: string,
  seconds: number,
  probe: () => T | undefined | Promise<T | undefined>,
  seen: () => string | Promise<string> = () => '',
): Promise<T> {
  const started = process.hrtime.bigint();
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Number(process.hrtime.bigint() - started) / 1e9 > seconds)
      throw new Error(`${what}: not within ${seconds} s; ${await seen()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
