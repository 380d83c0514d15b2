/**
 * What `noonmark check` says of the keys a configuration names: each exists, can be opened, fits the others, has not
 * expired, and every association's group is known. Owns the words; which file is looked up for what is load.ts.
 */
import type { KeyProblem } from '../../auth/keys-file.js';
import type { ConfigProblem } from '../../config/problem.js';
import type { AssociationConfig, Config, Origin } from '../../config/types.js';
import { configuredPolicy } from '../policy.js';
import type { KeyFolder } from './folder.js';
import { type LoadedKeys, loadKeys } from './load.js';
import { DEFAULT_KEYS_DIRECTORY, parameterLink, SCHEMES } from './names.js';

export interface CheckContext {
  /** the machine's name */
  readonly machine: string;
  /** seconds since 1900, not cut to 32 bits */
  readonly nowSeconds: number;
  readonly openFolder: (path: string) => KeyFolder;
}

/** Problems of the keys behind `crypto`; none without that line. Nothing of what is in a file is in them. */
export function checkCryptoKeys(config: Config, context: CheckContext): readonly ConfigProblem[] {
  const { crypto, keysDirectory = DEFAULT_KEYS_DIRECTORY } = config;
  if (crypto === undefined) return [];
  const hostName = crypto.host ?? context.machine;
  const keys = loadKeys(context.openFolder(keysDirectory), {
    hostName,
    group: crypto.ident,
    password: crypto.pw ?? context.machine,
    nowSeconds: context.nowSeconds,
    policy: configuredPolicy(crypto),
  });
  return [
    ...keys.problems.map((problem) => ofFile(problem, crypto.origin)),
    ...config.associations
      .filter(({ autokey, ident }) => autokey && ident !== undefined)
      .flatMap((association) => groupProblem(keys, association.ident ?? '', association)),
    ...(config.group.ident === undefined
      ? []
      : groupProblem(keys, config.group.ident, { origin: crypto.origin })),
    ...stockFiles(keys),
  ];
}

/** A file that is there is mended itself; of one that is missing the configuration is the place. */
function ofFile(problem: KeyProblem, crypto: Origin): ConfigProblem {
  const { severity, file, line, column, message, remedy } = problem;
  if (!message.startsWith('there is no such'))
    return { severity, file, line, column, length: 1, text: '', sourceLine: '', message, remedy };
  return at(crypto, severity, `${file}: ${message}`, remedy);
}

const at = (
  { file, line, column }: Origin,
  severity: ConfigProblem['severity'],
  message: string,
  remedy: string,
): ConfigProblem => ({ severity, file, line, column, length: 1, text: '', sourceLine: '', message, remedy });

/** Without a group's parameters its servers are never believed. */
function groupProblem(
  keys: LoadedKeys,
  group: string,
  { origin }: Pick<AssociationConfig, 'origin'>,
): readonly ConfigProblem[] {
  const { gqParameters, iffParameters, mvParameters, directory, problems } = keys;
  if ([gqParameters, iffParameters, mvParameters].some((known) => known.has(group))) return [];
  const links = SCHEMES.map((scheme) => parameterLink(scheme, group));
  const broken = problems.find(({ file }) => links.some((link) => file.endsWith(`/${link}`)));
  const message = `there are no usable parameters of the group '${group}' in ${directory}`;
  const remedy =
    broken === undefined
      ? `on a server of the group: noonmark keygen group export ${group} > FILE; here: noonmark keygen group join FILE -d ${directory}`
      : `${broken.file}:${broken.line}: ${broken.message}; ${broken.remedy}`;
  return [at(origin, 'error', message, remedy)];
}

/** Parameters as ntp-keygen 4.2.8 writes them serve everybody but the daemon they came with (d = 1, section 6.3). */
const stockFiles = ({ gqParameters }: LoadedKeys): readonly ConfigProblem[] =>
  [...gqParameters.values()]
    .filter(({ value, file }) => value.layout === 'stock' && file.includes('ntpkey_gqpar_'))
    .map(({ file }) => ({
      ...{ severity: 'warning', file, line: 1, column: 1, length: 1, text: '', sourceLine: '' },
      message: 'an ntpd 4.2.8p15 cannot check the group with this file (noonmark can)',
      remedy: `noonmark keygen group join ${file} writes it in the form that works for both`,
    }));
