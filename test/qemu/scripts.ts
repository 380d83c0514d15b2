/** Runs a script of test/qemu/guest in a guest and makes each of its claims a test here. */
import type { Guest } from '../support/guest.js';
import { assert, record, test } from '../support/suite.js';
import { CLAIM_MARK, type ClaimResult, END_MARK, FACT_MARK } from './guest/claims.js';

const isClaim = (value: unknown): value is ClaimResult =>
  typeof value === 'object' && value !== null && 'claim' in value && typeof value.claim === 'string';

/** One line that a script of the guest printed as a claim. */
export function claimIn(line: string): ClaimResult | undefined {
  if (!line.startsWith(CLAIM_MARK)) return undefined;
  const value: unknown = JSON.parse(line.slice(CLAIM_MARK.length));
  return isClaim(value) ? value : undefined;
}

/** The facts of that name which a script told, parsed. */
export const factsIn = (lines: readonly string[], name: string): readonly unknown[] =>
  lines.flatMap((line) => {
    const mark = `${FACT_MARK}${name} `;
    return line.startsWith(mark) ? [JSON.parse(line.slice(mark.length))] : [];
  });

/** `seconds`: more is a failure. Registers the tests; they fail, too, when the script broke off. Answers its lines. */
export async function testScript(
  guest: Guest,
  script: string,
  seconds: number,
  args = '',
  onLine: (line: string) => void = () => undefined,
): Promise<readonly string[]> {
  const { architecture } = guest;
  const started = process.hrtime.bigint();
  const { exitCode, lines } = await guest.run(
    `node dist/test/qemu/guest/${script}.js ${args}`,
    seconds,
    onLine,
  );
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  const claims = lines.flatMap((line) => claimIn(line) ?? []);
  for (const { claim, failure, figures } of claims) {
    test(`${architecture}: ${claim}`, () => {
      if (Object.keys(figures).length > 0) record(`guest ${architecture}: ${claim}:`, figures);
      assert.ok(failure === undefined, failure);
    });
  }
  test(`${architecture}: ${script} made all its claims`, () => {
    record(`guest ${architecture} ${script}`, { claims: claims.length, seconds: took });
    assert.ok(claims.length > 0);
    assert.is(exitCode, 0, lines.join('\n'));
    assert.ok(lines.includes(`${END_MARK}${claims.length}`), lines.join('\n'));
  });
  return lines;
}
