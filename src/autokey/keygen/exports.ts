/**
 * What leaves a server for others of its group: parameters for clients, or its key for further servers. Owns which file
 * it comes from and the name it gets; the file stamp is that of the key, since both ends compare them.
 * Sources: ntp-keygen(8) 4.2.8 (-e, -q); shared/reference/autokey-reference.md §3.1, §6.3, §6.5, §6.6.
 */
import { NoonmarkError } from '../../errors.js';
import type { Random } from '../../ports/random.js';
import { type MvAgentFile, readAgentFile } from '../files/agent-file.js';
import type { KeyFolder } from '../files/folder.js';
import { type Convert, KeyReader } from '../files/key-reader.js';
import { gqKeyOf, iffKeyOf, mvKeyOf } from '../files/layouts.js';
import { agentLink, keyLink, parameterLink, SCHEMES, type Scheme } from '../files/names.js';
import type { CipherName } from '../files/password.js';
import { readArmour } from '../files/pem.js';
import { clientKeyFile, type Hand, type NewFile, serverKeyFile, withSubjects } from './new-file.js';
import { endWithProblems, named } from './survey.js';

export interface ExportWish {
  readonly group: string;
  /** ntp-keygen names its link after the host, also where the file is the group's */
  readonly hostName: string;
  /** undefined: all that are there */
  readonly scheme: Scheme | undefined;
  /** of the files here */
  readonly password: string;
  /** the group stands in the host's certificate (HOST@GROUP) */
  readonly subjects: boolean;
  /** which MV client's key, from 1 */
  readonly mvClient: number;
  readonly isForP15: boolean;
  readonly cipher: CipherName;
  readonly random: Random;
}

type Export = (filestamp: number) => Hand;

/** Client parameters of the group, one file a scheme; none: the group has no key here. Throws ERR_KEYS. */
export function exportParameters(folder: KeyFolder, wish: ExportWish): readonly NewFile[] {
  const { group } = wish;
  const hand = handOf(wish, undefined);
  return forSchemes(wish, (scheme) => {
    const links = [parameterLink(scheme, group)];
    switch (scheme) {
      case 'gq':
        return serverKey(folder, wish, scheme, gqKeyOf, (value, stamp) =>
          clientKeyFile(hand(stamp), group, { scheme, value }, links),
        );
      case 'iff':
        return serverKey(folder, wish, scheme, iffKeyOf, (value, stamp) =>
          clientKeyFile(hand(stamp), group, { scheme, value }, links),
        );
      default: {
        const agent = agentOf(folder, wish);
        if (agent === undefined) return undefined;
        const value = agent.clients[wish.mvClient - 1];
        if (value === undefined || wish.mvClient >= agent.clients.length)
          throw new NoonmarkError(
            'ERR_USAGE',
            `there is no MV key ${wish.mvClient} for clients`,
            `--client with a number from 1 to ${agent.clients.length - 1} (the last key is revoked)`,
          );
        return clientKeyFile(hand(agent.filestamp), group, { scheme, value }, links);
      }
    }
  });
}

/** Server keys of the group, encrypted with `exportPassword`. Throws ERR_KEYS. */
export function exportServerKeys(
  folder: KeyFolder,
  wish: ExportWish,
  exportPassword: string,
): readonly NewFile[] {
  const { group } = wish;
  const hand = handOf(wish, exportPassword);
  return forSchemes(wish, (scheme) => {
    const links = [keyLink(scheme, group)];
    // Named as the reference names them: `ntpkey_gqkey_GROUP.FILESTAMP`.
    const kind = `${scheme}key`;
    switch (scheme) {
      case 'gq':
        return serverKey(folder, wish, scheme, gqKeyOf, (value, stamp) => {
          const isForP15 = wish.isForP15 || value.layout === 'p15';
          return serverKeyFile({ ...hand(stamp), isForP15 }, group, { scheme, value }, links, kind);
        });
      case 'iff':
        return serverKey(folder, wish, scheme, iffKeyOf, (value, stamp) =>
          serverKeyFile(hand(stamp), group, { scheme, value }, links, kind),
        );
      default: {
        const agent = agentOf(folder, wish);
        if (agent !== undefined)
          return serverKeyFile(hand(agent.filestamp), group, { scheme, value: agent.server }, links, kind);
        return serverKey(folder, wish, scheme, mvKeyOf, (value, stamp) =>
          serverKeyFile(hand(stamp), group, { scheme, value }, links, kind),
        );
      }
    }
  });
}

const handOf =
  ({ cipher, random, isForP15 }: ExportWish, password: string | undefined): Export =>
  (filestamp) => ({ filestamp, password, cipher, isForP15, random });

const forSchemes = (
  { scheme, group, subjects }: ExportWish,
  make: (scheme: Scheme) => NewFile | undefined,
): readonly NewFile[] =>
  SCHEMES.filter((known) => scheme === undefined || known === scheme)
    .map(make)
    .filter((file) => file !== undefined)
    .map((file) => (subjects ? withSubjects(file, group) : file));

function serverKey<T>(
  folder: KeyFolder,
  { group, hostName, password }: ExportWish,
  scheme: Scheme,
  convert: Convert<T>,
  write: (value: T, filestamp: number) => NewFile,
): NewFile | undefined {
  const reader = new KeyReader(folder, password);
  const isOfGroup = (name: string) => name.includes(`_${group}.`);
  const link = keyLink(scheme, group);
  const other = reader.identity(keyLink(scheme, hostName), convert);
  const found = reader.identity(link, convert) ?? (other && isOfGroup(other.name) ? other : undefined);
  endWithProblems(reader);
  return found === undefined ? undefined : write(found.value, found.filestamp);
}

function agentOf(folder: KeyFolder, { group, hostName, password }: ExportWish): MvAgentFile | undefined {
  for (const name of [agentLink(group), agentLink(hostName)]) {
    const file = folder.read(name);
    if (!file.ok || !readArmour(file.text).name.includes(`_${group}.`)) continue;
    return named(`${folder.path}/${name}`, () => readAgentFile(file.text, password));
  }
  return undefined;
}
