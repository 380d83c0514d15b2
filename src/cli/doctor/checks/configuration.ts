/** The configuration and the keys it names, as `noonmark check` finds them. */
import type { ConfigProblem } from '../../../config/problem.js';
import { type Case, type Finding, note, problem, well } from '../finding.js';
import { program } from '../machine.js';
import { shellWord } from '../shell.js';

export interface ConfigReport {
  /** why it cannot be read, with what to do; undefined: it can */
  readonly unreadable: { readonly text: string; readonly remedy: string } | undefined;
  readonly problems: readonly ConfigProblem[];
  /** of keys files, and of Autokey's */
  readonly keyProblems: readonly ConfigProblem[];
}

/** `file`: the configuration that was read. */
export function checkConfiguration(
  { machine, configFile }: Case,
  file: string,
  report: ConfigReport,
): readonly Finding[] {
  const check = `${program(machine, 'noonmark')} check ${shellWord(file)}`;
  // Files that it includes are where they are.
  const remedy = (where: string) =>
    configFile === file || !where.endsWith(file)
      ? check
      : `mend it in ${configFile}; "${check}" shows the lines`;
  const { unreadable } = report;
  if (unreadable !== undefined) return [problem('config-missing', unreadable.text, unreadable.remedy)];
  const findings = [
    ...report.problems.map((one) => told('config-error', one, remedy(one.file))),
    ...report.keyProblems.map((one) => told('keys-problem', one, one.remedy)),
  ];
  return findings.some(({ level }) => level === 'problem')
    ? findings
    : [...findings, well('config-ok', `${file} is in order`)];
}

function told(id: 'config-error' | 'keys-problem', one: ConfigProblem, remedy: string): Finding {
  const text = `${one.file}:${one.line}: ${one.message}`;
  return one.severity === 'error' ? problem(id, text, remedy) : note(id, text, remedy);
}
