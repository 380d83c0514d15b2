/**
 * A key file to be written, as a value: name, text, rights and the links that shall lead to it. The disk is
 * write-files.ts.
 */

import type { Random } from '../../ports/random.js';
import {
  gqKeyFields,
  gqParameterFields,
  iffKeyFields,
  iffParameterFields,
  mvKeyFields,
  mvParameterFields,
} from '../files/layouts.js';
import { type Scheme, stampedName } from '../files/names.js';
import { writeArmour, writeBlock } from '../files/pem.js';
import { type KeyForm, type PrivateNumbers, writePrivateKey } from '../files/private-key.js';
import type { GqKey, GqParameters, IffKey, IffParameters, MvKey, MvParameters } from '../identity/types.js';
import type { MvAgent } from './mv-keys.js';

export interface NewFile {
  readonly name: string;
  /** 0o640; 0o600 for what is secret and not encrypted */
  readonly mode: number;
  readonly text: string;
  readonly links: readonly string[];
}

/** How a run writes its files. */
export interface Hand {
  /** NTP seconds */
  readonly filestamp: number;
  readonly password: string | undefined;
  readonly cipher: KeyForm['cipher'];
  /** layouts for 4.2.8p15 */
  readonly isForP15: boolean;
  readonly random: Random;
}

const MODE = 0o640;
const MODE_OPEN_SECRET = 0o600;

function block(hand: Hand, numbers: PrivateNumbers, form: KeyForm['form'], isEncrypted: boolean): string {
  const { cipher, random } = hand;
  const password = isEncrypted ? hand.password : undefined;
  return writePrivateKey(numbers, { form, password, cipher }, (length) => random.bytes(length));
}

/** A private key, encrypted with the run's password. */
export function keyFile(
  hand: Hand,
  kind: string,
  owner: string,
  numbers: readonly PrivateNumbers[],
  links: readonly string[],
  form: KeyForm['form'] = 'pkcs8',
): NewFile {
  const name = stampedName(kind, owner, hand.filestamp);
  const blocks = numbers.map((one) => block(hand, one, form, true));
  const mode = hand.password === undefined ? MODE_OPEN_SECRET : MODE;
  return { name, mode, text: writeArmour(name, hand.filestamp, blocks), links };
}

export function certificateFile(
  hand: Hand,
  kind: string,
  host: string,
  der: Uint8Array,
  link: string,
): NewFile {
  const name = stampedName(kind, host, hand.filestamp);
  const text = writeArmour(name, hand.filestamp, [writeBlock('CERTIFICATE', der)]);
  return { name, mode: MODE, text, links: [link] };
}

/** A server's key of a group. GQ takes the stock layout, or that of 4.2.8p15; MV needs the form that keeps ghat. */
export function serverKeyFile(
  hand: Hand,
  group: string,
  key: ServerKey,
  links: readonly string[],
  kind = `${key.scheme.toUpperCase()}key`,
): NewFile {
  switch (key.scheme) {
    case 'gq':
      return keyFile(hand, kind, group, [gqKeyFields(key.value, hand.isForP15)], links);
    case 'iff':
      return keyFile(
        ...([hand, kind, group, [iffKeyFields(key.value)], links] as const),
        hand.isForP15 ? 'traditional' : 'pkcs8',
      );
    default:
      return keyFile(hand, kind, group, [mvKeyFields(key.value)], links, 'traditional');
  }
}

export type ServerKey =
  | { readonly scheme: 'gq'; readonly value: GqKey }
  | { readonly scheme: 'iff'; readonly value: IffKey }
  | { readonly scheme: 'mv'; readonly value: MvKey };

export type ClientKey =
  | { readonly scheme: 'gq'; readonly value: GqParameters }
  | { readonly scheme: 'iff'; readonly value: IffParameters }
  | { readonly scheme: 'mv'; readonly value: MvParameters };

function clientFields({ scheme, value }: ClientKey): PrivateNumbers {
  switch (scheme) {
    case 'gq':
      return gqParameterFields(value);
    case 'iff':
      return iffParameterFields(value);
    default:
      return mvParameterFields(value);
  }
}

/** PKCS#8 keeps all of GQ's numbers; of DSA's it drops the public one, which is v or xhat. */
const formOf = (scheme: Scheme): KeyForm['form'] => (scheme === 'gq' ? 'pkcs8' : 'traditional');

/**
 * A client's parameters, not encrypted: 4.2.8p15 asks the terminal for a password and exits.
 */
export function clientKeyFile(hand: Hand, group: string, key: ClientKey, links: readonly string[]): NewFile {
  const name = stampedName(`${key.scheme}par`, group, hand.filestamp);
  const blocks = [block(hand, clientFields(key), formOf(key.scheme), false)];
  return { name, mode: MODE, text: writeArmour(name, hand.filestamp, blocks), links };
}

/**
 * What the recipe of 2006 copies from host to host: group parameters under the old name, encrypted with the common
 * password. A server's private u is not in it.
 */
export const recipeFile = (hand: Hand, host: string, value: GqParameters): NewFile =>
  keyFile(hand, 'GQpar', host, [gqParameterFields(value)], []);

/** The trusted agent's MV file: agent, servers' key, clients' keys, in the reference's order. */
export const agentFile = (
  hand: Hand,
  group: string,
  { p, q, g, a, b }: MvAgent,
  server: MvKey,
  clients: readonly MvParameters[],
  links: readonly string[],
): NewFile =>
  keyFile(
    ...([hand, 'MVta', group] as const),
    [{ type: 'dsa', p, q, g, y: b, x: a }, mvKeyFields(server), ...clients.map(mvParameterFields)],
    links,
    'traditional',
  );

const SUBJECTS = /^# certificates: HOST@(\S+)$/m;

/** The file with the remark that the group stands in certificates of its hosts, which who joins must know. */
export const withSubjects = (file: NewFile, group: string): NewFile => ({
  ...file,
  text: file.text.replace('\n\n', `\n# certificates: HOST@${group}\n\n`),
});

/** The group that stands in certificates, as an exported file says; undefined: it does not. */
export const subjectGroupOf = (text: string): string | undefined => SUBJECTS.exec(text)?.[1];
