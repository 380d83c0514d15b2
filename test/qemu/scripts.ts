/** Runs a script of test/qemu/guest in a guest and makes each of its claims a test here. */
import { verdict } from '../runner/run-file.js';
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

/** The tests of the door to the kernel that need nothing but a kernel. */
export const KERNEL_TESTS = [
  'drivers/linux/abi',
  'drivers/linux/packet-batch',
  'drivers/linux/server-socket',
  'drivers/linux/unix',
];

/** Runs test files of this project in the guest, each as one test here: what is true on this machine is true there. */
export async function testFiles(guest: Guest, files: readonly string[], seconds: number): Promise<void> {
  for (const file of files) {
    const { exitCode, lines } = await guest.run(`node dist/test/${file}.test.js`, seconds);
    const output = lines.join('\n');
    const { passed, skips, failure } = verdict(output, exitCode, null, undefined);
    test(`${guest.architecture}: ${file}.test passes there too`, () => {
      record(`guest ${guest.architecture} ${file}`, { passed, skipped: skips.length });
      assert.ok(failure === undefined, `${failure}\n${output}`);
      assert.ok(passed > 0);
    });
  }
}
