/**
 * A file that came from a server of a group, made ready for this directory: parameters for a client, or the key for a
 * further server. Owns how a file tells its group and role.
 */
import { NoonmarkError } from '../../errors.js';
import { KeyFileFault } from '../files/fault.js';
import {
  gqKeyOf,
  gqParametersOf,
  iffKeyOf,
  iffParametersOf,
  isServerKey,
  mvKeyOf,
  mvParametersOf,
} from '../files/layouts.js';
import { keyLink, parameterLink, SCHEMES, type Scheme } from '../files/names.js';
import { readArmour } from '../files/pem.js';
import { isPrivateKeyLabel, type PrivateNumbers, readPrivateKey } from '../files/private-key.js';
import { clientKeyFile, type Hand, type NewFile, serverKeyFile, subjectGroupOf } from './new-file.js';
import { named } from './survey.js';

export interface Joined {
  readonly scheme: Scheme;
  readonly role: 'client' | 'server';
  readonly group: string;
  /** the group that hosts have in their certificates; undefined: none */
  readonly subjectGroup: string | undefined;
  /** v, which a GQ server's certificate shall carry */
  readonly gqValue: bigint | undefined;
  readonly file: NewFile;
}

/**
 * Reads a file of a group. `filePassword`: it may be encrypted; `hand.filestamp` is replaced by the file's own, `links`
 * for a server's key lead from the host's name too. Throws ERR_KEYS.
 */
export function readJoinFile(
  path: string,
  text: string,
  filePassword: string,
  hostName: string,
  hand: Hand,
): Joined {
  return named(path, () => {
    const { name, filestamp, blocks } = readArmour(text);
    const match = /^ntpkey_(gq|iff|mv)(key|par)_(.+)\.\d+$/i.exec(name);
    const scheme = SCHEMES.find((known) => known === match?.[1]?.toLowerCase());
    const group = match?.[3];
    if (scheme === undefined || group === undefined || filestamp === undefined)
      throw new KeyFileFault(
        1,
        `line 1 does not name a group: '${name}'`,
        'the file as noonmark keygen group export or ntp-keygen -e wrote it',
      );
    const block = blocks.find(({ label }) => isPrivateKeyLabel(label));
    if (block === undefined) throw new KeyFileFault(1, 'there is no key in this file', 'the right file');
    const numbers = readPrivateKey(block, filePassword);
    const own = { ...hand, filestamp };
    const subjectGroup = subjectGroupOf(text);
    const about = { scheme, group, subjectGroup } as const;
    return isServerKey(scheme, numbers)
      ? { ...about, role: 'server', ...server(scheme, numbers, block.line, group, hostName, own) }
      : {
          ...{ ...about, role: 'client', gqValue: undefined },
          file: client(scheme, numbers, block.line, group, own),
        };
  });
}

function client(scheme: Scheme, numbers: PrivateNumbers, line: number, group: string, hand: Hand): NewFile {
  const links = [parameterLink(scheme, group)];
  switch (scheme) {
    case 'gq':
      return clientKeyFile(hand, group, { scheme, value: gqParametersOf(numbers, line) }, links);
    case 'iff':
      return clientKeyFile(hand, group, { scheme, value: iffParametersOf(numbers, line) }, links);
    default:
      return clientKeyFile(hand, group, { scheme, value: mvParametersOf(numbers, line) }, links);
  }
}

function server(
  scheme: Scheme,
  numbers: PrivateNumbers,
  line: number,
  group: string,
  hostName: string,
  hand: Hand,
): { readonly file: NewFile; readonly gqValue: bigint | undefined } {
  const links = [...new Set([keyLink(scheme, group), keyLink(scheme, hostName)])];
  switch (scheme) {
    case 'gq': {
      const value = gqKeyOf(numbers, line);
      const isForP15 = hand.isForP15 || value.layout === 'p15';
      return {
        file: serverKeyFile({ ...hand, isForP15 }, group, { scheme, value }, links),
        gqValue: value.v,
      };
    }
    case 'iff':
      return {
        file: serverKeyFile(hand, group, { scheme, value: iffKeyOf(numbers, line) }, links),
        gqValue: undefined,
      };
    default:
      return {
        file: serverKeyFile(hand, group, { scheme, value: mvKeyOf(numbers, line) }, links),
        gqValue: undefined,
      };
  }
}

/** The files in one text: `-e` of a group with several schemes writes one behind the other. */
export const splitArmours = (text: string): readonly string[] =>
  text.split(/(?=^# ntpkey_)/m).filter((part) => part.trim() !== '');

/** Says where a group's file comes from when none was named. */
export const noGroupFile = (): NoonmarkError =>
  new NoonmarkError(
    'ERR_USAGE',
    'the file of the group is wanted',
    'on a server of the group: noonmark keygen group export NAME > FILE; here: noonmark keygen group join FILE',
  );
