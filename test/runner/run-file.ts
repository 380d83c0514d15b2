/**
 * One test file in one node process: its output, its counts, its skips, its verdict.
 */
import { spawn } from 'node:child_process';

export interface Skip {
  readonly what: string;
  readonly reason: string;
  readonly enable: string;
}

export interface FileResult {
  readonly path: string;
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
  readonly seconds: number;
  /** why the file as a whole failed; undefined: it did not */
  readonly failure: string | undefined;
  readonly output: string;
}

const OUTPUT_LIMIT = 4 << 20;

/** Runs it; never rejects. `limitSeconds`: after that its whole process group is ended. */
export function runFile(path: string, limitSeconds: number): Promise<FileResult> {
  const started = process.hrtime.bigint();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', path], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    let output = '';
    let timedOut = false;
    const take = (chunk: Buffer) => {
      if (output.length < OUTPUT_LIMIT) output += chunk.toString('utf8');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => {
      timedOut = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    }, limitSeconds * 1000);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      resolve({
        path,
        output,
        seconds,
        ...verdict(output, code, signal, timedOut ? limitSeconds : undefined),
      });
    });
  });
}

/** Reads uvu's closing lines (one block a run) and the skip lines. Pure. */
export function verdict(
  output: string,
  code: number | null,
  signal: string | null,
  limitSeconds: number | undefined,
): Pick<FileResult, 'passed' | 'failed' | 'skips' | 'failure'> {
  let total = 0;
  let passed = 0;
  let uvuSkipped = 0;
  for (const match of output.matchAll(
    /^\s*Total:\s+(\d+)\s*\n\s*Passed:\s+(\d+)\s*\n\s*Skipped:\s+(\d+)/gm,
  )) {
    total += Number(match[1]);
    passed += Number(match[2]);
    uvuSkipped += Number(match[3]);
  }
  const skips: Skip[] = [];
  for (const match of output.matchAll(/NOONMARK-SKIP (\{.*\})$/gm))
    skips.push(JSON.parse(match[1] ?? '{}') as Skip);
  for (let i = 0; i < uvuSkipped; i += 1)
    skips.push({ what: 'uvu .skip', reason: 'skipped in code', enable: 'remove .skip' });
  const failed = total - passed - uvuSkipped;
  let failure: string | undefined;
  if (limitSeconds !== undefined) failure = `still running after ${limitSeconds} s`;
  else if (failed > 0) failure = `${failed} failed`;
  else if (code !== 0) failure = signal === null ? `exit code ${code}` : `ended by ${signal}`;
  else if (total === 0 && skips.length === 0) failure = 'ran no test';
  return { passed, failed, skips, failure };
}
