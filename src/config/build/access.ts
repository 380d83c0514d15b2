/**
 * Who may do what: restrict, discard, mru, interface. Source: ntpd 4.2.8 documentation (accopt, monopt, miscopt).
 */
import {
  formatAddress,
  type Literal,
  maskAddress,
  maskLength,
  parseAddress,
  parseIpv4,
  parseIpv6,
  sameBytes,
} from '../../units/address.js';
import { RESTRICT_FLAGS } from '../grammar-access.js';
import type { Token } from '../lexer.js';
import { quote } from '../problem.js';
import type { Statement } from '../statement.js';
import type { InterfaceRule, RestrictFlag } from '../types.js';
import { hostProblem } from '../values.js';
import type { Draft, Handler } from './draft.js';

const ANY: readonly Literal[] = [
  { bytes: new Uint8Array(4), family: 4, zone: undefined },
  { bytes: new Uint8Array(16), family: 6, zone: undefined },
];
const LOOPBACK: readonly Literal[] = [
  { bytes: parseIpv4('127.0.0.1')!, family: 4, zone: undefined },
  { bytes: parseIpv6('::1')!, family: 6, zone: undefined },
];

function flagsOf(statement: Statement): RestrictFlag[] {
  const known = new Set<string>(Object.keys(RESTRICT_FLAGS));
  const isFlag = (name: string): name is RestrictFlag => known.has(name) || name === 'serverresponse';
  return [...statement.options.keys()].filter(isFlag);
}

function restrict(statement: Statement, draft: Draft): void {
  const { token } = statement.arg('address')!;
  const flags = flagsOf(statement);
  checkFlags(statement, flags, draft);
  const isDefault = token.value === 'default' && !token.quoted;
  if (token.value === 'source' && !token.quoted) {
    draft.restrictSource = flags;
    if (statement.has('mask')) noMask(statement, 'restrict source flags…', draft);
    return;
  }
  const addresses = isDefault ? ANY : addressesOf(token, draft);
  const wanted = addresses.filter(({ family }) => statement.family === 0 || statement.family === family);
  if (addresses.length > 0 && wanted.length === 0)
    draft.problems.error(token, `-${statement.family} contradicts the address`, `restrict ${token.value} …`);
  if (isDefault && statement.has('mask')) noMask(statement, 'restrict default flags…', draft);
  for (const { bytes, family } of wanted) {
    const bits = bytes.length * 8;
    const given = isDefault ? 0 : prefixOf(token, statement, bits, draft);
    if (given === undefined) return;
    const address = maskAddress(bytes, given);
    if (!sameBytes(address, bytes) && token.value.includes('/'))
      draft.problems.warning(
        token,
        `${token.value} has bits beyond the prefix; they do not count`,
        `restrict ${formatAddress(address)}/${given}`,
      );
    const rule = { address, prefixLength: given, flags, origin: statement.origin };
    draft.restricts.push({ rule, statement, isDefault: given === 0 && (isDefault || family !== undefined) });
  }
}

function noMask(statement: Statement, remedy: string, draft: Draft): void {
  draft.problems.error(statement.at('mask'), 'a mask needs an address', remedy);
}

function addressesOf(token: Token, draft: Draft): readonly Literal[] {
  const [host = '', ...prefix] = token.value.split('/');
  const literal = parseAddress(host);
  if (literal !== undefined && literal.zone === undefined) return [literal];
  if (token.value === 'localhost') return LOOPBACK;
  if (literal !== undefined)
    draft.problems.error(token, 'a rule holds on every interface', formatAddress(literal.bytes));
  else if (prefix.length === 0 && hostProblem(host) === undefined)
    // A rule must hold before the first packet; a resolver answers later, or wrongly.
    draft.problems.error(
      token,
      `a rule needs an address, and ${quote(host)} is a name`,
      `restrict ADDRESS (getent ahosts ${host})`,
    );
  else {
    const [message, remedy] = hostProblem(host) ?? [
      `${quote(token.value)} is not an address`,
      'default, source or ADDRESS',
    ];
    draft.problems.error(token, message, remedy);
  }
  return [];
}

/** Prefix length from /BITS or `mask`, or the whole address. */
function prefixOf(token: Token, statement: Statement, bits: number, draft: Draft): number | undefined {
  const slash = token.value.indexOf('/');
  const maskText = statement.text('mask');
  if (slash >= 0) {
    const text = token.value.slice(slash + 1);
    const length = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (maskText !== undefined)
      draft.problems.error(statement.at('mask'), 'a prefix length and a mask are given', 'one of the two');
    if (length >= 0 && length <= bits) return length;
    draft.problems.error(token, `'/${text}' is not a prefix length`, `a length from 0 to ${bits}`);
    return undefined;
  }
  if (maskText === undefined) return bits;
  const at = statement.at('mask');
  const mask = parseAddress(maskText);
  if (mask === undefined || mask.bytes.length * 8 !== bits) {
    const example = bits === 32 ? '255.255.255.0' : 'ffff:ffff:ffff:ffff::';
    draft.problems.error(
      at,
      `${quote(maskText)} is not a mask of an IPv${bits === 32 ? 4 : 6} address`,
      `as ${example}`,
    );
    return undefined;
  }
  const length = maskLength(mask.bytes);
  if (length === undefined) {
    const ones = mask.bytes.findIndex((byte) => byte !== 0xff);
    draft.problems.error(
      at,
      `the mask ${maskText} has holes: a one follows a zero`,
      `a mask whose ones come first, as ${formatAddress(maskAddress(new Uint8Array(bits / 8).fill(0xff), 8 * ones))}`,
    );
  }
  return length;
}

function checkFlags(statement: Statement, flags: readonly RestrictFlag[], draft: Draft): void {
  if (flags.includes('kod') && !flags.includes('limited'))
    draft.problems.warning(statement.at('kod'), "'kod' has no effect without limited", 'limited kod');
  if (flags.includes('epeer') && flags.includes('noepeer'))
    draft.problems.error(statement.at('noepeer'), 'epeer and noepeer exclude each other', 'one of the two');
}

function interfaceRule(statement: Statement, draft: Draft): void {
  const action = statement.arg('action')!.text;
  if (action !== 'listen' && action !== 'ignore' && action !== 'drop') return;
  const match = matchOf(statement.arg('target')!.token, draft);
  if (match !== undefined) draft.interfaces.push({ action, match, origin: statement.origin });
}

function matchOf(token: Token, draft: Draft): InterfaceRule['match'] | undefined {
  const text = token.value;
  if (!token.quoted && (text === 'all' || text === 'ipv4' || text === 'ipv6' || text === 'wildcard'))
    return { type: text };
  const [host = '', bitsText] = text.split('/');
  const literal = parseAddress(host);
  if (literal === undefined) {
    // Linux: up to 15 bytes, no slash, no blank (dev_valid_name).
    if (/^[^\s/:]{1,15}$/.test(text) && !/^[\d.]+$/.test(text)) return { type: 'name', name: text };
    draft.problems.error(
      token,
      `${quote(text)} is neither an interface nor an address`,
      'all, ipv4, ipv6, eth0 or ADDRESS',
    );
    return undefined;
  }
  const bits = literal.bytes.length * 8;
  const prefixLength =
    bitsText === undefined ? bits : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (!(prefixLength <= bits)) {
    draft.problems.error(token, `'/${bitsText}' is not a prefix length`, `a length from 0 to ${bits}`);
    return undefined;
  }
  return { type: 'prefix', address: maskAddress(literal.bytes, prefixLength), prefixLength };
}

export const accessHandlers: Readonly<Record<string, Handler>> = {
  restrict,
  interface: interfaceRule,
  nic: interfaceRule,
  discard(statement, { discard }) {
    discard.average = statement.number('average') ?? discard.average;
    discard.minimum = statement.number('minimum') ?? discard.minimum;
    discard.monitor = statement.number('monitor') ?? discard.monitor;
  },
  mru(statement, { mru, problems }) {
    mru.maxAge = statement.number('maxage') ?? mru.maxAge;
    mru.minDepth = statement.number('mindepth') ?? mru.minDepth;
    mru.maxDepth = statement.number('maxdepth') ?? mru.maxDepth;
    mru.maxMemory = statement.number('maxmem') ?? mru.maxMemory;
    if (mru.maxDepth !== undefined && mru.maxDepth < mru.minDepth)
      if (statement.has('mindepth'))
        problems.error(
          statement.at('mindepth'),
          `mindepth ${mru.minDepth} is above maxdepth`,
          `mindepth ${mru.maxDepth}`,
        );
      else mru.minDepth = mru.maxDepth;
  },
};
