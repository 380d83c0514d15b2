/**
 * `noonmark keygen group create`, `group export` and `group join`: Autokey's groups in words.
 */
import { readFileSync } from 'node:fs';
import { keyLink } from '../../autokey/files/names.js';
import { noGroupFile, readJoinFile, splitArmours } from '../../autokey/keygen/join.js';
import { groupOfSubject } from '../../autokey/keygen/make.js';
import { requestOf } from '../../autokey/keygen/request.js';
import { certificateOf } from '../../autokey/keygen/survey.js';
import { EXIT, explain, NoonmarkError } from '../../errors.js';
import { keygenWords } from './arguments.js';
import { exportFiles, schemeOf } from './exporting.js';
import type { Workbench } from './workbench.js';

const JOIN_BYTES = 1 << 18;

/** Answers the exit code. Throws ERR_USAGE for words it does not know. */
export async function groupCommand(bench: Workbench, words: readonly string[]): Promise<number> {
  const [verb, name, ...more] = words;
  if (more.length > 0)
    throw new NoonmarkError('ERR_USAGE', `'${more[0]}' is one word too many`, 'noonmark keygen --help');
  switch (verb) {
    case 'create':
      return create(bench, name ?? bench.line.group);
    case 'export': {
      const { flags } = bench.line;
      if (flags.server === true && flags['export-passwd'] === undefined)
        throw new NoonmarkError(
          'ERR_USAGE',
          "a server's key leaves only encrypted",
          '-q PASSWORD, which the other server gives to group join as --file-password',
        );
      const serverPassword = flags.server === true ? flags['export-passwd'] : undefined;
      exportFiles(bench, { parameters: flags.server !== true, serverPassword }, name ?? bench.line.group);
      return EXIT.ok;
    }
    case 'join':
      return join(bench, name);
    default:
      throw new NoonmarkError(
        'ERR_USAGE',
        verb === undefined ? 'create, export or join is wanted' : `there is no 'keygen group ${verb}'`,
        'noonmark keygen group create NAME, group export, or group join FILE',
      );
  }
}

async function create(bench: Workbench, name: string | undefined): Promise<number> {
  const { line, io, directory } = bench;
  if (name === undefined)
    throw new NoonmarkError('ERR_USAGE', 'the group needs a name', 'noonmark keygen group create lan');
  const words = keygenWords(line);
  const named = schemeOf(line.flags.scheme);
  const identities = named === undefined && words.identities?.length ? words.identities : [named ?? 'gq'];
  const folder = bench.folder();
  const link = identities.map((scheme) => keyLink(scheme, name)).find((known) => folder.read(known).ok);
  if (line.flags.new !== true && link !== undefined)
    throw new NoonmarkError(
      'ERR_USAGE',
      `the group '${name}' is there already (${directory}/${link})`,
      '--new replaces it, and all members must then be given the new parameters; or another name',
    );
  await bench.make({ ...words, identities, group: name, trusted: true });
  const host = line.flags['subject-name'] === undefined ? '' : ` -s ${words.hostName}`;
  const flags = `-d ${directory}${host} -p PASSWORD`;
  io.out(
    `The group '${name}' stands, and ${words.hostName} is its trusted host.\n` +
      `  in ntp.conf here:  ${cryptoLine(words.hostName, name, bench)}\n` +
      `                     keysdir ${directory}\n` +
      `  for its members:   noonmark keygen group export ${name} ${flags} > ${name}.par\n` +
      `  and on each:       noonmark keygen group join ${name}.par -d DIR -p PASSWORD\n`,
  );
  return EXIT.ok;
}

/** The line for ntp.conf, without the password itself. */
const cryptoLine = (hostName: string, group: string | undefined, { line }: Workbench): string =>
  [
    'crypto pw PASSWORD',
    line.flags['subject-name'] === undefined ? '' : ` host ${hostName}`,
    group === undefined ? '' : ` ident ${group}`,
  ].join('');

async function join(bench: Workbench, path: string | undefined): Promise<number> {
  if (path === undefined) throw noGroupFile();
  const { line, io, directory } = bench;
  const words = keygenWords(line);
  const { cipher, audience, hostName, password } = requestOf(words);
  const filePassword = line.flags['file-password'] ?? password;
  const hand = {
    ...{ filestamp: 0, password, cipher, random: bench.random },
    isForP15: audience === 'ntpd-4.2.8p15',
  };
  const joined = splitArmours(readText(path)).map((text) =>
    readJoinFile(path, text, filePassword, hostName, hand),
  );
  const files = joined.map(({ file }) => file);
  const [{ group, subjectGroup } = noKey(path)] = joined;
  const role = joined.every((one) => one.role === 'client') ? 'client' : 'server';
  const gqValue = joined.find((one) => one.gqValue !== undefined)?.gqValue;
  const folder = bench.folder();
  const certificate = certificateOf(folder, hostName);
  const subject = line.group ?? subjectGroup;
  const isComplete =
    folder.read(`ntpkey_host_${hostName}`).ok &&
    certificate !== undefined &&
    (subject === undefined || groupOfSubject(certificate.subject) === subject);
  if (isComplete && role === 'client') bench.write(files);
  else if (role === 'server' && gqValue !== undefined)
    await bench.make({ ...words, group: subject }, files, { gqValue: () => gqValue });
  else await bench.make({ ...words, group: subject }, files);
  io.out(
    role === 'client'
      ? `${hostName} can now check hosts of the group '${group}'.\n` +
          `  in ntp.conf:  ${cryptoLine(hostName, subject, bench)}\n` +
          `                keysdir ${directory}\n` +
          `                server SERVER autokey ident ${group}\n`
      : `${hostName} can now answer for the group '${group}'.\n` +
          `  in ntp.conf:  ${cryptoLine(hostName, group, bench)}\n` +
          `                keysdir ${directory}\n`,
  );
  return EXIT.ok;
}

function noKey(path: string): never {
  throw new NoonmarkError('ERR_KEYS', `${path} is empty`, 'the file as group export wrote it');
}

function readText(path: string): string {
  try {
    const text = readFileSync(path === '-' ? 0 : path, 'latin1');
    if (text.length <= JOIN_BYTES) return text;
  } catch (cause) {
    throw new NoonmarkError('ERR_FILE', `${path} cannot be read: ${explain(cause)}`, 'the name of a file', {
      cause,
    });
  }
  throw new NoonmarkError('ERR_FILE', `${path} is too long for a key file`, 'the right file');
}
