/**
 * Keys: the keys file, which of its keys are trusted, and Autokey's settings.
 */
import type { Statement } from '../statement.js';
import type { Draft, Handler } from './draft.js';

function trustedKeys(statement: Statement, draft: Draft): void {
  const before = draft.firstOf.get('trustedkey');
  if (before !== undefined && before !== statement)
    draft.problems.warning(
      statement.head,
      `keys of line ${before.head.line} stay trusted too (ntpd 4.2.8 forgets them here)`,
      'all keys on one trustedkey line',
    );
  for (const { token, number, last } of statement.list('keys')) {
    if (number === last) draft.keyPlaces.push({ key: number, use: 'trusted', at: token });
    for (let key = number; key <= last; key += 1) draft.trustedKeys.add(key);
  }
}

function crypto(statement: Statement, draft: Draft): void {
  draft.crypto ??= {
    ...{ pw: undefined, host: undefined, ident: undefined, digest: undefined, randfile: undefined },
    ...{ budgetPercent: undefined, minimumBits: undefined, minimumDigest: undefined, compat: false },
    origin: statement.origin,
  };
  const { crypto } = draft;
  crypto.pw = statement.text('pw') ?? crypto.pw;
  crypto.host = statement.text('host') ?? crypto.host;
  crypto.ident = statement.text('ident') ?? crypto.ident;
  crypto.digest = statement.text('digest') ?? crypto.digest;
  crypto.randfile = statement.text('randfile') ?? crypto.randfile;
  crypto.minimumBits = statement.number('minimum') ?? crypto.minimumBits;
  crypto.minimumDigest = statement.secondText('minimum') ?? crypto.minimumDigest;
  crypto.compat ||= statement.has('compat');
  crypto.budgetPercent = statement.number('budget') ?? crypto.budgetPercent;
}

const textOf = (statement: Statement, name: string) => statement.arg(name)?.text;

export const authenticationHandlers: Readonly<Record<string, Handler>> = {
  keys: (statement, draft) => {
    draft.keysFile = textOf(statement, 'file');
    draft.keysPlace = statement.arg('file')?.token;
  },
  keysdir: (statement, draft) => {
    draft.keysDirectory = textOf(statement, 'folder');
  },
  controlkey: (statement, draft) => {
    draft.controlKey = statement.arg('key')?.number;
  },
  requestkey: (statement, draft) => {
    draft.requestKey = statement.arg('key')?.number;
  },
  trustedkey: trustedKeys,
  crypto,
  ident: (statement, { group }) => {
    group.ident = textOf(statement, 'group');
  },
  revoke: (statement, { group }) => {
    group.revoke = statement.arg('log2')?.number ?? group.revoke;
  },
  automax: (statement, { group }) => {
    group.automax = statement.arg('log2')?.number ?? group.automax;
  },
  broadcastdelay: (statement, { group }) => {
    group.broadcastDelay = statement.arg('seconds')?.number;
  },
  ttl: (statement, { group }) => {
    group.ttl = statement.list('hops').map(({ number }) => number);
  },
};
