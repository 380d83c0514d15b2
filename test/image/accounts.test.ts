import { ACCOUNTS, accountFiles, GROUPS, missingAccounts } from '../../image/accounts.js';
import { assert, test } from '../support/suite.js';

const files = accountFiles(
  'root:*:0:0:root:/root:/bin/bash\nnobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  'root:*:0:\ndialout:*:20:\nshadow:*:42:\n',
);

test('numbers are given once, and stay: files on the state partition have them', () => {
  const ids = [...ACCOUNTS, ...GROUPS].map(({ id }) => id);
  assert.is(new Set(ids).size, ids.length);
  assert.match(files.passwd, /^noonmark:x:900:900::\/var\/lib\/noonmark:\/usr\/sbin\/nologin$/m);
  assert.match(files.passwd, /^sshd:x:903:/m);
});

test('the service is in the groups of its devices', () => {
  for (const name of ['dialout', 'gpio', 'i2c'])
    assert.match(files.group, new RegExp(`^${name}:x:\\d+:noonmark$`, 'm'));
});

test('nobody has a password', () => {
  for (const line of files.shadow.trimEnd().split('\n')) assert.match(line, /^[^:]+:\*:/);
  for (const line of files.passwd.trimEnd().split('\n')) assert.match(line, /^[^:]+:x:/);
});

test('each user is in all files, with a group of the same number', () => {
  for (const { name, id } of ACCOUNTS) {
    assert.match(files.group, new RegExp(`^${name}:x:${id}:`, 'm'));
    assert.match(files.shadow, new RegExp(`^${name}:`, 'm'));
    assert.match(files.gshadow, new RegExp(`^${name}:`, 'm'));
  }
});

test('users and groups that a package wants and nobody made are named', () => {
  const wanted = [
    '# u comment\nu noonmark - "noonmark" /\ng shadow 42\n',
    'u! new-one -\ng new-group -\nu sshd -:nogroup "x"\nm a b\n',
  ];
  assert.equal(missingAccounts(wanted, files), ['user new-one', 'group new-group']);
});

test.run();
