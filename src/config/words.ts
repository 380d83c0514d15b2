/**
 * All words of the language in one table, for the parser, for help, and for the contract in test/contracts/config-words.txt.
 */
import type { Word } from './grammar.js';
import { accessWords } from './grammar-access.js';
import { sourceWords } from './grammar-sources.js';
import { systemWords } from './grammar-system.js';

export const WORDS: ReadonlyMap<string, Word> = new Map(
  [...sourceWords, ...accessWords, ...systemWords].map((word) => [word.name, word]),
);
