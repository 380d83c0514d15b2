/**
 * `noonmark check`: every problem of a configuration and of the keys file it names, before a daemon trips over them.
 */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.js';
import { nearest } from '../config/nearest.js';
import { countProblems, printProblem } from '../config/print.js';
import { type ConfigProblem, sortProblems } from '../config/problem.js';
import type { ReadResult } from '../config/read.js';
import { WORDS } from '../config/words.js';
import { explainWord, listWords } from '../config/words-help.js';
import { EXIT, explain, NoonmarkError } from '../errors.js';
import { boardProblems } from './board-problem.js';
import type { Command, CommandIo } from './command.js';
import { autokeyProblems, keyProblems } from './key-problems.js';
import { nowSeconds } from './keygen/workbench.js';

const usage = `usage: noonmark check FILE [--json]
       noonmark check --words [WORD]

Reads a configuration as the daemon would, with the files it includes and the keys file it names, and prints every
problem with its line and what to write instead. Nothing is changed, and nothing is started.

  --json    one JSON object: {"file", "errors", "warnings", "problems": [{"severity", "file", "line", "column",
            "length", "text", "message", "remedy"}]}
  --words   the words of the language, or all about one WORD

exit code: 0 no error (warnings are none), 78 an error, 66 the file cannot be read

example: noonmark check /etc/noonmark/ntp.conf
`;

export const command: Command = {
  name: 'check',
  summary: 'find every mistake in a configuration file, with what to write instead',
  usage,
  async run(args, io) {
    const { values, positionals } = parse(args);
    const [file, ...more] = positionals;
    if (values.words) return words(file, io);
    if (file === undefined || more.length > 0)
      throw new NoonmarkError('ERR_USAGE', 'one file is wanted', 'noonmark check /etc/noonmark/ntp.conf');
    let result: ReadResult;
    try {
      result = loadConfig(file);
    } catch (error) {
      if (!(error instanceof NoonmarkError)) throw error;
      io.err(`noonmark check: ${explain(error)}\n`);
      return EXIT.noInput;
    }
    const [symmetric, autokey] = [keyProblems(result), autokeyProblems(result, hostname(), nowSeconds())];
    const problems = sortProblems([...result.problems, ...boardProblems(result), ...symmetric, ...autokey]);
    const { keysFile } = result.config;
    const ofKeys = [...symmetric.filter((problem) => problem.file === keysFile), ...autokey];
    if (values.json) io.out(json(file, problems));
    else print(file, problems, new Set(ofKeys), io);
    return problems.some(({ severity }) => severity === 'error') ? EXIT.config : EXIT.ok;
  },
};

function parse(args: readonly string[]) {
  try {
    const options = { json: { type: 'boolean' }, words: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new NoonmarkError('ERR_USAGE', message, 'noonmark check --help', { cause: error });
  }
}

function words(name: string | undefined, io: CommandIo): number {
  if (name === undefined) {
    io.out(listWords());
    return EXIT.ok;
  }
  const text = explainWord(name);
  if (text === undefined)
    throw new NoonmarkError(
      'ERR_USAGE',
      `'${name}' is not a word of the configuration`,
      `noonmark check --words ${nearest(name, WORDS.keys()) ?? ''}`.trimEnd(),
    );
  io.out(text);
  return EXIT.ok;
}

function json(file: string, problems: readonly ConfigProblem[]): string {
  const count = (wanted: ConfigProblem['severity']) =>
    problems.filter(({ severity }) => severity === wanted).length;
  const list = problems.map(({ severity, file, line, column, length, text, message, remedy }) => ({
    ...{ severity, file, line, column, length, text, message, remedy },
  }));
  return `${JSON.stringify({ file, errors: count('error'), warnings: count('warning'), problems: list })}\n`;
}

function print(
  file: string,
  problems: readonly ConfigProblem[],
  ofKeys: ReadonlySet<ConfigProblem>,
  io: CommandIo,
): void {
  const options = { columns: io.columns, colour: io.isTerminal };
  // The remedies of keys tell what to do with them.
  for (const problem of problems)
    io.out(printProblem(problem, options, ofKeys.has(problem) ? 'remedy' : 'write instead'));
  io.out(`${file}: ${countProblems(problems)}\n`);
}
