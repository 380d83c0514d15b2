/**
 * The language explained from its own tables: one line for each word, or all of one word.
 */
import type { Option, Word } from './grammar.js';
import { REFCLOCK_FORMS, refclockAddressOptions } from './grammar-sources.js';
import { supportOf } from './report-support.js';
import type { Support } from './support.js';
import { WORDS } from './words.js';

function remark(support: Support | undefined): string {
  if (support === undefined) return '';
  if (support.state === 'later') return ' [not supported yet]';
  return support.state === 'harmless' ? ' [no effect]' : ' [not supported]';
}

/** A table of all words, sorted. */
export function listWords(): string {
  const names = [...WORDS.keys()].sort();
  const width = Math.max(...names.map((name) => name.length));
  return names
    .map((name) => `${name.padEnd(width)}  ${WORDS.get(name)!.help}${remark(supportOf(name))}\n`)
    .join('');
}

/** Form, example, options; undefined: no such word. */
export function explainWord(name: string): string | undefined {
  const word = WORDS.get(name);
  if (word === undefined) return undefined;
  const ofWord = supportOf(name);
  const lines = [`${word.form}`, `  ${word.help}${remark(ofWord)}`, `  example: ${word.example}`];
  if (ofWord !== undefined && ofWord.state !== 'later') lines.push(`  ${ofWord.says}`);
  if (ofWord !== undefined) lines.push(`  write instead: ${ofWord.instead}`);
  for (const [title, family, options] of optionTables(word)) {
    if (options.length === 0) continue;
    lines.push(`  ${title}:`);
    const width = Math.max(...options.map((option) => label(option).length));
    for (const option of options) {
      const support = supportOf(`${name} ${option.name}`) ?? supportOf(`${family} ${option.name}`);
      lines.push(`    ${label(option).padEnd(width)}  ${option.help}${remark(support)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function optionTables(word: Word): (readonly [title: string, family: string, options: readonly Option[]])[] {
  const own = word.options ?? [];
  if (word.name === 'refclock')
    return [...REFCLOCK_FORMS].map(([form, options]) => [`refclock ${form}`, 'refclock', options] as const);
  const isAssociation = word.arguments?.[0]?.name === 'host' && own.some(({ name }) => name === 'minpoll');
  const tables = [['options', isAssociation ? '*' : word.name, own] as const];
  if (word.optionsFor === undefined) return tables;
  return [...tables, ['with a reference clock 127.127.t.u', '127.127', refclockAddressOptions] as const];
}

function label(option: Option): string {
  const { name, value } = option;
  if (value === undefined) return name;
  if (value.kind === 'choice') return `${name} ${value.values.join('|')}`;
  if (value.kind === 'switch') return `${name} 0|1`;
  return `${name} ${value.kind === 'text' ? 'TEXT' : value.kind === 'host' ? 'HOST' : value.kind === 'percent' ? 'N%' : 'N'}`;
}
