/**
 * Problems for a person: `file:line:column: error: message`, the line, a caret below the place, and what to write instead.
 * Owns the layout only.
 */
import { type ConfigProblem, printable } from './problem.js';

export interface PrintOptions {
  /** of the terminal */
  readonly columns: number;
  readonly colour: boolean;
}

const RED = '\u001b[1;31m';
const YELLOW = '\u001b[1;33m';
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[0m';
const MARGIN = '    | ';

/** Lines of text, with a newline at the end. */
export function printProblem(problem: ConfigProblem, options: PrintOptions, label = 'write instead'): string {
  const paint = (code: string, text: string) => (options.colour ? `${code}${text}${PLAIN}` : text);
  const { file, line, column, severity, message, remedy } = problem;
  const tone = severity === 'error' ? RED : YELLOW;
  const head = `${paint(BOLD, `${file}:${line}:${column}:`)} ${paint(tone, `${severity}:`)} ${message}`;
  const { shown, caret } = excerpt(problem, Math.max(20, options.columns - MARGIN.length));
  const source = shown.trim() === '' ? '' : `${MARGIN}${shown}\n${MARGIN}${paint(tone, caret)}\n`;
  return `${head}\n${source}    ${label}: ${remedy}\n`;
}

/** The line, or the part of it around the place where it is wider than `width`, and the carets below. */
function excerpt(problem: ConfigProblem, width: number): { shown: string; caret: string } {
  // One character for each UTF-16 unit, so that the caret stays below its place.
  const line = printable(
    problem.sourceLine.replaceAll('\t', ' ').replaceAll(/[\ud800-\udfff]/g, '?'),
  ).trimEnd();
  const start = problem.column - 1;
  const length = Math.max(1, problem.length);
  const from = Math.max(line.length, start + 1) <= width ? 0 : Math.max(0, start - Math.floor(width / 3));
  const shown = line.slice(from, from + width);
  const caret = ' '.repeat(start - from) + '^'.repeat(Math.max(1, Math.min(length, width - (start - from))));
  return { shown, caret };
}

/** "2 errors, 1 warning" */
export function countProblems(problems: readonly { severity: 'error' | 'warning' }[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const plural = (count: number, name: string) => `${count} ${name}${count === 1 ? '' : 's'}`;
  const parts = [
    ...(errors > 0 ? [plural(errors, 'error')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ];
  return parts.join(', ') || 'no problems';
}
