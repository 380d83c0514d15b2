/** The configuration and the keys it names, as `noonmark check` finds them. */
import type { ConfigProblem } from '../../../config/problem.js';
import { type Finding, note, problem, well } from '../finding.js';
import { type Machine, program } from '../machine.js';

export interface ConfigReport {
  /** why it cannot be read, with what to do; undefined: it can */
  readonly unreadable: { readonly text: string; readonly remedy: string } | undefined;
  readonly problems: readonly ConfigProblem[];
  /** of keys files, and of Autokey's */
  readonly keyProblems: readonly ConfigProblem[];
}

export function checkConfiguration(
  machine: Machine,
  configFile: string,
  report: ConfigReport,
): readonly Finding[] {
  const check = `${program(machine, 'noonmark')} check ${configFile}`;
  const { unreadable } = report;
  if (unreadable !== undefined) return [problem('config-missing', unreadable.text, unreadable.remedy)];
  const findings = [
    ...report.problems.map((one) => told('config-error', one, check)),
    ...report.keyProblems.map((one) => told('keys-problem', one, one.remedy)),
  ];
  return findings.some(({ level }) => level === 'problem')
    ? findings
    : [...findings, well('config-ok', `${configFile} is in order`)];
}

function told(id: 'config-error' | 'keys-problem', one: ConfigProblem, remedy: string): Finding {
  const text = `${one.file}:${one.line}: ${one.message}`;
  return one.severity === 'error' ? problem(id, text, remedy) : note(id, text, remedy);
}
