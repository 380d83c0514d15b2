/**
 * One token against one shape: is it a port, a host, a number in its range? Owns the messages about values; knows no word.
 */
import { parseAddress } from '../units/address.js';
import type { Shape } from './grammar.js';
import type { Token } from './lexer.js';
import { nearest } from './nearest.js';
import { type ProblemList, quote } from './problem.js';
import type { Value } from './statement.js';

const INTEGER = /^-?\d+$/;
const HEX = /^0x[0-9a-fA-F]{1,8}$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

const value = (token: Token, number = Number.NaN, last = number): Value => ({
  token,
  text: token.value,
  number,
  last,
});

/** The value, or undefined with the problem reported. */
export function readValue(token: Token, shape: Shape, problems: ProblemList): Value | undefined {
  switch (shape.kind) {
    case 'integer':
    case 'number':
      return readNumber(token, shape, problems);
    case 'percent':
      return readPercent(token, problems);
    case 'switch':
      return readSwitch(token, problems);
    case 'choice':
      return readChoice(token, shape.values, shape.what, problems);
    case 'host':
      return readHost(token, problems);
    case 'keys':
      return readNumber(token, { kind: 'integer', what: shape.what, min: 1, max: 65535 }, problems);
    case 'text':
      return readText(token, shape.what, shape.max, problems);
  }
}

function readNumber(
  token: Token,
  shape: { kind: 'integer' | 'number'; what: string; min: number; max: number },
  problems: ProblemList,
): Value | undefined {
  const whole = shape.kind === 'integer';
  const range = `${shape.what} from ${shape.min} to ${shape.max}`;
  const good = whole ? INTEGER.test(token.value) || HEX.test(token.value) : NUMBER.test(token.value);
  if (!good) {
    const kind = whole ? 'a whole number' : 'a number';
    problems.error(token, `${quote(token.value)} is not ${kind}`, range);
    return undefined;
  }
  const read = Number(token.value);
  if (read < shape.min || read > shape.max) {
    problems.error(token, `${token.value} is out of range`, range);
    return undefined;
  }
  return value(token, read);
}

function readPercent(token: Token, problems: ProblemList): Value | undefined {
  const match = /^(\d{1,3}(?:\.\d+)?)%?$/.exec(token.value);
  const percent = Number(match?.[1]);
  if (match !== null && percent > 0 && percent <= 100) return value(token, percent);
  problems.error(token, `${quote(token.value)} is not a share`, 'a percentage above 0 up to 100, as in 10%');
  return undefined;
}

function readSwitch(token: Token, problems: ProblemList): Value | undefined {
  if (token.value === '0' || token.value === 'false') return value(token, 0);
  if (token.value === '1' || token.value === 'true') return value(token, 1);
  const on = ['yes', 'on'].includes(token.value) || Number(token.value) > 1;
  const off = ['no', 'off'].includes(token.value);
  problems.error(token, `${quote(token.value)} is neither 0 nor 1`, on ? '1' : off ? '0' : '0 or 1');
  return undefined;
}

function readChoice(
  token: Token,
  values: readonly string[],
  what: string,
  problems: ProblemList,
): Value | undefined {
  if (values.includes(token.value)) return value(token);
  problems.error(
    token,
    `${quote(token.value)} is not ${what}`,
    nearest(token.value, values) ?? `one of: ${values.join(', ')}`,
  );
  return undefined;
}

function readText(token: Token, what: string, max: number, problems: ProblemList): Value | undefined {
  if (token.value.length <= max) return value(token);
  problems.error(
    token,
    `${token.value.length} characters are too many`,
    `${what} of at most ${max} characters`,
  );
  return undefined;
}

function readHost(token: Token, problems: ProblemList): Value | undefined {
  const wrong = hostProblem(token.value);
  if (wrong === undefined) return value(token);
  problems.error(token, wrong[0], wrong[1]);
  return undefined;
}

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*\\.?$`);

/** What is wrong with a host name or address, and what to write; undefined: nothing. */
export function hostProblem(text: string): readonly [message: string, remedy: string] | undefined {
  if (parseAddress(text) !== undefined) return undefined;
  const bracketed = /^\[(.+)\](:\d+)?$/.exec(text);
  if (bracketed !== null && parseAddress(bracketed[1]!) !== undefined)
    return [`an address is written without brackets: ${quote(text)}`, bracketed[1]!];
  const scheme = /^[a-z]+:\/\/([^/:]+)/i.exec(text);
  if (scheme !== null) return [`a name or an address is wanted, not ${quote(text)}`, scheme[1]!];
  const withPort = /^([^:]+):(\d+)$/.exec(text);
  if (withPort !== null && hostProblem(withPort[1]!) === undefined)
    return [`a port does not belong to the name: ${quote(text)}`, `${withPort[1]} port ${withPort[2]}`];
  const withPrefix = /^([^/]+)\/\d+$/.exec(text);
  if (withPrefix !== null) return [`one host is wanted, not a network: ${quote(text)}`, withPrefix[1]!];
  if (text.includes(':'))
    return [
      `${quote(text)} is not an IPv6 address`,
      'eight groups of hexadecimal digits, or fewer with one ::',
    ];
  if (/^[\d.]+$/.test(text))
    return [
      `${quote(text)} is not an IPv4 address`,
      'four numbers from 0 to 255, no leading zeros, as in 192.0.2.7',
    ];
  if (text.length <= 253 && HOST_NAME.test(text)) return undefined;
  const stripped = text.replaceAll(/[^A-Za-z0-9_.-]/g, '');
  return [
    `${quote(text)} is not a host name`,
    stripped !== text && HOST_NAME.test(stripped) ? stripped : 'letters, digits, "-" and dots',
  ];
}

/** `trustedkey` values: numbers and ranges, with or without blanks: 1 2 (3 ... 5) 7 ... 9 (10...12). */
export function readKeyRanges(tokens: readonly Token[], what: string, problems: ProblemList): Value[] {
  const pieces = tokens.flatMap(splitRange);
  const values: Value[] = [];
  const read = (token: Token) => readValue(token, { kind: 'keys', what }, problems);
  let open: Token | undefined;
  for (let at = 0; at < pieces.length; at += 1) {
    const piece = pieces[at]!;
    if (piece.value === '(') {
      if (open !== undefined) problems.error(piece, 'a bracket inside a bracket', '(A ... B)');
      open = piece;
    } else if (piece.value === ')') {
      if (open === undefined) problems.error(piece, 'a bracket is closed and was not opened', '(A ... B)');
      open = undefined;
    } else if (piece.value === '...') {
      problems.error(piece, 'a range needs a number on both sides', '(A ... B)');
    } else {
      const first = read(piece);
      if (pieces[at + 1]?.value !== '...') {
        if (first !== undefined) values.push(first);
        continue;
      }
      const end = pieces[at + 2];
      if (end === undefined || end.value === '(' || end.value === ')' || end.value === '...') {
        problems.error(pieces[at + 1]!, 'a range needs a number on both sides', '(A ... B)');
        at += 1;
        continue;
      }
      at += 2;
      const last = read(end);
      if (first === undefined || last === undefined) continue;
      if (last.number < first.number)
        problems.error(end, 'the range runs backwards', `(${last.number} ... ${first.number})`);
      else values.push({ ...first, last: last.number });
    }
  }
  if (open !== undefined) problems.error(open, 'a bracket is opened and not closed', '(A ... B)');
  return values;
}

function splitRange(token: Token): Token[] {
  if (token.quoted) return [token];
  return Array.from(token.value.matchAll(/\.\.\.|[()]|(?:(?!\.\.\.)[^()])+/g), (match) => ({
    ...token,
    column: token.column + match.index,
    length: match[0].length,
    text: match[0],
    value: match[0],
  }));
}
