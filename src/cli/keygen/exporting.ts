/**
 * `-e`, `-q` and `keygen group export`: what a server gives to others of its group, on standard output or to a file.
 * Nothing of it is shown on a terminal, and no certificate is touched.
 */
import { writeFileSync } from 'node:fs';
import { SCHEMES, type Scheme } from '../../autokey/files/names.js';
import { type ExportWish, exportParameters, exportServerKeys } from '../../autokey/keygen/exports.js';
import { groupOfSubject } from '../../autokey/keygen/make.js';
import type { NewFile } from '../../autokey/keygen/new-file.js';
import { requestOf } from '../../autokey/keygen/request.js';
import { certificateOf } from '../../autokey/keygen/survey.js';
import { explain, NoonmarkError } from '../../errors.js';
import { keygenWords } from './arguments.js';
import type { Workbench } from './workbench.js';

/** `--scheme`; undefined: none named. Throws ERR_USAGE. */
export function schemeOf(text: string | undefined): Scheme | undefined {
  const scheme = SCHEMES.find((known) => known === text);
  if (text !== undefined && scheme === undefined)
    throw new NoonmarkError('ERR_USAGE', `there is no scheme '${text}'`, '--scheme gq, iff or mv');
  return scheme;
}

/** Exports parameters (`-e`), server keys (`-q`) or both. `group`: undefined: the host's own. */
export function exportFiles(
  bench: Workbench,
  what: { readonly parameters: boolean; readonly serverPassword: string | undefined },
  group: string | undefined,
): void {
  const { line, io } = bench;
  const { flags, hostName, password } = line;
  const folder = bench.folder();
  const subjectGroup = groupOfSubject(certificateOf(folder, hostName)?.subject);
  const request = requestOf(keygenWords(line));
  const wish: ExportWish = {
    ...{ password, cipher: request.cipher, random: bench.random, scheme: schemeOf(flags.scheme) },
    group: group ?? subjectGroup ?? hostName,
    hostName,
    subjects: subjectGroup === (group ?? subjectGroup) && subjectGroup !== undefined,
    mvClient: clientNumber(flags.client),
    isForP15: request.audience === 'ntpd-4.2.8p15',
  };
  if (flags.output === undefined && io.isTerminal)
    throw new NoonmarkError(
      'ERR_USAGE',
      'keys are not shown on a terminal',
      'send them to a file (> FILE, or -o FILE), or into another program',
    );
  const files = [
    ...(what.parameters ? exportParameters(folder, wish) : []),
    ...(what.serverPassword === undefined ? [] : exportServerKeys(folder, wish, what.serverPassword)),
  ];
  if (files.length === 0)
    throw new NoonmarkError(
      'ERR_KEYS',
      `${bench.directory} has no key of the group '${wish.group}'`,
      `noonmark keygen group create ${wish.group}, or -i with the name of a group that is there (noonmark keygen show)`,
    );
  deliver(bench, files);
}

function clientNumber(text: string | undefined): number {
  const value = text === undefined ? 1 : /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new NoonmarkError('ERR_USAGE', `--client takes a number from 1, not '${text}'`, '--client 1');
}

function deliver({ line, io }: Workbench, files: readonly NewFile[]): void {
  const { output } = line.flags;
  const text = files.map((file) => file.text).join('');
  if (output === undefined) {
    io.out(text);
    return;
  }
  try {
    writeFileSync(output, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new NoonmarkError(
      ...(['ERR_FILE', `${output} cannot be written: ${explain(cause)}`, 'a new file: -o FILE'] as const),
      { cause },
    );
  }
  io.err(`${files.map(({ name }) => name).join(', ')} written to ${output}\n`);
}
