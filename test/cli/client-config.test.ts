/** What `noonmark client-config` prints, from a server's real files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeysFile } from '../../src/auth/keys-file.js';
import { command } from '../../src/cli/client-config.js';
import { readConfig } from '../../src/config/read.js';
import { NoonmarkError } from '../../src/errors.js';
import { noonmarkKeygen } from '../support/keygen.js';
import { assert, test } from '../support/suite.js';

const root = mkdtempSync(join(tmpdir(), 'noonmark-client-config-'));
test.after(() => rmSync(root, { recursive: true }));

async function run(
  args: readonly string[],
  isTerminal = false,
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    monotonic: () => 0n,
    isTerminal,
    columns: 80,
  };
  return { code: await command.run(args, io), out, err };
}

const keys = (name: string) => join(root, name);
function config(name: string, ...lines: readonly string[]): string {
  const path = join(root, `${name}.conf`);
  writeFileSync(path, `${['clock none', ...lines].join('\n')}\n`);
  return path;
}
const HOST = ['-s', 'alpha', '-m', '1024', '-p', 'common'];
/** The configuration lines in a text, those indented behind `heading`. */
const block = (text: string, heading: string): string =>
  new RegExp(`${heading}:\\n\\n((?: {2}.*\\n)+)`).exec(text)?.[1]?.replaceAll(/^ {2}/gm, '') ?? '';

test.before(async () => {
  await noonmarkKeygen(keys('gq'), 'group', 'create', 'lan', '-b', '1024', ...HOST);
  await noonmarkKeygen(keys('p15'), 'group', 'create', 'lan', '--for', 'ntpd-4.2.8p15', ...HOST);
  await noonmarkKeygen(keys('tc'), '-T', ...HOST);
  await noonmarkKeygen(keys('sym'), '-M');
});

test("a client of ours gets the group's parameters and lines that our configuration takes", async () => {
  const file = config('gq', `keysdir ${keys('gq')}`, 'crypto pw common host alpha ident lan');
  const { code, out } = await run(['beta', '-c', file, '--for', 'noonmark', '--address', '192.0.2.1']);
  assert.is(code, 0);
  assert.match(out, /^# noonmark on beta, as a client of 192\.0\.2\.1$/m);
  assert.match(out, /keygen group join - -d \S+ -s beta -p CLIENT-PASSWORD$/m);
  const lines = block(out, "in the client's ntp.conf");
  assert.match(lines, /^server 192\.0\.2\.1 autokey iburst ident lan$/m);
  const { crypto, associations } = readConfig(lines, 'client.conf').config;
  assert.is(crypto?.ident, 'lan');
  assert.is(crypto?.host, 'beta');
  assert.equal(
    associations.map(({ autokey, ident }) => [autokey, ident]),
    [[true, 'lan']],
  );
  // not the server's own password
  assert.not.match(out, /common/);
});

test('the printed parameters are those of group export, whether they are typed with their indentation or not', async () => {
  const exported = await noonmarkKeygen(keys('p15'), 'group', 'export', 'lan', '-s', 'alpha', '-p', 'common');
  const file = config('p15', `keysdir ${keys('p15')}`, 'crypto pw common host alpha ident lan');
  const { out } = await run(['-c', file, '--for', 'ntpd']);
  const command = / {2}echo '#[^|]*\| sed 's[^']*' \|\n.*\n/.exec(out)?.[0] ?? '';
  for (const [at, text] of [command, command.replaceAll(/^ +/gm, '')].entries()) {
    const folder = join(root, `typed${at}`);
    mkdirSync(folder);
    execFileSync('sh', ['-e'], { cwd: folder, input: text });
    const path = join(folder, 'ntpkey_gqpar_lan');
    const undated = (written: string) => written.replace(/^# (Mon|Tue|Wed|Thu|Fri|Sat|Sun).*$/m, '');
    assert.is(undated(readFileSync(path, 'latin1')), undated(exported));
    assert.is(statSync(path).mode & 0o777, 0o600);
  }
});

test('a client with 4.2.8p15 is told what it cannot do, and how it can where it can', async () => {
  const large = config('gq', `keysdir ${keys('gq')}`, 'crypto pw common host alpha ident lan');
  const refused = await run(['-c', large, '--for', 'ntpd-4.2.8p15']);
  assert.match(refused.out, /GQ modulus has 1024 bits, and ntpd 4\.2\.8p15 cannot verify more than 1016/);
  assert.not.match(refused.out, /^ {2}server /m);
  const file = config('p15', `keysdir ${keys('p15')}`, 'crypto pw common host alpha ident lan');
  const { out } = await run(['-c', file, '--for', 'ntpd']);
  assert.match(out, /ntp-keygen -H -m 2048 -c RSA-SHA256 -i lan -p CLIENT-PASSWORD/);
  assert.match(out, /install -m 600 \/dev\/stdin ntpkey_gqpar_lan/);
  // and ours, of such a group, must be told that the short modulus is known
  const ours = await run(['-c', file, '--for', 'noonmark']);
  assert.match(ours.out, /^ {2}crypto pw CLIENT-PASSWORD ident lan minimum 1016 SHA1$/m);
});

test("each client has its own key of MV, where the trusted agent's file is", async () => {
  await noonmarkKeygen(
    keys('mv'),
    'group',
    'create',
    'lan',
    '--scheme',
    'mv',
    '-V',
    '4',
    '-b',
    '512',
    ...HOST,
  );
  const file = config('mv', `keysdir ${keys('mv')}`, 'crypto pw common host alpha ident lan');
  const parameters = async (n: string) =>
    /BEGIN DSA PRIVATE KEY-----([^']*)/.exec(
      (await run(['-c', file, '--for', 'noonmark', '--client', n])).out,
    )?.[1];
  const [first, second] = [await parameters('1'), await parameters('2')];
  assert.ok(first !== undefined && second !== undefined && first !== second);
  const agent = readdirSync(keys('mv')).filter((name) => name.startsWith('ntpkey_mvta_'));
  for (const name of agent) rmSync(join(keys('mv'), name));
  assert.match(
    (await run(['-c', file])).out,
    /^on the host that made the group, .*\n\n {2}noonmark keygen group export lan/m,
  );
});

test('without an identity scheme there is no ident, and nothing to copy', async () => {
  const file = config('tc', `keysdir ${keys('tc')}`, 'crypto pw common host alpha digest SHA256');
  const { out } = await run(['-c', file, '--for', 'noonmark', '--address', '192.0.2.1']);
  assert.match(out, /^ {2}server 192\.0\.2\.1 autokey iburst$/m);
  assert.match(out, /crypto pw CLIENT-PASSWORD digest SHA256/);
  assert.not.match(out, /scp|export/);
});

test("a symmetric key is written in each daemon's own way, on a terminal too, and said to be secret", async () => {
  const file = config('sym', `keys ${keys('sym')}/ntp.keys`, 'trustedkey 11 22');
  const { keys: all } = parseKeysFile(readFileSync(`${keys('sym')}/ntp.keys`, 'utf8'), 'ntp.keys');
  const hex = Buffer.from(all.find(({ id }) => id === 22)!.secret).toString('hex');
  const { out } = await run(['-c', file]);
  assert.match(out, new RegExp(`^ {2}22 AES128 HEX:${hex}$`, 'm'));
  assert.match(out, new RegExp(`^ {2}22 AES128CMAC ${hex}$`, 'm'));
  assert.match(out, new RegExp(`^ {2}22 AES-128 ${hex}$`, 'm'));
  assert.match(out, /pose as this server; this server has no other\./);
  const sha1 = await run(['-c', file, '--for', 'chrony', '--key', '11']);
  assert.match(sha1.out, /^ {2}11 SHA1 HEX:/m);
  assert.match(sha1.out, /better one each \(--key 22\)/);
  const shown = await run(['-c', file], true);
  assert.match(shown.out, new RegExp(hex));
  assert.match(shown.err, /has secrets in it/);
  const output = join(root, 'laptop.txt');
  const quiet = await run(['-c', file, '-o', output], true);
  assert.is(`${quiet.out}${quiet.err}`, '');
  assert.match(readFileSync(output, 'utf8'), new RegExp(hex));
  assert.is(statSync(output).mode & 0o777, 0o600);
});

test('a server with nothing to offer says how it would, and ends with 69', async () => {
  const { code, out } = await run(['-c', config('none')]);
  assert.is(code, 69);
  assert.match(out, /noonmark keygen -M -d \/etc\/noonmark/);
  const broken = await run(['-c', config('broken', `keysdir ${keys('gq')}`, 'crypto pw wrong host alpha')]);
  assert.match(broken.out, /Autokey: not yet\. \S+ntpkey_host_alpha:4: the password does not open/);
});

test('clients that cannot authenticate get their lines, and are told so', async () => {
  const file = config('none');
  const timesyncd = await run(['-c', file, '--for', 'systemd-timesyncd', '--address', '192.0.2.1']);
  assert.is(timesyncd.code, 0);
  assert.match(
    block(timesyncd.out, 'in /etc/systemd/timesyncd.conf.d/noonmark.conf'),
    /^\[Time\]\nNTP=192\.0\.2\.1\n$/,
  );
  const windows = await run(['-c', file, '--for', 'windows', '--address', '192.0.2.1']);
  assert.match(
    windows.out,
    /w32tm \/config \/manualpeerlist:"192\.0\.2\.1,0x8" \/syncfromflags:manual \/update/,
  );
  for (const { out } of [timesyncd, windows])
    assert.match(out, /Not authenticated: whoever can forge packets/);
});

test('wrong words are usage errors', async () => {
  const none = ['-c', config('none')];
  const server = ['-c', config('named', `keysdir ${keys('tc')}`, 'crypto pw common host alpha')];
  for (const args of [
    ['laptop', 'more', ...none],
    // a configuration file is no client's name, and neither is the server's own
    ['/etc/noonmark/ntp.conf'],
    ['alpha', ...server],
    ['--for', 'openntpd', ...none],
    ['--key', 'x', ...none],
    ['--key', '5', ...none],
    ['--client', '0', ...none],
  ])
    try {
      await run(args);
      assert.unreachable(args.join(' '));
    } catch (error) {
      assert.ok(error instanceof NoonmarkError && error.code === 'ERR_USAGE', String(error));
    }
});

test.run();
