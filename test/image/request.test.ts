import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BOARDS } from '../../boards/list.js';
import { wifiText } from '../../image/inputs.js';
import { readOptions } from '../../image/options.js';
import { requestOf } from '../../image/request.js';
import { NoonmarkError } from '../../src/errors.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

// A checkout without git's history will do.
process.env['SOURCE_DATE_EPOCH'] = '1700000000';
const JITTER = 'by Wi-Fi clients see milliseconds of jitter, and losses; a cable where time matters';
const PASSWORD = 'correct horse';

/** What comes of these options, with everything that was said to the person and asked of them. */
async function ask(options: readonly string[], password: string | NoonmarkError = PASSWORD) {
  const told: string[] = [];
  const asked: string[] = [];
  const request = await requestOf(readOptions(['--board', 'raspberry-pi-4b', ...options]), {
    tell: (text) => void told.push(text),
    askPassword: (question) => {
      asked.push(question);
      return typeof password === 'string' ? Promise.resolve(password) : Promise.reject(password);
    },
  });
  return { request, told, asked };
}

async function refusal(
  options: readonly string[],
  password?: string | NoonmarkError,
): Promise<NoonmarkError> {
  try {
    await ask(options, password);
  } catch (error) {
    if (error instanceof NoonmarkError) return error;
    throw error;
  }
  throw new Error(`${options.join(' ')} is taken`);
}

test('without Wi-Fi nothing is told, and nobody is asked', async () => {
  const { request, told, asked } = await ask([]);
  assert.equal([told, asked], [[], []]);
  assert.is(request.wifi, undefined);
});

test("who wants Wi-Fi is told what clients see of it, and asked for that network's password", async () => {
  const { request, told, asked } = await ask(['--wifi', 'The net', '--wifi-country', 'DE']);
  assert.equal(told, [JITTER]);
  assert.equal(asked, ['password of The net: ']);
  assert.is(request.wifi, wifiText('The net', PASSWORD, 'DE'));
});

test("a password's file is read to the end of its first line, and nobody is asked", async () => {
  const file = join(temporaryFolder(), 'password');
  for (const end of ['', '\n', '\r\n', '\nmore\n']) {
    writeFileSync(file, `${PASSWORD}${end}`);
    const { request, told, asked } = await ask(['--wifi', 'net', '--wifi-password-file', file]);
    assert.is(request.wifi, wifiText('net', PASSWORD, '00'));
    assert.equal([told, asked], [[JITTER], []]);
  }
});

for (const { id, name, debian, radioMayLackFirmware } of BOARDS)
  if (debian !== undefined)
    test(`whether Wi-Fi may fail on ${id} is told as its definition has it`, async () => {
      const { told } = await ask(['--board', id, '--wifi', 'net']);
      const warning = `on some of the ${name} Wi-Fi does not work: the card has no firmware for their radio`;
      assert.equal(told, [...(radioMayLackFirmware === true ? [warning] : []), JITTER]);
    });

test('a password that no network has is refused, from a person and from a file', async () => {
  const file = join(temporaryFolder(), 'password');
  writeFileSync(file, '\nsecond line\n');
  for (const { code, message } of [
    await refusal(['--wifi', 'net'], 'short'),
    await refusal(['--wifi', 'net', '--wifi-password-file', file]),
  ]) {
    assert.is(code, 'ERR_USAGE');
    assert.match(message, /^a password of Wi-Fi has 8 to 63 bytes, this one [50]$/);
  }
});

test('a person who cannot be asked ends it, with what was said', async () => {
  const nobody = new NoonmarkError('ERR_USAGE', 'nobody', '--wifi-password-file FILE');
  assert.is(await refusal(['--wifi', 'net'], nobody), nobody);
});

test('a file that is not there is named, with its option', async () => {
  for (const option of ['--ssh-key', '--wifi-password-file']) {
    const { code, message, remedy } = await refusal(['--wifi', 'net', option, '/nowhere']);
    assert.is(code, 'ERR_FILE');
    assert.match(message, /^\/nowhere cannot be read: /);
    assert.is(remedy, `${option} FILE`);
  }
});

test('the key of card and clients is made once, for its owner alone, and that is told', async () => {
  const file = join(temporaryFolder(), 'join');
  const first = await ask(['--join-key', file]);
  assert.equal(first.told, [`${file} is made: the key of card and clients`]);
  assert.ok(existsSync(file));
  assert.is(statSync(file).mode & 0o777, 0o600);
  assert.is(first.request.joinKeys, readFileSync(file, 'utf8'));
  const second = await ask(['--join-key', file]);
  assert.equal([second.told, second.request.joinKeys], [[], first.request.joinKeys]);
});

test.run();
