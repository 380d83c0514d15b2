/**
 * What is wrong with a configuration, and where. Owns the shape of a problem and the list they are collected in;
 * knows no word of the language. Every problem says what to write instead.
 */

/** A piece of a file, for pointing at. Lines and columns count from 1, columns in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** the text pointed at; empty where something is missing */
  readonly text: string;
  /** the whole line, without its end */
  readonly sourceLine: string;
}

export type Severity = 'error' | 'warning';

export interface ConfigProblem extends Place {
  readonly severity: Severity;
  /** one sentence without a full stop */
  readonly message: string;
  /** reads on after "write instead:" */
  readonly remedy: string;
}

/** So many say that the file is no configuration at all. */
export const MOST_PROBLEMS = 1000;

/** Collects problems; one report for each place and message. Bounded: what comes after MOST_PROBLEMS is not kept. */
export class ProblemList {
  readonly #problems: ConfigProblem[] = [];
  readonly #seen = new Set<string>();

  add(severity: Severity, at: Place, message: string, remedy: string): void {
    const key = `${at.file}:${at.line}:${at.column}:${message}`;
    if (this.isFull || this.#seen.has(key)) return;
    this.#seen.add(key);
    const { file, line, column, length, text, sourceLine } = at;
    const said = { severity, message: printable(message, 400), remedy: printable(remedy, 600) };
    this.#problems.push({ file, line, column, length, text, sourceLine, ...said });
  }

  error(at: Place, message: string, remedy: string): void {
    this.add('error', at, message, remedy);
  }

  warning(at: Place, message: string, remedy: string): void {
    this.add('warning', at, message, remedy);
  }

  get hasErrors(): boolean {
    return hasErrors(this.#problems);
  }

  get isFull(): boolean {
    return this.#problems.length >= MOST_PROBLEMS;
  }

  /** The last word on a list that is full. */
  close(at: Place, message: string, remedy: string): void {
    this.#problems.push({ ...at, severity: 'error', message, remedy });
  }

  sorted(): readonly ConfigProblem[] {
    return sortProblems(this.#problems);
  }
}

/** File by file, in the order in which the files first appear, and by line and column in each. */
export function sortProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const order = new Map<string, number>();
  for (const { file } of problems) if (!order.has(file)) order.set(file, order.size);
  return problems.toSorted(
    (a, b) => order.get(a.file)! - order.get(b.file)! || a.line - b.line || a.column - b.column,
  );
}

/** Foreign text for a message or a terminal: control characters become '?', and what is long is cut. */
export function printable(text: string, most = Number.POSITIVE_INFINITY): string {
  const clean = Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    return (code < 0x20 && code !== 9) || (code >= 0x7f && code < 0xa0) ? '?' : character;
  });
  return clean.length > most ? `${clean.slice(0, most - 1).join('')}…` : clean.join('');
}

/** A word of the file inside a message. */
export const quote = (text: string): string => `'${printable(text, 60)}'`;

export function hasErrors(problems: readonly ConfigProblem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** `file:line:column: error: message`, for a log; the remedy follows on the same line. */
export function problemLine(problem: ConfigProblem): string {
  const { file, line, column, severity, message, remedy } = problem;
  return `${file}:${line}:${column}: ${severity}: ${message}; write instead: ${remedy}`;
}
