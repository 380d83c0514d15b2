/**
 * Says of each statement what noonmark does not do with it, by the table in support.ts.
 */
import { refclockAddress } from '../units/address.js';
import type { Place, ProblemList } from './problem.js';
import type { Statement } from './statement.js';
import { SUPPORT, type Support } from './support.js';

const ASSOCIATIONS = new Set(['server', 'pool', 'peer', 'broadcast', 'manycastclient']);

export function supportOf(key: string): Support | undefined {
  return Object.hasOwn(SUPPORT, key) ? SUPPORT[key] : undefined;
}

function report(support: Support, at: Place, name: string, problems: ProblemList): void {
  const { instead } = support;
  if (support.state === 'later')
    problems.add(support.severity, at, `'${name}' is not supported yet`, instead);
  else if (support.state === 'harmless')
    problems.warning(at, `'${name}' has no effect here: ${support.says}`, instead);
  else problems.error(at, `'${name}' is not supported: ${support.says}`, instead);
}

/** Reports the word, else its options, arguments and choices that are listed. */
export function reportSupport(statement: Statement, problems: ProblemList): void {
  const { word, head } = statement;
  const ofWord = supportOf(word.name);
  if (ofWord !== undefined) report(ofWord, head, word.name, problems);
  const family = optionFamily(statement);
  for (const [name, { token }] of statement.options) {
    const support = supportOf(`${word.name} ${name}`) ?? supportOf(`${family} ${name}`);
    // A word that is refused whole needs no second line for each option, unless that option never comes.
    if (support !== undefined && (ofWord === undefined || support.state === 'refused'))
      report(
        support,
        token,
        family === '127.127' || family === '*' ? name : `${word.name} ${name}`,
        problems,
      );
  }
  if (ofWord !== undefined) return;
  for (const argument of word.arguments ?? []) {
    const isChoice = argument.shape.kind === 'choice';
    if (!isChoice && argument.optional !== true) continue;
    for (const { token, text } of statement.list(argument.name)) {
      const support = supportOf(`${word.name} ${isChoice ? text : argument.name}`);
      if (support !== undefined)
        report(support, token, isChoice ? `${word.name} ${text}` : token.text, problems);
    }
  }
}

function optionFamily(statement: Statement): string {
  const { name } = statement.word;
  if (refclockAddress(statement.arg('host')?.text ?? '') !== undefined) return '127.127';
  return ASSOCIATIONS.has(name) ? '*' : name;
}
