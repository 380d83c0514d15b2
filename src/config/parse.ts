/**
 * One line of tokens against the grammar's tables: a Statement, and every problem on the way. Knows the shape of words, not
 * what any of them means.
 */
import type { Argument, Option, Shape, Word } from './grammar.js';
import type { Line, Token } from './lexer.js';
import { after } from './lexer.js';
import { nearest } from './nearest.js';
import { type ProblemList, quote } from './problem.js';
import { type GivenOption, Statement, type Value } from './statement.js';
import { FOREIGN_OPTIONS, FOREIGN_WORDS } from './support.js';
import { readKeyRanges, readValue } from './values.js';
import { WORDS } from './words.js';

/** The statement; undefined when its word is unknown or an argument it cannot do without is missing or wrong. */
export function parseLine(line: Line, problems: ProblemList): Statement | undefined {
  const head = line.tokens[0]!;
  const word = head.quoted ? undefined : WORDS.get(head.value);
  if (word === undefined) {
    unknownWord(head, line, problems);
    return undefined;
  }
  return new LineParser(word, line, problems).parse();
}

function unknownWord(head: Token, line: Line, problems: ProblemList): void {
  const foreign = FOREIGN_WORDS[head.value];
  const [before, ...rest] = head.value.split(/[=:]/);
  const close = nearest(head.value, WORDS.keys());
  if (head.quoted)
    problems.error(head, `a line begins with a word, not with a quote`, head.value || 'a word');
  else if (foreign !== undefined && Object.hasOwn(FOREIGN_WORDS, head.value))
    problems.error(head, `${quote(head.value)} is a word of ${foreign[0]}`, foreign[1]);
  else if (rest.length > 0 && WORDS.has(before!))
    problems.error(
      head,
      `${quote(head.value)}: words are parted by blanks`,
      `${before} ${rest.join('')}`.trimEnd(),
    );
  else if (head.value.startsWith('[') || line.source.trimStart().startsWith('//'))
    problems.error(head, `unknown word ${quote(head.value)}`, 'a comment, which starts with #');
  else if (close === undefined)
    problems.error(
      head,
      `unknown word ${quote(head.value)}`,
      'a known word (noonmark check --words lists them)',
    );
  else problems.error(head, `unknown word ${quote(head.value)}`, close);
}

class LineParser {
  readonly #tokens: readonly Token[];
  readonly #args = new Map<string, readonly Value[]>();
  readonly #given = new Map<string, GivenOption>();
  #options: ReadonlyMap<string, Option>;
  #at = 1;
  #family: 0 | 4 | 6 = 0;
  #complete = true;

  constructor(
    readonly word: Word,
    line: Line,
    readonly problems: ProblemList,
  ) {
    const last = line.tokens.at(-1)!;
    const continued = line.tokens.length > 1 && last.value === '\\' && !last.quoted;
    if (continued) problems.error(last, 'a command ends with its line', 'the whole command on one line');
    this.#tokens = continued ? line.tokens.slice(0, -1) : line.tokens;
    this.#options = byName(word.options ?? []);
  }

  get #next(): Token | undefined {
    return this.#tokens[this.#at];
  }

  parse(): Statement | undefined {
    const { word, problems } = this;
    if (word.family === true) this.#readFamily();
    for (const [index, argument] of (word.arguments ?? []).entries()) {
      this.#readArgument(argument);
      const first = index === 0 ? this.#args.get(argument.name)?.[0] : undefined;
      if (first === undefined || word.optionsFor === undefined) continue;
      const options = word.optionsFor(first.text);
      // No such form: what follows cannot be read; whoever builds from the statement says why.
      if (options === undefined) return this.#statement();
      this.#options = byName(options);
    }
    this.#readOptions();
    if (word.needsOption === true && this.#given.size === 0 && this.#tokens.length === this.#firstOption())
      problems.error(after(this.#tokens.at(-1)!), `'${word.name}' needs something to set`, word.form);
    return this.#complete ? this.#statement() : undefined;
  }

  #statement(): Statement {
    return new Statement(this.word, this.#tokens[0]!, this.#family, this.#args, this.#given);
  }

  #firstOption(): number {
    return 1 + (this.#family === 0 ? 0 : 1) + Array.from(this.#args.values()).flat().length;
  }

  #readFamily(): void {
    const token = this.#next;
    if (token === undefined || token.quoted || (token.value !== '-4' && token.value !== '-6')) return;
    this.#family = token.value === '-4' ? 4 : 6;
    this.#at += 1;
  }

  #readArgument(argument: Argument): void {
    const { problems, word } = this;
    const token = this.#next;
    const absent =
      token === undefined || (argument.optional === true && !token.quoted && this.#options.has(token.value));
    if (absent) {
      if (argument.optional === true) return;
      this.#complete = false;
      const needs = `'${word.name}' needs ${argument.shape.what}`;
      problems.error(after(this.#tokens[this.#at - 1]!), needs, word.example);
      return;
    }
    const taken = argument.many === true ? this.#tokens.slice(this.#at) : [token];
    this.#at += taken.length;
    const { shape } = argument;
    const values =
      shape.kind === 'keys'
        ? readKeyRanges(taken, shape.what, problems)
        : taken.map((each) => readValue(each, shape, problems)).filter((value) => value !== undefined);
    if (values.length > 0) this.#args.set(argument.name, values);
    else if (argument.optional !== true) this.#complete = false;
  }

  #readOptions(): void {
    for (let token = this.#next; token !== undefined; token = this.#next) {
      this.#at += 1;
      const option = token.quoted ? undefined : this.#options.get(token.value);
      if (option === undefined) this.#unknownOption(token);
      else this.#readOption(token, option);
    }
  }

  #readOption(token: Token, option: Option): void {
    const { problems } = this;
    let value: Value | undefined;
    if (option.value !== undefined) {
      const next = this.#next;
      const free = option.value.kind === 'text';
      if (next === undefined || (!free && !next.quoted && this.#options.has(next.value))) {
        problems.error(
          after(token),
          `'${option.name}' needs ${option.value.what}`,
          sample(option.name, option.value),
        );
        return;
      }
      this.#at += 1;
      value = readValue(next, option.value, problems);
      if (value === undefined) return;
    }
    const second = this.#readSecond(option);
    const before = this.#given.get(option.name);
    if (before !== undefined)
      problems.warning(
        token,
        `'${option.name}' is given twice on this line; the last counts`,
        'one of the two',
      );
    this.#given.set(option.name, { token, value, second });
  }

  #readSecond({ second }: Option): Value | undefined {
    const next = this.#next;
    if (second === undefined || next === undefined || this.#options.has(next.value)) return undefined;
    this.#at += 1;
    return readValue(next, second, this.problems);
  }

  #unknownOption(token: Token): void {
    const { problems, word } = this;
    const names = [...this.#options.keys()];
    const foreign = Object.hasOwn(FOREIGN_OPTIONS, token.value) ? FOREIGN_OPTIONS[token.value] : undefined;
    const close = nearest(token.value, names);
    if (names.length === 0)
      problems.error(token, `nothing more belongs to '${word.name}': ${quote(token.text)}`, word.form);
    else if (token.quoted && this.#options.has(token.value))
      problems.error(token, `an option stands without quotes: ${token.text}`, token.value);
    else if (foreign !== undefined)
      problems.error(token, `${quote(token.value)} is an option of ${foreign[0]}`, foreign[1]);
    else if (close !== undefined)
      problems.error(token, `unknown option ${quote(token.text)} of '${word.name}'`, close);
    else
      problems.error(
        token,
        `unknown option ${quote(token.text)} of '${word.name}'`,
        `one of: ${names.slice(0, 40).join(', ')}`,
      );
    // Its values would only be reported as unknown again.
    while (
      this.#next !== undefined &&
      !this.#options.has(this.#next.value) &&
      /^[-+\d./]/.test(this.#next.value)
    )
      this.#at += 1;
  }
}

/** How an option is written with a value of its shape. */
function sample(name: string, shape: Shape): string {
  switch (shape.kind) {
    case 'integer':
    case 'number':
      return `${name} N, ${shape.what} from ${shape.min} to ${shape.max}`;
    case 'choice':
      return `${name} ${shape.values.join('|')}`;
    case 'switch':
      return `${name} 0, or ${name} 1`;
    case 'percent':
      return `${name} 10%`;
    default:
      return `${name} and ${shape.what}`;
  }
}

function byName(options: readonly Option[]): ReadonlyMap<string, Option> {
  return new Map(options.map((option) => [option.name, option]));
}
