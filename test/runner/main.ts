/**
 * Runs the test files: one node process each, several at a time, a time limit each; adds up results and skips.
 * A file that runs no test fails. Usage: npm test -- [--quick] [--again] [--jobs N] [--verbose] [PART-OF-A-PATH …]
 *
 * By name: *.slow.test.js may take 15 minutes and is left out by --quick; *.crowd.slow.test.js starts many daemons that wait,
 * and runs beside two of its kind, after the others; *.guest.slow.test.js boots machines whose time is not judged, and runs
 * beside one of its kind; *.alone.test.js runs alone, at the end. Those two may take 25.
 *
 * --again: up to three files that failed are run once more, alone, and that counts: real daemons on a machine that is late for
 * seconds are judged by what the machine does. Both runs are printed, and such files are named at the end.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../support/suite.js';
import { clockComplaint, readClockSettings } from './clock-guard.js';
import { type FileResult, runFile } from './run-file.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    again: { type: 'boolean' },
    jobs: { type: 'string' },
    verbose: { type: 'boolean' },
  },
});

const root = join(projectRoot, 'dist', 'test');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => positionals.length === 0 || positionals.some((part) => path.includes(part)))
  .filter((path) => !(values.quick === true && path.includes('.slow.')))
  .sort()
  .map((path) => join(root, path));

/** Files of a phase at a time. */
const CROWDS = 3;
const GUESTS = 2;
/** What takes longest of its phase. */
const LONGEST = ['peers/autokey-recipe', 'appliance/power-cuts'];
/** It takes all processors for itself: at the end of its phase, beside as few as can be. */
const HEAVY = ['card/update-cuts'];
/** More than so many that failed are no accident. */
const MOST_AGAIN = 3;
const phaseOf = (path: string) =>
  (['alone', 'guest', 'crowd'] as const).find((phase) => path.includes(`.${phase}.`)) ?? 'many';
const waits = (path: string) => path.includes('.slow.') || path.includes('.alone.');
const limitOf = (path: string) => (/\.(alone|guest)\./.test(path) ? 1500 : waits(path) ? 900 : 180);
let results: readonly FileResult[] = [];

async function runOne(path: string): Promise<void> {
  const result = await runFile(path, limitOf(path));
  results = [...results.filter((known) => known.path !== path), result];
  const name = relative(root, path).replace(/\.js$/, '');
  const mark = result.failure === undefined ? 'ok  ' : 'FAIL';
  const skipped = result.skips.length > 0 ? `, ${result.skips.length} skipped` : '';
  const why = result.failure === undefined ? '' : ` (${result.failure})`;
  console.log(`${mark} ${name}: ${result.passed} passed${skipped}, ${result.seconds.toFixed(1)} s${why}`);
  for (const line of result.output.matchAll(/RESULT .*$/gm)) console.log(`     ${line[0]}`);
  if (result.failure !== undefined || values.verbose === true)
    console.log(result.output.replace(/^/gm, '     | '));
}

async function runPool(paths: readonly string[], width: number): Promise<void> {
  // The slow ones first, so that they do not wait until the end; what takes the processors from one of them, last.
  const isOf = (parts: readonly string[], path: string) => parts.some((part) => path.includes(part));
  const weight = (path: string) => (isOf(LONGEST, path) ? 2 : isOf(HEAVY, path) ? -1 : Number(waits(path)));
  const queue = [...paths].sort((a, b) => weight(b) - weight(a));
  const worker = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) await runOne(path);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

if (positionals.length === 0) rmSync(join(projectRoot, 'test-results'), { recursive: true, force: true });
const jobs = Math.max(1, Number(values.jobs ?? 4));
const clockBefore = readClockSettings();
const started = process.hrtime.bigint();
for (const [phase, width] of [
  ['many', jobs],
  ['crowd', CROWDS],
  ['guest', GUESTS],
  ['alone', 1],
] as const)
  await runPool(
    files.filter((path) => phaseOf(path) === phase),
    width,
  );

const failedOnce = results.filter(({ failure }) => failure !== undefined).map(({ path }) => path);
const isAgain = values.again === true && failedOnce.length <= MOST_AGAIN;
if (isAgain) await runPool(failedOnce, 1);
const passedAlone = results.filter(({ path, failure }) => failure === undefined && failedOnce.includes(path));

const sum = (pick: (result: FileResult) => number) =>
  results.reduce((total, result) => total + pick(result), 0);
const skips = results.flatMap((result) => result.skips);
for (const { what, reason, enable } of skips) console.log(`SKIPPED ${what}: ${reason}; to run it: ${enable}`);
const failedFiles = results.filter((result) => result.failure !== undefined);
for (const { path } of passedAlone) console.log(`PASSED ONLY WHEN RUN AGAIN, alone: ${relative(root, path)}`);
for (const result of failedFiles) console.log(`FAILED ${relative(root, result.path)}: ${result.failure}`);
const failed = sum((result) => Math.max(result.failed, result.failure === undefined ? 0 : 1));
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(`${results.length} files in ${seconds.toFixed(0)} s`);
console.log(`${sum((result) => result.passed)} passed, ${failed} failed, ${skips.length} skipped`);
const complaint = clockComplaint(clockBefore, readClockSettings());
if (complaint !== undefined) console.log(complaint);
const skipIsFailure = process.env['NOONMARK_FAIL_ON_SKIP'] === '1' && skips.length > 0;
if (skipIsFailure) console.log('a skip is a failure here (NOONMARK_FAIL_ON_SKIP=1)');
process.exitCode = failed > 0 || complaint !== undefined || results.length === 0 || skipIsFailure ? 1 : 0;
