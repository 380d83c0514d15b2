/**
 * How a script in the guest tells what it found: one line for each claim, read by test/qemu on the other side.
 * Must not import the suite: that forbids the steering of clocks, which is the point of the guest.
 */
export interface ClaimResult {
  readonly claim: string;
  /** undefined: it holds */
  readonly failure: string | undefined;
  readonly figures: Figures;
}

export type Figures = Readonly<Record<string, number>>;

export const CLAIM_MARK = 'NOONMARK-CLAIM ';
export const FACT_MARK = 'NOONMARK-FACT ';
export const END_MARK = 'NOONMARK-END ';

let count = 0;

/** Runs one claim and prints how it went; a failed one does not keep the next from running. */
export async function claim(
  text: string,
  run: () => Figures | undefined | Promise<Figures | undefined>,
): Promise<void> {
  let result: ClaimResult;
  try {
    result = { claim: text, failure: undefined, figures: (await run()) ?? {} };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result = { claim: text, failure, figures: {} };
  }
  count += 1;
  console.log(`${CLAIM_MARK}${JSON.stringify(result)}`);
}

/** To be called last: a script that ended before has not made all its claims. */
export function end(): void {
  console.log(`${END_MARK}${count}`);
}

/** Prints a fact for the other side to judge. */
export function tell(name: string, fact: object): void {
  console.log(`${FACT_MARK}${name} ${JSON.stringify(fact)}`);
}

/** A stamp's distance to the nearest whole second, s, in (-0.5, 0.5]. */
export function phaseOf(stampNs: bigint): number {
  const rest = Number(stampNs % 1_000_000_000n) / 1e9;
  return rest > 0.5 ? rest - 1 : rest;
}

/** Waits for so many milliseconds of the guest. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
