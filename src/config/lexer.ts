/**
 * Text to tokens, by ntpd 4.2.8's rules (ntpd/ntp_scanner.c): a command ends with its line and is never continued;
 * '#' starts a comment, also inside a word; '"' quotes to the next '"' or to the end of the line; blanks separate.
 * Knows no word of the language: brackets and '=' stay inside their token, the grammar takes them apart where they count.
 */
import type { Place, ProblemList } from './problem.js';

export interface Token extends Place {
  /** the value: quotes taken away */
  readonly value: string;
  /** a quoted token is never a keyword */
  readonly quoted: boolean;
}

export interface Line {
  readonly number: number;
  readonly source: string;
  readonly tokens: readonly Token[];
}

/** ntpd's own limit (MAX_LEXEME). */
export const MAX_TOKEN = 1024;

const BLANKS = ' \t\r\v\f';

/** Characters that look like ASCII ones in a text copied from a web page or a word processor. */
const LOOKALIKES = new Map<number, [name: string, plain: string]>([
  [0x00a0, ['a no-break space', 'a plain space']],
  [0x2007, ['a figure space', 'a plain space']],
  [0x2009, ['a thin space', 'a plain space']],
  [0x202f, ['a narrow no-break space', 'a plain space']],
  [0x200b, ['a zero-width space', 'the word without it']],
  [0xfeff, ['a byte order mark', 'the word without it']],
  [0x2010, ['a typographic hyphen', 'a plain "-"']],
  [0x2011, ['a no-break hyphen', 'a plain "-"']],
  [0x2013, ['an en dash', 'a plain "-"']],
  [0x2014, ['an em dash', 'a plain "-"']],
  [0x2212, ['a minus sign', 'a plain "-"']],
  [0x2018, ['a typographic quote', 'a plain " quote']],
  [0x2019, ['a typographic quote', 'a plain " quote']],
  [0x201c, ['a typographic quote', 'a plain " quote']],
  [0x201d, ['a typographic quote', 'a plain " quote']],
  [0x201e, ['a typographic quote', 'a plain " quote']],
]);

/** Tokens of each line that has any, in order. Never throws, whatever the text. */
export function* lexLines(text: string, file: string, problems: ProblemList): Generator<Line> {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  let number = 0;
  for (const raw of body.split('\n')) {
    number += 1;
    const source = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const tokens = lexLine(source, file, number, problems);
    if (tokens.length > 0) yield { number, source, tokens };
  }
}

function lexLine(source: string, file: string, line: number, problems: ProblemList): Token[] {
  const tokens: Token[] = [];
  const place = (start: number, end: number): Place => {
    const sourceLine = source;
    return { file, line, column: start + 1, length: end - start, text: source.slice(start, end), sourceLine };
  };
  let at = 0;
  while (at < source.length) {
    if (BLANKS.includes(source[at]!)) {
      at += 1;
      continue;
    }
    if (source[at] === '#') break;
    const start = at;
    let value = '';
    let quoted = false;
    while (at < source.length && !BLANKS.includes(source[at]!) && source[at] !== '#') {
      if (source[at] === '"') {
        // A quote ends the token, as with ntpd: "a"b is two tokens.
        const close = source.indexOf('"', at + 1);
        quoted = true;
        value += source.slice(at + 1, close < 0 ? source.length : close);
        if (close < 0)
          problems.warning(
            place(at, source.length),
            'a quote is opened and not closed; it is taken to the end of the line',
            `${source.slice(start).trimEnd()}"`,
          );
        at = close < 0 ? source.length : close + 1;
        break;
      }
      value += source[at];
      at += 1;
    }
    const where = place(start, at);
    checkCharacters(where, quoted, problems);
    if (value.length > MAX_TOKEN)
      problems.error(
        { ...where, text: `${where.text.slice(0, 40)}…` },
        `a word of ${value.length} characters`,
        `at most ${MAX_TOKEN} characters`,
      );
    tokens.push({ ...where, value: value.slice(0, MAX_TOKEN), quoted });
  }
  return tokens;
}

function checkCharacters(where: Place, quoted: boolean, problems: ProblemList): void {
  for (let index = 0; index < where.text.length; index += 1) {
    const code = where.text.charCodeAt(index);
    const at = { ...where, column: where.column + index, length: 1, text: where.text[index]! };
    if (code < 0x20 && code !== 9)
      problems.error(at, `a control character (code ${code})`, 'the line without it, typed anew');
    const lookalike = quoted ? undefined : LOOKALIKES.get(code);
    if (lookalike !== undefined) {
      const hex = code.toString(16).toUpperCase().padStart(4, '0');
      problems.error(at, `${lookalike[0]} (U+${hex}), as copied from a web page`, lookalike[1]);
    }
  }
}

/** The place just behind a token, for what is missing there. */
export function after(token: Token): Place {
  const { file, line, sourceLine } = token;
  return { file, line, column: token.column + token.length, length: 1, text: '', sourceLine };
}
