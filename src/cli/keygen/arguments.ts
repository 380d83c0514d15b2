/**
 * The command line of `noonmark keygen`: the flags of ntp-keygen 4.2.8 with their long names, and ours. Owns their
 * spelling and what they default to; makes nothing.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { KeygenWords } from '../../autokey/keygen/request.js';
import { explain, NoonmarkError } from '../../errors.js';

const OPTIONS = {
  'trusted-cert': { type: 'boolean', short: 'T' },
  'pvt-cert': { type: 'boolean', short: 'P' },
  'host-key': { type: 'boolean', short: 'H' },
  'gq-params': { type: 'boolean', short: 'G' },
  iffkey: { type: 'boolean', short: 'I' },
  'mv-params': { type: 'string', short: 'V' },
  md5key: { type: 'boolean', short: 'M' },
  'id-key': { type: 'boolean', short: 'e' },
  'export-passwd': { type: 'string', short: 'q' },
  password: { type: 'string', short: 'p' },
  'password-file': { type: 'string' },
  imbits: { type: 'string', short: 'b' },
  modulus: { type: 'string', short: 'm' },
  certificate: { type: 'string', short: 'c' },
  cipher: { type: 'string', short: 'C' },
  'sign-key': { type: 'string', short: 'S' },
  'subject-name': { type: 'string', short: 's' },
  ident: { type: 'string', short: 'i' },
  lifetime: { type: 'string', short: 'l' },
  directory: { type: 'string', short: 'd' },
  for: { type: 'string' },
  scheme: { type: 'string' },
  server: { type: 'boolean' },
  client: { type: 'string' },
  new: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  'file-password': { type: 'string' },
  json: { type: 'boolean' },
} as const;

const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
export type Flags = ReturnType<typeof parse>['values'];

export interface KeygenArguments {
  readonly flags: Flags;
  readonly words: readonly string[];
  readonly directory: string;
  readonly hostName: string;
  /** undefined: none was named */
  readonly group: string | undefined;
  /** of the files; the machine's name when none was given, as with ntp-keygen */
  readonly password: string;
  readonly hasPassword: boolean;
}

/** Reads the line. `machine`: the host's name by gethostname. Throws ERR_USAGE. */
export function readArguments(args: readonly string[], machine: string): KeygenArguments {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (cause) {
    throw new NoonmarkError('ERR_USAGE', explain(cause), 'noonmark keygen --help', { cause });
  }
  const { values: flags, positionals: words } = parsed;
  const [host, subjectGroup] = (flags['subject-name'] ?? '').split('@', 2);
  if (flags.ident !== undefined && subjectGroup !== undefined && flags.ident !== subjectGroup)
    throw new NoonmarkError('ERR_USAGE', '-i and -s name two groups', 'one of them');
  const given = passwordOf(flags);
  return {
    ...{ flags, words },
    directory: flags.directory ?? '.',
    hostName: host === undefined || host === '' ? machine : host,
    group: flags.ident ?? subjectGroup,
    password: given ?? machine,
    hasPassword: given !== undefined,
  };
}

function passwordOf(flags: Flags): string | undefined {
  const file = flags['password-file'];
  if (file === undefined) return flags.password;
  if (flags.password !== undefined)
    throw new NoonmarkError('ERR_USAGE', '-p and --password-file exclude each other', 'one of them');
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/, 1)[0];
  } catch (cause) {
    throw new NoonmarkError(
      ...(['ERR_FILE', `the password cannot be read from ${file}`, '--password-file FILE'] as const),
      { cause },
    );
  }
}

/** The words of a request that the flags hold. */
export function keygenWords({ flags, hostName, group, password }: KeygenArguments): KeygenWords {
  const wanted = [
    flags['gq-params'] === true ? 'gq' : undefined,
    flags.iffkey === true ? 'iff' : undefined,
    flags['mv-params'] === undefined ? undefined : 'mv',
  ] as const;
  return {
    ...{ hostName, group, password, mvCount: flags['mv-params'] },
    identities: wanted.filter((scheme) => scheme !== undefined),
    newHost: flags['host-key'],
    signKey: flags['sign-key'],
    trusted: flags['trusted-cert'],
    isPrivate: flags['pvt-cert'],
    hostBits: flags.modulus,
    identityBits: flags.imbits,
    scheme: flags.certificate,
    cipher: flags.cipher,
    days: flags.lifetime,
    audience: flags.for,
  };
}
