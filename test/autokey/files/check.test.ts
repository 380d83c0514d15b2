import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCryptoKeys } from '../../../src/autokey/files/check.js';
import { openKeyFolder } from '../../../src/autokey/files/folder.js';
import { nowSeconds } from '../../../src/cli/keygen/workbench.js';
import { command as keygen } from '../../../src/cli/keygen.js';
import { readConfig } from '../../../src/config/read.js';
import { assert, test } from '../../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-check-keys-'));
const quiet = { out: () => {}, err: () => {}, monotonic: () => 0n, isTerminal: false, columns: 80 };
const make = (...args: readonly string[]) =>
  keygen.run([...args, '-d', folder, '-p', 'common', '-m', '1024'], quiet);

test.before(async () => {
  await make('-T', '-G', '-b', '1024', '-s', 'peer1');
  await make('-s', 'peer2', '-l', '0');
});
test.after(() => rmSync(folder, { recursive: true }));

const DAY = 86_400;
const check = (crypto: string, lines: readonly string[] = [], later = 0) => {
  const text = ['clock none', `keysdir ${folder}`, crypto, ...lines, ''].join('\n');
  return checkCryptoKeys(readConfig(text, 'ntp.conf').config, {
    machine: 'vm',
    nowSeconds: nowSeconds() + later,
    openFolder: openKeyFolder,
  }).map(({ severity, file, line, message, remedy }) => ({
    severity,
    place: `${file.replace(`${folder}/`, '')}:${line}`,
    message,
    remedy,
  }));
};

test('keys that are there, open, fit and hold give no problem; neither does a file without crypto', () => {
  assert.equal(check('crypto pw common host peer1'), []);
  assert.equal(check('# none'), []);
  assert.equal(check('crypto pw common host peer1', ['server 10.9.0.2 autokey ident peer1']), []);
});

test('keys of another name are an error at the crypto line, which says whose keys there are', () => {
  const [host, certificate] = check('crypto pw common');
  assert.equal([host!.severity, host!.place], ['error', 'ntp.conf:3']);
  assert.match(host!.message, /ntpkey_host_vm: there is no such file/);
  assert.match(host!.remedy, /'crypto host peer1' \(the directory has keys of peer1, peer2\)/);
  assert.match(certificate!.message, /ntpkey_cert_vm/);
});

test('a wrong password is an error at the line of the key file where the key begins', () => {
  const [first] = check('crypto pw wrong host peer1');
  assert.equal([first!.severity, first!.place], ['error', 'ntpkey_host_peer1:4']);
  assert.match(first!.remedy, /crypto pw/);
});

test('a certificate that expired, or soon will, is said with the day', () => {
  const [expired] = check('crypto pw common host peer2', [], 60);
  assert.equal([expired!.severity, expired!.place], ['error', 'ntpkey_cert_peer2:1']);
  assert.match(expired!.message, /expired on \d{4}-\d\d-\d\d/);
  assert.match(expired!.remedy, /keygen renew/);
  const [soon] = check('crypto pw common host peer1', [], 340 * DAY);
  assert.is(soon!.severity, 'warning');
  assert.match(soon!.message, /expires on/);
});

test("an association's group without parameters is an error at its line", () => {
  const [problem] = check('crypto pw common host peer1', ['server 10.9.0.2 autokey ident lan']);
  assert.equal([problem!.severity, problem!.place], ['error', 'ntp.conf:4']);
  assert.match(problem!.message, /no usable parameters of the group 'lan'/);
  assert.match(problem!.remedy, /group export lan > FILE; here: noonmark keygen group join FILE/);
  const [ephemeral] = check('crypto pw common host peer1', ['ident lan']);
  assert.match(ephemeral!.message, /'lan'/);
});

test('a certificate of another key, a bad file of a group and open rights are said', async () => {
  const key = readlinkSync(join(folder, 'ntpkey_host_peer1'));
  const other = readlinkSync(join(folder, 'ntpkey_host_peer2'));
  rmSync(join(folder, 'ntpkey_host_peer1'));
  symlinkSync(other, join(folder, 'ntpkey_host_peer1'));
  writeFileSync(join(folder, 'ntpkey_gqpar_bad'), '# ntpkey_gqpar_bad.4004380625\n# x\n\nnothing\n');
  chmodSync(join(folder, other), 0o666);
  try {
    const problems = check('crypto pw common host peer1', ['server 10.9.0.2 autokey ident bad']);
    const say = (pattern: RegExp) => problems.find(({ message }) => pattern.test(message));
    assert.is(say(/is not of the key in/)?.severity, 'error');
    assert.is(say(/everybody may write it/)?.severity, 'warning');
    assert.is(say(/no '-----BEGIN/)?.place, 'ntpkey_gqpar_bad:1');
    assert.match(say(/group 'bad'/)!.remedy, /ntpkey_gqpar_bad:1: there is no '-----BEGIN/);
  } finally {
    rmSync(join(folder, 'ntpkey_host_peer1'));
    symlinkSync(key, join(folder, 'ntpkey_host_peer1'));
    rmSync(join(folder, 'ntpkey_gqpar_bad'));
    chmodSync(join(folder, other), 0o640);
  }
  assert.ok(readdirSync(folder).length > 5);
});

test('own keys that other hosts refuse are a warning with the words that would allow them', async () => {
  await make('-T', '-G', '-b', '1024', '-c', 'RSA-MD5', '-s', 'weak');
  const [weak] = check('crypto pw common host weak');
  assert.equal([weak!.severity, weak!.place], ['warning', 'ntpkey_cert_weak:1']);
  assert.match(weak!.remedy, /'crypto minimum 1024 MD5' on all hosts/);
  // These words say that it is known, and a higher bar that more is wanted.
  assert.equal(check('crypto pw common host weak minimum 1024 MD5'), []);
  const [short] = check('crypto pw common host peer1 minimum 2048 SHA1');
  assert.match(short!.message, /a key of 1024 bits, less than the minimum of 2048: other hosts refuse it/);
});

test('a directory that is not there is one error at the crypto line, with files', () => {
  const config = readConfig('clock none\nkeysdir /nowhere\ncrypto pw x\n', 'ntp.conf').config;
  const [first] = checkCryptoKeys(config, { machine: 'vm', nowSeconds: 4e9, openFolder: openKeyFolder });
  assert.match(first!.message, /^\/nowhere: there is no such keys directory/);
  assert.is(first!.line, 3);
});

test.run();
