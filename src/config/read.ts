/**
 * The whole language: text in, a typed Config and every problem out. Pure: included files come from a function that is passed
 * in (load.ts has the one that reads files). Never throws, whatever the text.
 */
import { posix } from 'node:path';
import { accessHandlers } from './build/access.js';
import { applyUnpeers, associationHandlers } from './build/associations.js';
import { authenticationHandlers } from './build/authentication.js';
import { Draft, type Handler, type KeyPlace } from './build/draft.js';
import { finishRefclocks, refclockHandlers } from './build/refclocks.js';
import { settingHandlers } from './build/settings.js';
import { crossCheck } from './cross-check.js';
import { type Line, lexLines, type Token } from './lexer.js';
import { parseLine } from './parse.js';
import type { ConfigProblem, Place } from './problem.js';
import { reportSupport } from './report-support.js';
import type { Statement } from './statement.js';
import type { Config } from './types.js';
import { WORDS } from './words.js';

export interface ReadOptions {
  /**
   * Text of an included file; what it throws is reported at the line. `path`: as written, or, when that is relative, taken
   * from the folder of the file that names it.
   */
  readonly includeFile?: (path: string) => string;
}

export interface ReadResult {
  /** complete, defaults filled in; not to be used when a problem is an error */
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
  /** for compareKeys() */
  readonly keyPlaces: readonly KeyPlace[];
  /** the name behind `keys`, to point at when that file cannot be read */
  readonly keysPlace: Place | undefined;
  /** the name behind `board`, to point at when there is no such board */
  readonly boardPlace: Place | undefined;
}

/** ntpd's MAXINCLUDELEVEL. */
const MAX_INCLUDE_DEPTH = 5;
/** Files that include the same file many times, on each of five levels, would never end. */
const MAX_INCLUDED_FILES = 100;

const HANDLERS: Readonly<Record<string, Handler>> = {
  ...associationHandlers,
  ...refclockHandlers,
  ...accessHandlers,
  ...authenticationHandlers,
  ...settingHandlers,
};

/** The words that something is done with; the others must stand in support.ts. */
export const HANDLED_WORDS: readonly string[] = [...Object.keys(HANDLERS), 'includefile', 'end'];

const SOURCE_WORDS = new Set(
  'server pool peer broadcastclient multicastclient manycastclient refclock'.split(' '),
);

const SINGLE_SETTINGS = new Set(
  (
    'board clock port http statedir rtc driftfile leapfile logfile statsdir keys keysdir controlkey requestkey ' +
    'ident revoke automax broadcastdelay ttl broadcastclient'
  ).split(' '),
);

export function readConfig(text: string, file: string, options: ReadOptions = {}): ReadResult {
  const draft = new Draft();
  readFile(text, file, [file], draft, options);
  finishRefclocks(draft);
  applyUnpeers(draft);
  const lines = text.split('\n').length;
  const line = Math.max(1, text.endsWith('\n') ? lines - 1 : lines);
  // The last line itself is not shown: it has nothing to do with what the whole file lacks, and may hold a password.
  crossCheck(draft, { file, line, column: 1, length: 1, text: '', sourceLine: '' });
  const { keyPlaces, keysPlace, boardPlace } = draft;
  return { config: draft.finish(file), problems: draft.problems.sorted(), keyPlaces, keysPlace, boardPlace };
}

function readFile(
  text: string,
  file: string,
  stack: readonly string[],
  draft: Draft,
  options: ReadOptions,
): void {
  let depth = 0;
  for (const raw of lexLines(text, file)) {
    const { line: number, column, length } = raw.tokens[0]!;
    const at = { file, line: number, column, length, text: '', sourceLine: '' };
    if (draft.problems.isFull && !draft.ended) {
      draft.problems.close(
        at,
        'there are too many problems; nothing is read from here on',
        'a configuration',
      );
      draft.ended = true;
      return;
    }
    if (draft.ended) {
      draft.problems.warning(at, "what follows 'end' is not read", "nothing behind 'end'");
      return;
    }
    // Inside ntpd's simulate { … } lines are no commands.
    if (depth > 0) {
      depth += braces(raw);
      continue;
    }
    const line = hidePassword(raw);
    for (const remark of line.remarks)
      draft.problems.add(remark.severity, remark.at, remark.message, remark.remedy);
    if (line.tooLong) continue;
    const head = line.tokens[0]!;
    if (head.value === 'simulate') depth = Math.max(0, braces(raw));
    if (SOURCE_WORDS.has(head.value)) draft.sourceSeen = true;
    const statement = parseLine(line, draft.problems);
    if (statement === undefined) continue;
    reportSupport(statement, draft.problems);
    remember(statement, draft);
    HANDLERS[head.value]?.(statement, draft);
    if (head.value === 'end') draft.ended = true;
    if (head.value === 'includefile') include(statement, stack, draft, options);
  }
}

/** Notes where a word stands; of one that is a single setting the last line counts, as with ntpd, and that is said. */
function remember(statement: Statement, draft: Draft): void {
  const { head, word } = statement;
  const before = draft.firstOf.get(word.name);
  if (before === undefined) draft.firstOf.set(word.name, statement);
  else if (SINGLE_SETTINGS.has(word.name)) {
    const where = before.head.file === head.file ? '' : ` of ${before.head.file}`;
    const message = `'${word.name}' stands on line ${before.head.line}${where} already; the last one counts`;
    draft.problems.warning(head, message, 'one line for it');
  }
}

function braces(line: Line): number {
  const text = line.tokens.map(({ value }) => value).join('');
  return text.split('{').length - text.split('}').length;
}

function include(statement: Statement, stack: readonly string[], draft: Draft, options: ReadOptions): void {
  const { token } = statement.arg('file')!;
  const { problems } = draft;
  const from = stack.at(-1)!;
  const path = posix.isAbsolute(token.value) ? token.value : posix.join(posix.dirname(from), token.value);
  if (stack.map(posix.normalize).includes(posix.normalize(path))) {
    problems.error(token, `${path} includes itself`, 'nothing: leave the line out');
    return;
  }
  if (stack.length > MAX_INCLUDE_DEPTH) {
    problems.error(token, `files are included more than ${MAX_INCLUDE_DEPTH} deep`, 'its lines here');
    return;
  }
  draft.included += 1;
  if (draft.included > MAX_INCLUDED_FILES) {
    problems.error(token, `more than ${MAX_INCLUDED_FILES} files are included`, 'its lines here');
    return;
  }
  if (options.includeFile === undefined) {
    problems.error(token, 'files cannot be included here', 'its lines here');
    return;
  }
  let text: string;
  try {
    text = options.includeFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.error(token, `cannot include ${path}: ${reason}`, 'the path of a file that can be read');
    return;
  }
  readFile(text, path, [...stack, path], draft, options);
}

/** Passwords are shown nowhere: behind `pw` all but crypto's own words becomes stars, in the tokens and in the line. */
function hidePassword(line: Line): Line {
  const names = new Set((WORDS.get('crypto')?.options ?? []).map(({ name }) => name));
  const secret = new Set<Token>();
  let behind = false;
  for (const [index, token] of line.tokens.entries()) {
    if (behind && (!names.has(token.value) || line.tokens[index - 1]!.value === 'pw')) secret.add(token);
    else behind = index > 0 && token.value === 'pw';
  }
  if (secret.size === 0) return line;
  let source = line.source;
  for (const { column, length } of secret)
    source = source.slice(0, column - 1) + '*'.repeat(length) + source.slice(column - 1 + length);
  const isHidden = (at: Place) =>
    [...secret].some(({ column, length }) => at.column < column + length && at.column + at.length > column);
  const hide = <T extends Place>(at: T): T => ({
    ...at,
    sourceLine: source,
    text: isHidden(at) ? '***' : at.text,
  });
  const remarks = line.remarks.map((remark) => ({ ...remark, at: hide(remark.at) }));
  return { ...line, source, tokens: line.tokens.map(hide), remarks };
}
