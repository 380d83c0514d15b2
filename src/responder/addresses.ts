/**
 * Which sockets to hold: from the `interface` rules and the addresses this machine has now. Pure; server.ts asks again
 * every few seconds, so addresses that come and go are followed.
 * Semantics of ntpd 4.2.8p15 (ntp_io.c interface_action): the first rule that matches decides; without a match loopback
 * is served, everything else only when there are no rules at all. Where every address of a family is served, one
 * wildcard socket does it; ntpd's wildcard sockets beside single addresses, which answer nothing, are not needed.
 *
 * And which networks are this machine's own: what the addresses' netmasks say.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { type AddressRange, isInRange } from '../auth/address-range.js';
import type { InterfaceRule } from '../config/types.js';
import { maskAddress } from '../units/address.js';

export interface SocketPlan {
  /** the same socket has the same key */
  readonly key: string;
  readonly family: 4 | 6;
  /** with a zone if link-local; undefined: the wildcard */
  readonly address: string | undefined;
  /** name of the interface; undefined: any */
  readonly device: string | undefined;
  /** bound, but what comes in is thrown away */
  readonly drop: boolean;
}

/** os.networkInterfaces() */
export type InterfaceSnapshot = NodeJS.Dict<NetworkInterfaceInfo[]>;

type Action = InterfaceRule['action'];

interface LocalAddress {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly device: string;
  /** length of its network's prefix */
  readonly prefixLength: number;
}

/** The networks that this machine has addresses in, loopback included, each once. */
export function attachedNetworks(snapshot: InterfaceSnapshot): AddressRange[] {
  const found = new Map<string, AddressRange>();
  for (const { bytes, prefixLength } of localAddresses(snapshot)) {
    const address = maskAddress(bytes, prefixLength);
    found.set(`${address.join('.')}/${prefixLength}`, { address, prefixLength });
  }
  return [...found.values()];
}

export function planSockets(rules: readonly InterfaceRule[], snapshot: InterfaceSnapshot): SocketPlan[] {
  const plans = new Map<string, SocketPlan>();
  const add = (family: 4 | 6, action: Action, address?: string, device?: string): void => {
    if (action === 'ignore') return;
    const key = `${address ?? '*'} ${family} ${action}`;
    if (!plans.has(key)) plans.set(key, { key, family, address, device, drop: action === 'drop' });
  };
  for (const family of [4, 6] as const) {
    const forAll = actionForAll(rules, family);
    if (forAll !== undefined) add(family, forAll);
    else
      for (const local of localAddresses(snapshot))
        if (local.family === family) add(family, actionFor(rules, local), local.text, local.device);
  }
  return [...plans.values()];
}

/** What happens to every address of the family alike; undefined: it depends on the address. */
function actionForAll(rules: readonly InterfaceRule[], family: 4 | 6): Action | undefined {
  if (rules.length === 0) return 'listen';
  if (rules.some(({ match, action }) => match.type === 'wildcard' && action === 'listen')) return 'listen';
  for (const { match, action } of rules) {
    if (match.type === 'all' || match.type === `ipv${family}`) return action;
    if (match.type === 'name') return undefined;
    if (match.type === 'prefix' && match.address.length === (family === 4 ? 4 : 16)) return undefined;
  }
  return undefined;
}

function actionFor(rules: readonly InterfaceRule[], local: LocalAddress): Action {
  for (const { match, action } of rules) if (matches(match, local)) return action;
  return isLoopback(local) || rules.length === 0 ? 'listen' : 'ignore';
}

function matches(match: InterfaceRule['match'], { family, bytes, device }: LocalAddress): boolean {
  switch (match.type) {
    case 'all':
      return true;
    case 'ipv4':
      return family === 4;
    case 'ipv6':
      return family === 6;
    case 'wildcard':
      return false;
    case 'name':
      return nameMatches(match.name.toLowerCase(), device.toLowerCase());
    case 'prefix':
      return isInRange(match, bytes);
  }
}

/** `*` and `?` as in fnmatch(3), which ntpd uses; no other pattern character occurs in names of interfaces. */
function nameMatches(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  const [first] = pattern;
  if (first === '*')
    return nameMatches(pattern.slice(1), name) || (name !== '' && nameMatches(pattern, name.slice(1)));
  return name !== '' && (first === '?' || first === name[0]) && nameMatches(pattern.slice(1), name.slice(1));
}

const isLoopback = ({ family, bytes }: LocalAddress): boolean =>
  family === 4 ? bytes[0] === 127 : bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));

function localAddresses(snapshot: InterfaceSnapshot): LocalAddress[] {
  const found: LocalAddress[] = [];
  for (const [device, infos] of Object.entries(snapshot))
    for (const { address, family, cidr } of infos ?? []) {
      const [, length] = cidr?.split('/') ?? [];
      // A mask with holes has no CIDR form: then the address is a network of its own.
      const prefixLength = length === undefined ? (family === 'IPv4' ? 32 : 128) : Number(length);
      if (family === 'IPv4') {
        const bytes = Uint8Array.from(address.split('.'), Number);
        found.push({ family: 4, bytes, text: address, device, prefixLength });
      } else {
        const bytes = bytesOf6(address);
        const linkLocal = bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
        const text = linkLocal ? `${address}%${device}` : address;
        found.push({ family: 6, bytes, text, device, prefixLength });
      }
    }
  return found;
}

/** The system's own text of an IPv6 address to bytes; a dotted tail does not occur on interfaces. */
function bytesOf6(text: string): Uint8Array {
  const [left = '', right] = text.split('%', 1)[0]!.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const words = [
    ...head,
    ...new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'),
    ...tail,
  ];
  const bytes = new Uint8Array(16);
  words.slice(0, 8).forEach((word, i) => {
    const value = Number.parseInt(word, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}
