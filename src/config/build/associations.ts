/**
 * Lines that name other hosts: server, pool, peer, the broadcast and manycast words, unpeer. Checks what can be told from the
 * line itself: kinds of addresses, families, poll intervals.
 */
import { isMulticast, isUnspecified, parseAddress, refclockAddress } from '../../units/address.js';
import { DEFAULT_MAXPOLL, DEFAULT_MINPOLL, DEFAULT_TTL, DEFAULT_VERSION, NTP_PORT } from '../defaults.js';
import type { Token } from '../lexer.js';
import type { Statement, Value } from '../statement.js';
import type { AssociationConfig, AssociationKind } from '../types.js';
import type { Draft, Handler } from './draft.js';
import { readPolls } from './polls.js';
import { addAddressClock } from './refclocks.js';

function addAssociation(
  kind: AssociationKind,
  host: Value | undefined,
  statement: Statement,
  draft: Draft,
): void {
  const { minpoll, maxpoll } = readPolls(statement, draft, { min: DEFAULT_MINPOLL, max: DEFAULT_MAXPOLL });
  const version = statement.number('version');
  const config: AssociationConfig = {
    kind,
    host: host?.text ?? '',
    family: statement.family,
    port: statement.number('port') ?? NTP_PORT,
    version: version === 1 || version === 2 || version === 3 ? version : DEFAULT_VERSION,
    minpoll,
    maxpoll,
    minpollWritten: statement.number('minpoll') !== undefined,
    iburst: statement.has('iburst'),
    burst: statement.has('burst'),
    prefer: statement.has('prefer'),
    noselect: statement.has('noselect'),
    alwaysTrue: statement.has('true'),
    xleave: statement.has('xleave'),
    key: statement.number('key'),
    autokey: statement.has('autokey'),
    ident: statement.text('ident'),
    compat: statement.has('compat'),
    ttl: statement.number('ttl') ?? DEFAULT_TTL,
    origin: statement.origin,
  };
  const at = host?.token ?? statement.head;
  if (host !== undefined) checkAddress(kind, host.token, statement, draft);
  if (config.autokey && config.key !== undefined)
    draft.problems.error(statement.at('key'), 'a key and autokey exclude each other', 'either of the two');
  if (config.prefer && config.noselect)
    draft.problems.warning(
      statement.at('prefer'),
      'prefer has no effect beside noselect',
      'either of the two',
    );
  if (config.key !== undefined)
    draft.keyPlaces.push({ key: config.key, use: 'association', at: statement.at('key') });
  draft.associations.push({ config, at, statement });
}

function checkAddress(kind: AssociationKind, token: Token, statement: Statement, draft: Draft): void {
  const { problems } = draft;
  const literal = parseAddress(token.value);
  if (literal === undefined) {
    // Before the first packet can come the group must be joined; a resolver answers later, or wrongly.
    if (kind === 'multicastclient' || kind === 'manycastserver' || kind === 'manycastclient')
      problems.error(token, `a group needs an address, and ${token.value} is a name`, `${kind} ${NTP_GROUP}`);
    return;
  }
  const { bytes, family } = literal;
  if (statement.family !== 0 && statement.family !== family)
    problems.error(
      token,
      `-${statement.family} contradicts the IPv${family} address ${token.value}`,
      `${statement.word.name} ${token.value}, without -${statement.family}`,
    );
  const wantsGroup = ['multicastclient', 'manycastserver', 'manycastclient'].includes(kind);
  if (refclockAddress(token.value) !== undefined)
    problems.error(token, `${token.value} is a reference clock`, `server ${token.value}`);
  else if (isUnspecified(bytes))
    problems.error(token, `${token.value} is no host`, `the address of a ${kind}`);
  else if (wantsGroup && !isMulticast(bytes))
    problems.error(token, `${token.value} is not a multicast address`, 'as 239.1.2.3 or ff05::101');
  else if (['server', 'peer', 'pool'].includes(kind) && isMulticast(bytes))
    problems.error(token, `${token.value} is a multicast address`, `${kind} HOST, the address of one host`);
  else if (kind === 'pool')
    problems.warning(token, 'a pool is a name that stands for many servers', `server ${token.value}`);
}

const associate =
  (kind: AssociationKind): Handler =>
  (statement, draft) =>
    addAssociation(kind, statement.arg('host'), statement, draft);

/** The multicast group of NTP, RFC 5905 §3. */
const NTP_GROUP = '224.0.1.1';

const listen =
  (kind: 'multicastclient' | 'manycastserver'): Handler =>
  (statement, draft) => {
    const addresses = statement.list('address');
    for (const address of addresses) addAssociation(kind, address, statement, draft);
    if (addresses.length === 0) {
      const group = { token: statement.head, text: NTP_GROUP, number: Number.NaN, last: Number.NaN };
      addAssociation(kind, { ...group, token: { ...statement.head, value: NTP_GROUP } }, statement, draft);
    }
  };

export const associationHandlers: Readonly<Record<string, Handler>> = {
  server(statement, draft) {
    const address = statement.arg('host');
    const clock = refclockAddress(address?.text ?? '');
    if (address !== undefined && clock !== undefined) addAddressClock(statement, address.token, clock, draft);
    else associate('server')(statement, draft);
  },
  pool: associate('pool'),
  peer: associate('peer'),
  broadcast: associate('broadcast'),
  manycastclient: associate('manycastclient'),
  multicastclient: listen('multicastclient'),
  manycastserver: listen('manycastserver'),
  broadcastclient(statement, draft) {
    addAssociation('broadcastclient', undefined, statement, draft);
    if (statement.has('novolley')) draft.group.volley = false;
  },
  unpeer: (statement, draft) => draft.unpeers.push(statement),
  unconfig: (statement, draft) => draft.unpeers.push(statement),
};

/** Takes back what unpeer lines name; they count for the whole file, as with ntpd. */
export function applyUnpeers(draft: Draft): void {
  for (const statement of draft.unpeers) {
    const token = statement.arg('host')!.token;
    if (token.value === 'clock') {
      draft.problems.error(token, 'clocks are taken back by their address', 'unpeer 127.127.t.u');
      continue;
    }
    if (/^\d+$/.test(token.value)) {
      draft.problems.error(token, 'association numbers are not known before the start', 'unpeer HOST');
      continue;
    }
    const before = draft.associations.length + draft.refclocks.length;
    const keep = (text: string) => text.toLowerCase() !== token.value.toLowerCase();
    draft.associations.splice(0, Infinity, ...draft.associations.filter(({ config }) => keep(config.host)));
    draft.refclocks.splice(0, Infinity, ...draft.refclocks.filter(({ config }) => keep(config.address)));
    if (draft.associations.length + draft.refclocks.length === before)
      draft.problems.warning(
        token,
        `no source ${token.value} is named in this file`,
        'nothing: leave the line out',
      );
  }
}
