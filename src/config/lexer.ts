/**
 * Text to tokens, by ntpd 4.2.8's rules (ntpd/ntp_scanner.c): a command ends with its line and is never continued;
 * '#' starts a comment, also inside a word; '"' quotes to the next '"' or to the end of the line; blanks separate.
 * Knows no word of the language: brackets and '=' stay inside their token, the grammar takes them apart where they count.
 */
import type { Place, Severity } from './problem.js';

export interface Token extends Place {
  /** the value: quotes taken away */
  readonly value: string;
  /** a quoted token is never a keyword */
  readonly quoted: boolean;
}

/** What is wrong with the characters of a line, to be reported once it is known what may be shown of it. */
export interface Remark {
  readonly severity: Severity;
  readonly at: Place;
  readonly message: string;
  readonly remedy: string;
}

export interface Line {
  readonly number: number;
  readonly source: string;
  /** at least one */
  readonly tokens: readonly Token[];
  readonly remarks: readonly Remark[];
  /** longer than MAX_LINE: not read, its first token alone is given, and the remark that says so */
  readonly tooLong: boolean;
}

/** ntpd's own limit (MAX_LEXEME). */
export const MAX_TOKEN = 1024;
/** Nobody writes a longer command by hand, and a reload must not take the daemon's time. */
export const MAX_LINE = 16_384;

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
export function* lexLines(text: string, file: string): Generator<Line> {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  let number = 0;
  for (const raw of body.split('\n')) {
    number += 1;
    const source = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const line = lexLine(source, file, number);
    if (line.tokens.length > 0) yield line;
  }
}

function lexLine(whole: string, file: string, number: number): Line {
  const source = whole.slice(0, MAX_LINE);
  const tokens: Token[] = [];
  const remarks: Remark[] = [];
  const place = (start: number, end: number): Place => {
    const text = source.slice(start, end);
    return { file, line: number, column: start + 1, length: end - start, text, sourceLine: source };
  };
  let at = 0;
  while (at < source.length && source[at] !== '#') {
    if (BLANKS.includes(source[at]!)) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < source.length && !BLANKS.includes(source[at]!) && source[at] !== '#' && source[at] !== '"')
      at += 1;
    let value = source.slice(start, at);
    const quoted = source[at] === '"';
    if (quoted) {
      // A quote ends the token, as with ntpd: "a"b is two tokens.
      const close = source.indexOf('"', at + 1);
      value += source.slice(at + 1, close < 0 ? source.length : close);
      if (close < 0) remarks.push(openQuote(place(at, source.length)));
      at = close < 0 ? source.length : close + 1;
    }
    const where = place(start, at);
    checkCharacters(where, quoted, remarks);
    if (value.length > MAX_TOKEN) remarks.push(tooLong(where, value.length));
    tokens.push({ ...where, value: value.slice(0, MAX_TOKEN), quoted });
  }
  // A comment may be as long as it likes.
  if (whole.length <= MAX_LINE || source[at] === '#')
    return { number, source, tokens, remarks, tooLong: false };
  const start: Place = { file, line: number, column: 1, length: 1, text: '', sourceLine: '' };
  const message = `a line of ${whole.length} characters`;
  const remark: Remark = { severity: 'error', at: start, message, remedy: `at most ${MAX_LINE} characters` };
  return { number, source: '', tokens: tokens.slice(0, 1), remarks: [remark], tooLong: true };
}

function openQuote(at: Place): Remark {
  const message = 'a quote is opened and not closed; it is taken to the end of the line';
  return { severity: 'warning', at, message, remedy: 'the text with a quote at both ends' };
}

function tooLong(at: Place, length: number): Remark {
  return {
    severity: 'error',
    at,
    message: `a word of ${length} characters`,
    remedy: `at most ${MAX_TOKEN} characters`,
  };
}

function checkCharacters(where: Place, quoted: boolean, remarks: Remark[]): void {
  for (let index = 0; index < where.text.length; index += 1) {
    const code = where.text.charCodeAt(index);
    const at = { ...where, column: where.column + index, length: 1, text: where.text[index]! };
    const hex = code.toString(16).toUpperCase().padStart(4, '0');
    if ((code < 0x20 && code !== 9) || (code >= 0x7f && code < 0xa0)) {
      const message = `a control character (U+${hex})`;
      remarks.push({ severity: 'error', at, message, remedy: 'the line typed anew, without it' });
    }
    const lookalike = quoted ? undefined : LOOKALIKES.get(code);
    if (lookalike !== undefined) {
      const message = `${lookalike[0]} (U+${hex}), as copied from a web page`;
      remarks.push({ severity: 'error', at, message, remedy: lookalike[1] });
    }
  }
}

/** The place just behind a token, for what is missing there. */
export function after(token: Token): Place {
  const { file, line, sourceLine } = token;
  return { file, line, column: token.column + token.length, length: 1, text: '', sourceLine };
}
