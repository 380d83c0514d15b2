/**
 * One line of the file as the grammar understood it: the word, its arguments, its options. Values are checked already;
 * what was wrong is missing here and stands in the problem list.
 */

import type { Word } from './grammar.js';
import type { Token } from './lexer.js';
import type { Origin } from './types.js';

export interface Value {
  readonly token: Token;
  readonly text: string;
  /** of integers, numbers, percentages and switches; NaN for texts */
  readonly number: number;
  /** of key ranges: the last key */
  readonly last: number;
}

export interface GivenOption {
  readonly token: Token;
  readonly value: Value | undefined;
  readonly second: Value | undefined;
}

export class Statement {
  constructor(
    readonly word: Word,
    readonly head: Token,
    readonly family: 0 | 4 | 6,
    readonly args: ReadonlyMap<string, readonly Value[]>,
    readonly options: ReadonlyMap<string, GivenOption>,
  ) {}

  get origin(): Origin {
    const { file, line, column } = this.head;
    return { file, line, column };
  }

  /** The first value of an argument. */
  arg(name: string): Value | undefined {
    return this.args.get(name)?.[0];
  }

  list(name: string): readonly Value[] {
    return this.args.get(name) ?? [];
  }

  has(option: string): boolean {
    return this.options.has(option);
  }

  number(option: string): number | undefined {
    return this.options.get(option)?.value?.number;
  }

  text(option: string): string | undefined {
    return this.options.get(option)?.value?.text;
  }

  /** The second value of an option. */
  secondText(option: string): string | undefined {
    return this.options.get(option)?.second?.text;
  }

  /** Where an option (or its value) stands, else the word itself. */
  at(option: string): Token {
    const given = this.options.get(option);
    return given?.value?.token ?? given?.token ?? this.head;
  }
}
