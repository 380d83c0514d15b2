import fc from 'fast-check';
import { type KeyProblem, keyAlgorithm, parseKeysFile } from '../../src/auth/keys-file.js';
import { assert, test } from '../support/suite.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const HEX40 = '0123456789abcdef0123456789ABCDEF01234567';

const read = (text: string) => parseKeysFile(text, '/etc/ntp.keys');
const only = (text: string): KeyProblem => {
  const { problems } = read(text);
  assert.is(problems.length, 1, JSON.stringify(problems));
  return problems[0] as KeyProblem;
};

test("ntp-keygen's file of 4.2.8 is read", () => {
  const text = [
    '# ntpkey_MD5key_peer1.4004380970',
    '# Sun Nov 22 23:56:10 2026',
    '',
    ' 1 MD5 (m(}HkTzzG)]2Q9.bOiK  # MD5 key',
    `11 SHA1 ${HEX40}  # SHA1 key`,
    '21 AES128CMAC 2b7e151628aed2a6abf7158809cf4f3c # AES128CMAC key',
  ].join('\n');
  const { keys, problems } = read(text);
  assert.equal(problems, []);
  assert.equal(
    keys.map(({ id, algorithm, secret }) => ({ id, algorithm, secret: hex(secret) })),
    [
      { id: 1, algorithm: 'MD5', secret: hex(Buffer.from('(m(}HkTzzG)]2Q9.bOiK')) },
      { id: 11, algorithm: 'SHA1', secret: HEX40.toLowerCase() },
      { id: 21, algorithm: 'AES-128-CMAC', secret: '2b7e151628aed2a6abf7158809cf4f3c' },
    ],
  );
});

test("ntpsec's file is read, tabs, carriage returns and a missing last line break included", () => {
  const { keys, problems } = read(
    '1\tAES-128\t2b7e151628aed2a6abf7158809cf4f3c\r\n2\tSHA-1\tsecret#comment\r\n3 m x',
  );
  assert.equal(problems, []);
  assert.equal(
    keys.map(({ id, algorithm }) => [id, algorithm]),
    [
      [1, 'AES-128-CMAC'],
      [2, 'SHA1'],
      [3, 'MD5'],
    ],
  );
  assert.is(hex(keys[1]?.secret ?? new Uint8Array()), hex(Buffer.from('secret')));
});

test('type names of ntpd, ntpsec, chrony and OpenSSL mean what they say, in any case', () => {
  const table: Readonly<Record<string, string>> = {
    M: 'MD5',
    md5: 'MD5',
    SHA: 'SHA1',
    sha1: 'SHA1',
    'SHA-1': 'SHA1',
    SHA224: 'SHA224',
    sha256: 'SHA256',
    SHA384: 'SHA384',
    sha512: 'SHA512',
    'SHA3-256': 'SHA3-256',
    RMD160: 'RIPEMD160',
    RIPEMD160: 'RIPEMD160',
    AES: 'AES-128-CMAC',
    aes128: 'AES-128-CMAC',
    'AES-128': 'AES-128-CMAC',
    AES128CMAC: 'AES-128-CMAC',
    'aes-128-cmac': 'AES-128-CMAC',
    AES256: 'AES-256-CMAC',
    'AES-256-CMAC': 'AES-256-CMAC',
    'AES-192': 'AES-192-CMAC',
  };
  for (const [word, algorithm] of Object.entries(table)) assert.is(keyAlgorithm(word), algorithm, word);
  for (const word of ['', 'MD4', 'constructor', '__proto__', 'toString', 'AES-129'])
    assert.is(keyAlgorithm(word), undefined, word);
});

test('20 characters are text, 21 are hexadecimal', () => {
  const twenty = '0123456789abcdef0123';
  assert.is(hex(read(`1 MD5 ${twenty}`).keys[0]?.secret ?? new Uint8Array()), hex(Buffer.from(twenty)));
  const { keys, problems } = read(`1 MD5 ${twenty}4`);
  assert.is(hex(keys[0]?.secret ?? new Uint8Array()), twenty);
  assert.is(problems[0]?.severity, 'warning');
});

test('64 hexadecimal digits count, what is more is cut as both daemons do, and said', () => {
  const { keys, problems } = read(`1 SHA512 ${'ab'.repeat(40)}`);
  assert.is(keys[0]?.secret.length, 32);
  assert.is(problems.length, 1);
  assert.is(problems[0]?.column, 10 + 64);
});

test('the fourth column of 4.2.8 lists addresses and prefixes', () => {
  const { keys, problems } = read(
    '1 MD5 secret 10.9.0.1,192.0.2.0/24,fd09::1,2001:db8::/32,[::1],::ffff:10.9.0.1/128',
  );
  assert.equal(problems, []);
  assert.equal(
    keys[0]?.ranges.map(({ address, prefixLength }) => `${hex(address)}/${prefixLength}`),
    [
      '0a090001/32',
      'c0000200/24',
      'fd090000000000000000000000000001/128',
      '20010db8000000000000000000000000/32',
      '00000000000000000000000000000001/128',
      '00000000000000000000ffff0a090001/128',
    ],
  );
});

test('each mistake gets its line, column and remedy, and the other lines still count', () => {
  const text = [
    '1 MD5 good',
    'x MD5 bad',
    '0 MD5 bad',
    '65536 MD5 bad',
    '  7',
    '8 MD5',
    '9 MD6 bad',
    `10 SHA1 ${HEX40.slice(0, 30)}g${HEX40.slice(31)}`,
    '11 MD5 sécret',
    '12 MD5 secret 10.9.0.1,10.9.0.256',
    '13 MD5 secret 10.9.0.0/33',
    '-14 MD5 bad',
    '15 MD5 HEX:00112233445566778899AABBCCDDEEFF',
    '99 SHA1 good',
  ].join('\n');
  const { keys, problems } = read(text);
  assert.equal(
    keys.map(({ id }) => id),
    [1, 99],
  );
  assert.equal(
    problems.map(({ line, column, severity }) => [line, column, severity]),
    [
      [2, 1, 'error'],
      [3, 1, 'error'],
      [4, 1, 'error'],
      [5, 4, 'error'],
      [6, 6, 'error'],
      [7, 3, 'error'],
      [8, 9 + 30, 'error'],
      [9, 8, 'error'],
      [10, 24, 'error'],
      [11, 15, 'error'],
      [12, 1, 'error'],
      [13, 8, 'error'],
    ],
  );
  for (const { file, message, remedy } of problems) {
    assert.is(file, '/etc/ntp.keys');
    assert.ok(message.length > 10 && remedy.length > 10);
  }
  assert.match(problems.at(-1)?.remedy ?? '', /HEX:/);
});

test('the first of two lines with one ID counts, as with ntpd, and the second is named', () => {
  const problem = only('1 MD5 first\n1 SHA1 second\n');
  assert.is(problem.severity, 'warning');
  assert.is(problem.line, 2);
  assert.is(read('1 MD5 first\n1 SHA1 second\n').keys[0]?.algorithm, 'MD5');
});

test('a cipher key of the wrong size is used as ntpd uses it, with a warning', () => {
  const problem = only('1 AES-128-CMAC short');
  assert.is(problem.severity, 'warning');
  assert.match(problem.remedy, /32 hexadecimal/);
});

test('a secret, or what may be one, is in no message', () => {
  const secrets = ['Sup3rS3cretWord', `${HEX40}zz`, 'p@ss', '0011223344556677'];
  fc.assert(
    fc.property(
      fc.constantFrom(...secrets),
      fc.constantFrom(
        '1 MD5 ',
        '1 ',
        '',
        '1 MD5 x ',
        '70000 MD5 ',
        '1 AES ',
        '1 MD5 x 10.0.0.1 ',
        '1 SHA1 é',
      ),
      (secret, before) => {
        for (const { message, remedy } of read(before + secret).problems)
          assert.not(`${message} ${remedy}`.includes(secret));
      },
    ),
    { numRuns: 100 },
  );
});

test('any text is read without throwing, and the problems are bounded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      read(text);
    }),
    { numRuns: 500 },
  );
  assert.is(read('x\n'.repeat(5000)).problems.length, 100);
  assert.is(read('x'.repeat((1 << 20) + 1)).problems.length, 1);
});

test.run();
