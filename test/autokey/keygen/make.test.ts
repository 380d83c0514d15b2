/** keygen's runs, from flags to a directory that loads, through the command itself. */
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeysFile } from '../../../src/auth/keys-file.js';
import { parseCertificate } from '../../../src/autokey/certificate/parse.js';
import { openKeyFolder } from '../../../src/autokey/files/folder.js';
import { loadKeys } from '../../../src/autokey/files/load.js';
import { readArmour } from '../../../src/autokey/files/pem.js';
import { readPrivateKey } from '../../../src/autokey/files/private-key.js';
import { bitLength } from '../../../src/autokey/powers/integers.js';
import { nowSeconds } from '../../../src/cli/keygen/workbench.js';
import { command } from '../../../src/cli/keygen.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

const root = mkdtempSync(join(tmpdir(), 'noonmark-keygen-'));
test.after(() => rmSync(root, { recursive: true }));

let folders = 0;
const folder = (): string => {
  folders += 1;
  return join(root, String(folders));
};

async function keygen(args: readonly string[], isTerminal = false) {
  let [out, err] = ['', ''];
  const code = await command.run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    monotonic: () => 0n,
    isTerminal,
    columns: 80,
  });
  return { code, out, err };
}

const small = (directory: string, host = 'peer1') =>
  ['-d', directory, '-s', host, '-m', '1024', '-p', 'common'] as const;

const load = (directory: string, hostName = 'peer1', group?: string, password = 'common') =>
  loadKeys(openKeyFolder(directory), { hostName, group, password, nowSeconds: nowSeconds() });

const certificateOf = (directory: string, host = 'peer1') => {
  const { certificate } = load(directory, host);
  const parsed = parseCertificate(certificate!.der);
  assert.ok(parsed.ok);
  return { ...parsed.value, ...certificate! };
};

async function refusal(args: readonly string[], isTerminal = false): Promise<NoonmarkError> {
  try {
    await keygen(args, isTerminal);
  } catch (error) {
    assert.ok(error instanceof NoonmarkError, String(error));
    assert.ok(error.remedy !== '');
    return error;
  }
  throw new Error(`not refused: ${args.join(' ')}`);
}

test('the recipe of 2006: -T -G makes the files it copies and links, encrypted with the common password', async () => {
  const [a, b] = [folder(), folder()];
  for (const [directory, host] of [
    [a, 'peer1'],
    [b, 'peer2'],
  ] as const)
    await keygen(['-T', '-G', '-b', '512', ...small(directory, host)]);
  const par = readdirSync(a).find((name) => /^ntpkey_GQpar_peer1\.\d+$/.test(name))!;
  const text = readFileSync(join(a, par), 'latin1');
  assert.match(text, /BEGIN ENCRYPTED PRIVATE KEY/);
  // cp and ln -s, as the recipe says
  writeFileSync(join(b, par), text, { mode: 0o640 });
  symlinkSync(par, join(b, 'ntpkey_gq_peer1'));
  const keys = load(b, 'peer2');
  assert.equal(keys.problems, []);
  const { n } = load(a).gqKey!.value;
  assert.is(keys.gqParameters.get('peer1')!.value.n, n);
  assert.not(keys.gqParameters.get('peer2')!.value.n === n);
  // what is copied does not hold the server's private number
  const numbers = readPrivateKey(readArmour(text).blocks[0]!, 'common');
  assert.ok(numbers.type === 'rsa' && numbers.p === 1n && numbers.q === 1n);
});

test('one file of 2006 for both roles is taken as server key and as parameters', async () => {
  const a = folder();
  await keygen(['-T', '-G', '-b', '512', ...small(a)]);
  const key = readdirSync(a).find((name) => name.startsWith('ntpkey_GQkey_'))!;
  rmSync(join(a, 'ntpkey_gqkey_peer1'));
  symlinkSync(key, join(a, 'ntpkey_gq_peer1'));
  const { gqKey, gqParameters, problems } = load(a);
  assert.equal(problems, []);
  assert.is(gqKey?.value.n, gqParameters.get('peer1')?.value.n);
});

test('with crypto ident naming a peer, as the recipe has it, our own key answers', async () => {
  const a = folder();
  await keygen(['-T', '-I', '-b', '512', ...small(a)]);
  await keygen(['-G', '-b', '512', ...small(a)]);
  const { iffKey, gqKey, problems } = load(a, 'peer1', 'peer2');
  assert.equal(problems, []);
  assert.equal([iffKey?.owner, gqKey?.owner], ['peer1', 'peer1']);
  // Where the group has a key, the host's own of another scheme is not announced with it.
  await keygen(['group', 'create', 'lan', '-b', '512', ...small(a)]);
  assert.is(load(a, 'peer1', 'lan').iffKey, undefined);
});

test('links lead from host and group, files have modes 0640 and the file stamp of the run', async () => {
  const a = folder();
  await keygen(['-T', '-G', '-b', '512', '-i', 'grp', ...small(a)]);
  const target = readlinkSync(join(a, 'ntpkey_gqkey_grp'));
  assert.match(target, /^ntpkey_GQkey_grp\.\d{10}$/);
  assert.is(readlinkSync(join(a, 'ntpkey_gqkey_peer1')), target);
  assert.match(readlinkSync(join(a, 'ntpkey_cert_peer1')), /^ntpkey_RSA-SHA256cert_peer1\.\d{10}$/);
  for (const name of readdirSync(a).filter((name) => /\.\d{10}$/.test(name))) {
    assert.is(lstatSync(join(a, name)).mode & 0o777, 0o640, name);
    assert.is(readFileSync(join(a, name), 'latin1').split('\n', 1)[0], `# ${name}`);
  }
  assert.is(certificateOf(a).subject, 'peer1@grp');
  const { problems, gqKey } = load(a, 'peer1', 'grp');
  assert.equal(problems, []);
  assert.is(gqKey?.owner, 'grp');
});

test('-e and -q write what a client and a server need, and no certificate', async () => {
  const a = folder();
  await keygen(['-T', '-G', '-b', '512', ...small(a)]);
  const before = readdirSync(a).map((name) => [name, lstatSync(join(a, name)).mtimeMs]);
  const { out } = await keygen(['-e', ...small(a).filter((word) => word !== '-m' && word !== '1024')]);
  const exported = readArmour(out);
  const { gqKey } = load(a);
  assert.is(exported.name, `ntpkey_gqpar_peer1.${gqKey!.filestamp}`);
  const numbers = readPrivateKey(exported.blocks[0]!, undefined);
  assert.ok(numbers.type === 'rsa' && numbers.e === gqKey!.value.b && numbers.d === numbers.e);
  const server = await keygen(['-q', 'other', '-d', a, '-s', 'peer1', '-p', 'common']);
  assert.is(readArmour(server.out).name, `ntpkey_gqkey_peer1.${gqKey!.filestamp}`);
  const key = readPrivateKey(readArmour(server.out).blocks[0]!, 'other');
  assert.ok(key.type === 'rsa' && key.p === gqKey!.value.u);
  assert.equal(
    readdirSync(a).map((name) => [name, lstatSync(join(a, name)).mtimeMs]),
    before,
  );
  // A group whose key is not here is an error, not an empty file and a certificate without its value.
  const none = await refusal(['-e', '-i', 'nobody', '-d', a, '-s', 'peer1', '-p', 'common']);
  assert.is(none.code, 'ERR_KEYS');
});

test('-G and -I in one run make a key of each, and -e exports both', async () => {
  const a = folder();
  await keygen(['-T', '-G', '-I', '-b', '512', ...small(a)]);
  const { gqKey, iffKey, problems } = load(a);
  assert.equal(problems, []);
  assert.ok(gqKey !== undefined && iffKey !== undefined);
  assert.is(certificateOf(a).gqValue, gqKey.value.v);
  const { out } = await keygen(['-e', '-d', a, '-s', 'peer1', '-p', 'common']);
  assert.equal(out.match(/^# ntpkey_\w+/gm), ['# ntpkey_gqpar_peer1', '# ntpkey_iffpar_peer1']);
  const [b, par] = [folder(), join(root, 'two.par')];
  writeFileSync(par, out);
  await keygen(['group', 'join', par, ...small(b, 'peer2')]);
  const { gqParameters, iffParameters } = load(b, 'peer2');
  assert.ok(gqParameters.has('peer1') && iffParameters.has('peer1'));
});

test('nothing secret is shown on a terminal', async () => {
  const a = folder();
  const made = await keygen(['-T', '-I', '-b', '512', ...small(a)], true);
  assert.not.match(made.out + made.err, /BEGIN|common/);
  assert.is((await refusal(['-e', '-d', a, '-s', 'peer1', '-p', 'common'], true)).code, 'ERR_USAGE');
  const shown = await keygen(['show', '-d', a, '-p', 'common'], true);
  assert.not.match(shown.out, /BEGIN|common/);
});

test('for ntpd 4.2.8p15: e = u and d = b in the server key, traditional PEM for IFF and MV, 1016 bits at most', async () => {
  const a = folder();
  const { err } = await keygen(['-T', '-G', '--for', 'ntpd-4.2.8p15', ...small(a)]);
  assert.match(err, /warning: a GQ modulus of 1016 bits is short/);
  const { gqKey } = load(a);
  assert.is(bitLength(gqKey!.value.n), 1016);
  assert.is(gqKey!.value.layout, 'p15');
  const text = readFileSync(join(a, 'ntpkey_gqkey_peer1'), 'latin1');
  const numbers = readPrivateKey(readArmour(text).blocks[0]!, 'common');
  const { u, b, v } = gqKey!.value;
  assert.ok(numbers.type === 'rsa');
  assert.equal([numbers.e, numbers.d, numbers.p, numbers.q], [u, b, u, v]);
  for (const [flags, link] of [
    [['-I', '-b', '1024'], 'ntpkey_iffkey_peer1'],
    [['-V', '3', '-b', '512'], 'ntpkey_mvkey_peer1'],
  ] as const) {
    await keygen([...flags, '--for', 'ntpd-4.2.8p15', ...small(a)]);
    assert.match(readFileSync(join(a, link), 'latin1'), /BEGIN DSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED/);
  }
  assert.equal(load(a).problems, []);
  const refused = await refusal(['-G', '-b', '2048', '--for', 'ntpd-4.2.8p15', ...small(a)]);
  assert.match(refused.remedy, /-b 1016/);
});

test('the certificate keeps scheme, trust and group when it is renewed, and its file stamp is new', async () => {
  const a = folder();
  await keygen(['-T', '-c', 'RSA-SHA512', '-l', '10', '-i', 'grp', ...small(a)]);
  const before = certificateOf(a);
  await keygen(['renew', '-l', '100', '-d', a, '-s', 'peer1', '-p', 'common']);
  const after = certificateOf(a);
  assert.equal(
    [after.subject, after.trustRoot, after.scheme.keygenName],
    [before.subject, true, 'RSA-SHA512'],
  );
  assert.is(after.notAfter - after.notBefore, 100 * 86_400);
  assert.ok(after.filestamp >= before.filestamp);
  assert.is(after.notBefore, after.filestamp);
});

test('-P makes a private certificate, -S RSA a sign key that the certificate is of', async () => {
  const a = folder();
  await keygen(['-P', '-S', 'RSA', ...small(a)]);
  const { host, sign, problems } = load(a);
  assert.equal(problems, []);
  assert.ok(host !== undefined && sign !== undefined && !host.key.equals(sign.key));
  const { isPrivate, trustRoot } = certificateOf(a);
  assert.equal([isPrivate, trustRoot], [true, false]);
});

test('-M makes keys that our keys file reader takes, readable by their owner only', async () => {
  const a = folder();
  await keygen(['-M', '-d', a]);
  const { keys, problems } = parseKeysFile(readFileSync(join(a, 'ntp.keys'), 'utf8'), 'ntp.keys');
  assert.equal(problems, []);
  assert.equal(
    [0, 10, 20].map((at) => keys.slice(at, at + 10).map(({ algorithm }) => algorithm)),
    ['MD5', 'SHA1', 'AES-128-CMAC'].map((algorithm) => new Array(10).fill(algorithm)),
  );
  assert.is(keys.length, 30);
  assert.is(lstatSync(join(a, readlinkSync(join(a, 'ntp.keys')))).mode & 0o777, 0o600);
});

test('a wrong password ends the run before anything is written', async () => {
  const a = folder();
  await keygen(['-T', '-G', '-b', '512', ...small(a)]);
  const before = readdirSync(a);
  const { code, message, remedy } = await refusal(['-T', '-d', a, '-s', 'peer1', '-p', 'wrong']);
  assert.is(code, 'ERR_KEYS');
  assert.match(message, /ntpkey_host_peer1, line 4: the password does not open/);
  assert.match(remedy, /-p/);
  assert.equal(readdirSync(a), before);
});

test('a file that stands where a link belongs is not replaced, and nothing is written', async () => {
  const a = folder();
  await keygen([...small(a)]);
  rmSync(join(a, 'ntpkey_cert_peer1'));
  writeFileSync(join(a, 'ntpkey_cert_peer1'), 'mine');
  const before = readdirSync(a);
  const { code, remedy } = await refusal(['-T', ...small(a)]);
  assert.is(code, 'ERR_FILE');
  assert.match(remedy, /^move it away first/);
  assert.equal(readdirSync(a), before);
  assert.is(readFileSync(join(a, 'ntpkey_cert_peer1'), 'utf8'), 'mine');
});

test('create, export and join: a client and a further server of a group, in words', async () => {
  for (const [scheme, bits] of [
    ['gq', '512'],
    ['iff', '512'],
    ['mv', '512'],
  ] as const) {
    const [a, b, c] = [folder(), folder(), folder()];
    const created = await keygen(['group', 'create', 'lan', '--scheme', scheme, '-b', bits, ...small(a)]);
    assert.match(created.out, /crypto pw PASSWORD host peer1 ident lan/);
    const again = await refusal(['group', 'create', 'lan', '--scheme', scheme, ...small(a)]);
    assert.match(again.message, /is there already/);
    const base = ['-d', a, '-s', 'peer1', '-p', 'common'];
    const par = join(a, 'lan.par');
    await keygen(['group', 'export', ...base, '-o', par]);
    await keygen(['group', 'export', 'lan', '--server', '-q', 'transit', ...base, '-o', join(a, 'lan.key')]);
    await keygen(['group', 'join', par, ...small(b, 'peer2')]);
    await keygen(['group', 'join', join(a, 'lan.key'), '--file-password', 'transit', ...small(c, 'peer3')]);
    const [server, client, second] = [
      load(a, 'peer1', 'lan'),
      load(b, 'peer2', 'lan'),
      load(c, 'peer3', 'lan'),
    ];
    assert.equal([...server.problems, ...client.problems, ...second.problems], []);
    // Certificates name the group: the reference's hosts turn away those that do not.
    assert.is(certificateOf(b, 'peer2').subject, 'peer2@lan');
    assert.is(certificateOf(c, 'peer3').subject, 'peer3@lan');
    if (scheme === 'gq') {
      const { n, b: key } = server.gqKey!.value;
      assert.equal(client.gqParameters.get('lan')!.value, { n, b: key, layout: 'both' });
      assert.equal(second.gqKey!.value, server.gqKey!.value);
      assert.is(certificateOf(c, 'peer3').gqValue, server.gqKey!.value.v);
    } else if (scheme === 'iff') {
      assert.is(client.iffParameters.get('lan')!.value.v, server.iffKey!.value.v);
      assert.equal(second.iffKey!.value, server.iffKey!.value);
    } else {
      assert.is(client.mvParameters.get('lan')!.value.p, server.mvKey!.value.p);
      assert.equal(second.mvKey!.value, server.mvKey!.value);
    }
    const { filestamp } = (server.gqKey ?? server.iffKey ?? server.mvKey)!;
    const got = [client.gqParameters, client.iffParameters, client.mvParameters].map((map) => map.get('lan'));
    assert.is(got.find((file) => file !== undefined)!.filestamp, filestamp);
  }
});

test('each MV client can be given a key of its own, the revoked one is not given out', async () => {
  const a = folder();
  await keygen(['group', 'create', 'lan', '--scheme', 'mv', '-V', '3', '-b', '512', ...small(a)]);
  const base = ['-d', a, '-s', 'peer1', '-p', 'common'];
  const one = await keygen(['group', 'export', ...base]);
  const two = await keygen(['group', 'export', '--client', '2', ...base]);
  assert.not.equal(one.out, two.out);
  assert.match((await refusal(['group', 'export', '--client', '3', ...base])).remedy, /1 to 2/);
});

test('a stock gqpar of 4.2.8p15 is rewritten by join for all daemons', async () => {
  const [a, b] = [folder(), folder()];
  await keygen(['-T', '-G', '-b', '512', ...small(a)]);
  const { out } = await keygen(['-e', '-d', a, '-s', 'peer1', '-p', 'common']);
  const par = join(root, 'gqpar');
  writeFileSync(par, out);
  await keygen(['group', 'join', par, ...small(b, 'peer2')]);
  // no group in the exporting host's certificate: none in ours
  assert.is(certificateOf(b, 'peer2').subject, 'peer2');
  assert.is(load(b, 'peer2').gqParameters.get('peer1')!.value.layout, 'both');
});

test('show lists hosts, groups and what is wrong; with --json as one object', async () => {
  const a = folder();
  await keygen(['group', 'create', 'lan', '-b', '512', ...small(a)]);
  rmSync(join(a, 'ntpkey_host_peer1'));
  symlinkSync('ntpkey_RSAhost_gone.1', join(a, 'ntpkey_host_peer1'));
  const { code, out } = await keygen(['show', '-d', a, '-p', 'common']);
  assert.is(code, 1);
  assert.match(out, /certificate of peer1@lan: trusted, RSA-SHA256, GQ value, valid until \d{4}-/);
  assert.match(out, /group lan {2}GQ server: 512 bits, encrypted, for noonmark and textbook daemons/);
  assert.match(
    out,
    /error: .*ntpkey_host_peer1:1: the link leads to ntpkey_RSAhost_gone\.1, which is not there/,
  );
  assert.match(out, /remedy: cd .* && ln -sf ntpkey_RSAhost_peer1\.\d+ ntpkey_host_peer1/);
  const json = JSON.parse((await keygen(['show', '--json', '-d', a, '-p', 'common'])).out);
  assert.is(json.hosts[0].name, 'peer1');
  assert.is(json.groups.length, 2);
  // without a password files stay closed, which is no problem of theirs
  const closed = await keygen(['show', '-d', a]);
  assert.not.match(closed.out, /password/);
});

test('wrong lines are usage errors that say what to write', async () => {
  const d = ['-d', folder()];
  for (const [args, hint] of [
    [['frob'], /group, host, renew or show/],
    [['group'], /group create/],
    [['group', 'frob'], /group create/],
    [['group', 'create'], /group create lan/],
    [['group', 'create', 'a/b', ...d], /letters/],
    [['group', 'join'], /group export NAME/],
    [['group', 'export', '--server', ...d], /-q PASSWORD/],
    [['group', 'create', 'x', '--scheme', 'rsa', ...d], /gq, iff or mv/],
    [['show', 'all'], /--help/],
    [['-m', '99', ...d], /-m 2048/],
    [['-G', '-b', '99999', ...d], /-b 2048/],
    [['-V', '60', '-b', '512', ...d], /-V 8/],
    [['-S', 'DSA', ...d], /-S RSA/],
    [['-c', 'DSA-SHA1', ...d], /RSA-SHA256/],
    [['-C', 'rot13', ...d], /aes-256-cbc/],
    [['-i', 'a', '-s', 'h@b', ...d], /one of them/],
    [['--for', 'chrony', ...d], /--for ntpd-4\.2\.8p15/],
    [['-p', '', ...d], /-p PASSWORD/],
    [['--frob'], /--help/],
  ] as const) {
    const error = await refusal(args);
    assert.is(error.code, 'ERR_USAGE', args.join(' '));
    assert.match(error.remedy, hint);
  }
});

test.run();
