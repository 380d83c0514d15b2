/**
 * Key files of ours and of ntpd 4.2.8p15, in each other's hands: its key generator reads ours, we read its, and two of
 * its daemons complete the whole dance with nothing but files that noonmark made.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificate } from '../../../src/autokey/certificate/parse.js';
import { openKeyFolder } from '../../../src/autokey/files/folder.js';
import { gqParametersOf, iffKeyOf } from '../../../src/autokey/files/layouts.js';
import { loadKeys } from '../../../src/autokey/files/load.js';
import { readArmour } from '../../../src/autokey/files/pem.js';
import { readPrivateKey } from '../../../src/autokey/files/private-key.js';
import { nowSeconds } from '../../../src/cli/keygen/workbench.js';
import { noonmarkKeygen, referenceKeygen } from '../../support/keygen.js';
import { Lab } from '../../support/namespace.js';
import { Files, stopAll, until } from '../../support/peers.js';
import { Ntpd } from '../../support/peers-ntpd.js';
import { assert, has, record, test } from '../../support/suite.js';

const P15 = ['--for', 'ntpd-4.2.8p15'];
const PASSWORD = ['-p', 'common'];

const load = (directory: string, hostName: string, group?: string) =>
  loadKeys(openKeyFolder(directory), { hostName, group, password: 'common', nowSeconds: nowSeconds() });

const numbersOf = (text: string, password?: string) => readPrivateKey(readArmour(text).blocks[0]!, password);

if (has('key files of 4.2.8p15 and ours, exchanged', 'root', 'peers')) {
  const root = mkdtempSync(join(tmpdir(), 'noonmark-reference-'));
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  test.after(() => rmSync(root, { recursive: true }));

  for (const [scheme, flags] of [
    ['TC', ['-T']],
    ['PC', ['-P']],
    ['GQ', ['-T', '-G', '-b', '512']],
    ['IFF', ['-T', '-I', '-b', '512']],
    ['MV', ['-T', '-V', '4', '-b', '512']],
    ['AES', ['-T', '-G', '-b', '512', '-C', 'aes-256-cbc', '-c', 'RSA-SHA256', '-m', '1024']],
  ] as const)
    test(`we read what ntp-keygen 4.2.8p15 makes: ${scheme}`, async () => {
      const directory = folder(`reference-${scheme}`);
      referenceKeygen(directory, ...flags, '-s', 'peer1', '-i', 'peer1', ...PASSWORD);
      const keys = load(directory, 'peer1');
      // Its 512-bit MV file has no ghat, and its link is not the server's: that is all.
      assert.equal(
        keys.problems.filter(({ severity }) => severity === 'error'),
        [],
      );
      assert.ok(keys.host !== undefined && keys.certificate !== undefined);
      const parsed = parseCertificate(keys.certificate.der);
      assert.ok(parsed.ok);
      if (scheme === 'GQ' || scheme === 'AES') {
        assert.is(keys.gqKey?.value.v, parsed.value.gqValue);
        const par = await noonmarkKeygen(directory, '-e', '-s', 'peer1', ...PASSWORD);
        const { n, b, layout } = gqParametersOf(numbersOf(par));
        assert.equal([n, b, layout], [keys.gqKey!.value.n, keys.gqKey!.value.b, 'both']);
      }
      if (scheme === 'IFF') {
        const par = await noonmarkKeygen(directory, '-e', '-s', 'peer1', ...PASSWORD);
        assert.match(par, /BEGIN DSA PRIVATE KEY/);
        assert.ok(keys.iffKey !== undefined);
      }
    });

  for (const [what, flags] of [
    ['default', []],
    ['for 4.2.8p15', P15],
    ['AES, SHA-512', ['-C', 'aes-128-cbc', '-c', 'RSA-SHA512', ...P15]],
  ] as const)
    test(`ntp-keygen 4.2.8p15 reads ours (${what}): exports the group's numbers, keeps them in the certificate`, async () => {
      const directory = folder(`ours-${what}`);
      await noonmarkKeygen(directory, '-T', '-G', '-i', 'lan', '-s', 'peer1', ...PASSWORD, ...flags);
      const before = load(directory, 'peer1', 'lan').gqKey!;
      const names = ['-s', 'peer1', '-i', 'lan', ...PASSWORD] as const;
      const par = referenceKeygen(directory, '-e', ...names);
      assert.is(readArmour(par).name, `ntpkey_gqpar_lan.${before.filestamp}`);
      const numbers = numbersOf(par);
      assert.ok(numbers.type === 'rsa' && numbers.n === before.value.n);
      const key = referenceKeygen(directory, '-q', 'other', ...names);
      const server = numbersOf(key, 'other');
      assert.ok(server.type === 'rsa' && server.p === before.value.u && server.q === before.value.v);
      // It has rewritten the certificate: ours again, with the same value, trust and scheme.
      const { certificate, problems } = load(directory, 'peer1', 'lan');
      assert.equal(problems, []);
      const parsed = parseCertificate(certificate!.der);
      assert.ok(parsed.ok && parsed.value.trustRoot && parsed.value.gqValue === before.value.v);
    });

  test('ntp-keygen 4.2.8p15 reads our IFF and MV keys, encrypted in traditional PEM', async () => {
    const directory = folder('ours-dsa');
    const names = ['-s', 'peer1', '-i', 'lan', ...PASSWORD] as const;
    await noonmarkKeygen(directory, '-T', '-I', '-b', '1024', ...names, ...P15);
    const { iffKey } = load(directory, 'peer1', 'lan');
    const iff = iffKeyOf(numbersOf(referenceKeygen(directory, '-q', 'other', ...names), 'other'));
    assert.equal(iff, iffKey!.value);
    const mv = folder('ours-mv');
    await noonmarkKeygen(mv, '-T', '-V', '4', '-b', '512', ...names, ...P15);
    const exported = numbersOf(referenceKeygen(mv, '-q', 'other', ...names), 'other');
    const { mvKey } = load(mv, 'peer1', 'lan');
    assert.ok(exported.type === 'dsa' && exported.p === mvKey!.value.p && exported.x === mvKey!.value.gbar);
  });

  const SCHEMES = [
    // The control: 4.2.8p15 takes the wrong fields of a key in the textbook layout, and its client sees that.
    { name: 'textbook', bit: 0x40, create: ['group', 'create', 'lan', '-b', '512'] },
    { name: 'TC', bit: 0, create: ['-T', '-i', 'lan'] },
    { name: 'GQ', bit: 0x40, create: ['group', 'create', 'lan'] },
    { name: 'IFF', bit: 0x20, create: ['group', 'create', 'lan', '--scheme', 'iff'] },
    { name: 'MV', bit: 0x80, create: ['group', 'create', 'lan', '--scheme', 'mv', '-b', '1024'] },
  ] as const;

  test('two ntpd 4.2.8p15 complete the dance with files of ours in TC, GQ, IFF and MV, not with the textbook layout', async () => {
    const lab = new Lab();
    const files = new Files();
    try {
      const clients = [];
      for (const { name, bit, create } of SCHEMES) {
        const [a, b] = [folder(`dance-${name}-a`), folder(`dance-${name}-b`)];
        await noonmarkKeygen(a, ...create, '-s', 'peer1', ...PASSWORD, ...(name === 'textbook' ? [] : P15));
        if (name === 'TC') await noonmarkKeygen(b, 'host', '-i', 'lan', '-s', 'peer2', ...PASSWORD);
        else {
          const par = join(root, `${name}.par`);
          writeFileSync(par, await noonmarkKeygen(a, 'group', 'export', '-s', 'peer1', ...PASSWORD));
          await noonmarkKeygen(b, 'group', 'join', par, '-s', 'peer2', ...PASSWORD);
        }
        const server = lab.host(`${name}a`);
        new Ntpd({
          ...{ kind: 'ntpd', host: server, files },
          lines: [`keysdir ${a}`, 'crypto pw common host peer1 ident lan'],
        });
        const lines = [
          ...[`keysdir ${b}`, 'crypto pw common host peer2 ident lan'],
          `server ${server.ipv4} autokey iburst minpoll 3 maxpoll 3${name === 'TC' ? '' : ' ident lan'}`,
        ];
        const daemon = new Ntpd({ kind: 'ntpd', host: lab.host(`${name}b`), files, lines });
        clients.push({ name, bit, daemon });
      }
      const started = performance.now();
      const [control, ...others] = clients;
      await Promise.all(
        others.map(async ({ name, bit, daemon }) => {
          const flags = await until(
            { what: `${name} with our files`, seconds: 150, programs: [daemon.program], everySeconds: 2 },
            async (seen) => {
              seen.is = await daemon.ask('associations', 'rv &2 flags,host,signature');
              const value = Number(/flags=(0x[0-9a-f]+)/.exec(seen.is)?.[1] ?? 0);
              return (value & 0x7f00) === 0x7f00 ? value : undefined;
            },
          );
          // sha256WithRSAEncryption, and the bit of the scheme
          assert.is(flags >>> 16, 668, name);
          assert.is(flags & 0xf0, bit, name);
          record(`autokey-p15-pair-our-files-${name}`, {
            flags: flags & 0xffff,
            seconds: (performance.now() - started) / 1000,
          });
        }),
      );
      // certificate accepted, identity not
      const refused = Number(
        /flags=(0x[0-9a-f]+)/.exec(await control!.daemon.ask('associations', 'rv &2 flags'))?.[1],
      );
      assert.is(refused & 0x7fff, 0x5141);
    } finally {
      await stopAll();
      lab.close();
      files.close();
    }
  });

  test('with a wrong password the reference refuses our files, as we do', () => {
    const directory = join(root, 'ours-for 4.2.8p15');
    assert.throws(
      () => referenceKeygen(directory, '-e', '-s', 'peer1', '-i', 'lan', '-p', 'wrong'),
      /ended with/,
    );
    assert.is(
      loadKeys(openKeyFolder(directory), {
        ...{ hostName: 'peer1', group: 'lan', password: 'wrong', nowSeconds: nowSeconds() },
      }).host,
      undefined,
    );
    assert.match(readFileSync(join(directory, 'ntpkey_host_peer1'), 'latin1'), /ENCRYPTED/);
  });
}

test.run();
