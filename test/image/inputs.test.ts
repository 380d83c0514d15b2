import { checkAuthorizedKeys, checkJoinKeys, newJoinKeys, wifiText } from '../../image/inputs.js';
import { assert, test } from '../support/suite.js';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUj me@desk';
const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing is wrong';
};

test('public keys are taken, one a line', () => {
  assert.is(checkAuthorizedKeys(`${key}\r\n\n# mine\n${key}`, 'k'), `${key}\n# mine\n${key}\n`);
});

test('a private key is refused, and nothing of it is shown', () => {
  const text = '-----BEGIN OPENSSH PRIVATE KEY-----\nsecretsecret\n-----END OPENSSH PRIVATE KEY-----\n';
  const message = messageOf(() => checkAuthorizedKeys(text, '/root/.ssh/id'));
  assert.is(message, '/root/.ssh/id is a private key');
});

test('a line that is no key is named', () => {
  assert.is(
    messageOf(() => checkAuthorizedKeys(`${key}\nhello\n`, 'k')),
    'k:2 is no public key of SSH',
  );
  assert.is(
    messageOf(() => checkAuthorizedKeys('\n', 'k')),
    'k is empty',
  );
});

test('a new key of card and clients is one that is taken', () => {
  const text = newJoinKeys(Uint8Array.from({ length: 16 }, (_, index) => index));
  assert.match(text, /^21 AES128CMAC 000102030405060708090a0b0c0d0e0f$/m);
  assert.is(checkJoinKeys(text, 'j'), text);
  assert.match(
    messageOf(() => checkJoinKeys('1 MD5 hello\n', 'j')),
    /j has no AES-CMAC key with the number 21/,
  );
});

test("the network's key is derived: the password is not on the card", () => {
  // IEEE 802.11i, Annex H.4.3: passphrase "password", SSID "IEEE".
  const text = wifiText('IEEE', 'password', 'DE');
  assert.match(text, /psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e/);
  assert.match(text, /^country=DE$/m);
  assert.match(text, /ssid=49454545$/m);
  assert.not.match(text, /password/);
  assert.match(
    messageOf(() => wifiText('x', 'short', '00')),
    /8 to 63 bytes, this one 5/,
  );
});

test.run();
