/**
 * The shape of the language: what a word, an argument and an option are. The words themselves stand in grammar-*.ts, all of
 * them data; what is acted on, and what is not, stands in support.ts.
 */

/** What a value may be. `what` names it in messages: "a port", "a poll interval (log2 seconds)". */
export type Shape =
  | { readonly kind: 'integer'; readonly what: string; readonly min: number; readonly max: number }
  | { readonly kind: 'number'; readonly what: string; readonly min: number; readonly max: number }
  | { readonly kind: 'percent'; readonly what: string }
  | { readonly kind: 'text'; readonly what: string; readonly max: number }
  | { readonly kind: 'choice'; readonly what: string; readonly values: readonly string[] }
  /** 0 or 1 */
  | { readonly kind: 'switch'; readonly what: string }
  /** a host name or an address literal */
  | { readonly kind: 'host'; readonly what: string }
  /** one key identifier, or a range `1 ... 5` or `(1 ... 5)` */
  | { readonly kind: 'keys'; readonly what: string };

export interface Argument {
  readonly name: string;
  readonly shape: Shape;
  readonly optional?: boolean;
  /** takes every token that is left */
  readonly many?: boolean;
}

export interface Option {
  readonly name: string;
  readonly help: string;
  /** none: a flag */
  readonly value?: Shape;
  /** one value more may follow: `crypto minimum 1024 SHA256` */
  readonly second?: Shape;
}

export interface Word {
  readonly name: string;
  /** a line as it is written, for help and remedies */
  readonly form: string;
  readonly example: string;
  readonly help: string;
  /** takes -4 or -6 before its arguments */
  readonly family?: boolean;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** other options, by the first argument: `server 127.127.t.u`, `refclock NAME` */
  readonly optionsFor?: (first: string) => readonly Option[] | undefined;
  /** at least one option must be there */
  readonly needsOption?: boolean;
}

export const integer = (what: string, min: number, max: number): Shape => ({
  kind: 'integer',
  what,
  min,
  max,
});
export const number = (what: string, min: number, max: number): Shape => ({ kind: 'number', what, min, max });
export const text = (what: string, max = 1024): Shape => ({ kind: 'text', what, max });
export const choice = (what: string, ...values: readonly string[]): Shape => ({
  kind: 'choice',
  what,
  values,
});
export const host: Shape = { kind: 'host', what: 'a host name or an address' };
export const file: Shape = text('a file name');
export const keyId: Shape = integer('a key identifier', 1, 65535);

export const flag = (name: string, help: string): Option => ({ name, help });
export const option = (name: string, value: Shape, help: string): Option => ({ name, value, help });

/** A word without options. */
export const word = (
  name: string,
  form: string,
  example: string,
  help: string,
  ...args: readonly Argument[]
): Word => ({ name, form, example, help, arguments: args });

export const arg = (name: string, shape: Shape): Argument => ({ name, shape });
export const maybe = (name: string, shape: Shape): Argument => ({ name, shape, optional: true });
export const many = (name: string, shape: Shape): Argument => ({ name, shape, many: true });
