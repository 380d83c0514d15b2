/**
 * `npm run image:lock` against an archive of this test's own, which is signed and served as Debian's is: with the packages of the
 * lock that is here, a few dependencies between them, and a newer one in the archive for security.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sha256Of } from '../../image/fetch.js';
import { type LockedPackage, parseLock, printLock } from '../../image/lock.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, has, projectRoot, test } from '../support/suite.js';

const lock = join(projectRoot, 'image', 'packages.lock');
/** Base is never without these, and nothing else is asked for because of them. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  bash: 'libtinfo6',
  wpasupplicant: 'libnl-3-200, bash',
  'raspi-firmware': 'not-to-be-had',
};
const KERNEL = 'linux-image-1.2.3-arm64';
const SECURE = { version: '999:1', path: 'debian-security/pool/updates/main/b/bash/bash_999_arm64.deb' };

const record = ({ name, version, sha256, path }: Omit<LockedPackage, 'group'>, depends?: string) =>
  [
    ...[`Package: ${name}`, `Version: ${version}`, 'Architecture: arm64', 'Maintainer: test'],
    ...(depends === undefined ? [] : [`Depends: ${depends}`]),
    ...[`Filename: ${path.replace(/^debian(-security)?\//, '')}`, 'Size: 1000', `SHA256: ${sha256}`],
    ...['Description: of a test', '', ''],
  ].join('\n');

/** A key of nobody's, and what it signs. */
class Signer {
  readonly #home = temporaryFolder();
  readonly keyring = join(this.#home, 'keyring.gpg');
  constructor() {
    this.#gpg(['--passphrase', '', '--quick-gen-key', 'test', 'ed25519', 'sign', 'never']);
    writeFileSync(this.keyring, this.#gpg(['--export']));
  }

  sign(text: string): Buffer {
    return this.#gpg(['--clearsign'], text);
  }

  close(): void {
    execFileSync('gpgconf', ['--homedir', this.#home, '--kill', 'all']);
  }

  #gpg(args: readonly string[], input = ''): Buffer {
    const common = ['--homedir', this.#home, '--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback'];
    return execFileSync('gpg', [...common, ...args], { input, stdio: ['pipe', 'pipe', 'ignore'] });
  }
}

/** Files of an archive below dists/. `lists`: text of Packages, by component. */
function suiteFiles(
  signer: Signer,
  suite: string,
  lists: Readonly<Record<string, string>>,
): readonly (readonly [path: string, content: string | Buffer])[] {
  const files = Object.entries(lists).map(([component, text]) => ({
    path: `${component}/binary-arm64/Packages`,
    text,
  }));
  const sums = files.map(
    ({ path, text }) => ` ${sha256Of(Buffer.from(text))} ${Buffer.byteLength(text)} ${path}`,
  );
  const release = [
    ...['Origin: Debian', `Suite: ${suite}`, `Codename: ${suite}`, 'Date: Sat, 01 Nov 2025 00:00:00 UTC'],
    ...['Architectures: arm64', `Components: ${Object.keys(lists).join(' ')}`, 'SHA256:', ...sums, ''],
  ].join('\n');
  return [
    [`dists/${suite}/InRelease`, signer.sign(release)],
    ...files.map(({ path, text }) => [`dists/${suite}/${path}`, text] as const),
  ];
}

if (has('image:lock against an archive', 'archive')) {
  const known = parseLock(readFileSync(lock, 'utf8'), lock);
  const signer = new Signer();
  const kernel = known.find(({ group }) => group === 'kernel')!;
  const packages = [
    ...known.filter(({ group }) => group !== 'kernel').map((one) => record(one, DEPENDENCIES[one.name])),
    record({ ...kernel, name: KERNEL }),
    record({ ...kernel, name: 'linux-image-arm64' }, `${KERNEL} (= ${kernel.version})`),
  ];
  const bash = known.find(({ name }) => name === 'bash')!;
  const archive = new Map<string, string | Buffer>([
    ...suiteFiles(signer, 'trixie', { main: packages.join(''), 'non-free-firmware': '' }).map(
      ([path, content]) => [`/debian/${path}`, content] as const,
    ),
    ...suiteFiles(signer, 'trixie-security', {
      main: record({ ...bash, ...SECURE }, DEPENDENCIES['bash']),
      'non-free-firmware': '',
    }).map(([path, content]) => [`/debian-security/${path}`, content] as const),
  ]);

  /** Runs it against those files; answers its exit code and what it said. `file`: the lock to be written. */
  async function renew(files: ReadonlyMap<string, string | Buffer>, file: string, keyring = signer.keyring) {
    const server: Server = createServer((request, response) => {
      const found = files.get(request.url ?? '');
      response.writeHead(found === undefined ? 404 : 200).end(found);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
    const args = [join(projectRoot, 'dist/image/main.js'), 'lock', mirror, file, keyring];
    const child = spawn(process.execPath, args, { env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)));
    const status = await new Promise((resolve) => child.on('close', resolve));
    server.close();
    server.closeAllConnections();
    return { status, said };
  }

  test('the lock has what a card is asked to have, with what that depends on, at the newest versions', async () => {
    const file = join(temporaryFolder(), 'packages.lock');
    const before = readFileSync(lock);
    const { status, said } = await renew(archive, file);
    assert.is(status, 0, said);
    const text = readFileSync(file, 'utf8');
    const found = parseLock(text, file);
    assert.is(said, `image: ${file}: ${found.length} packages\n`);
    assert.is(text, printLock(found), 'sorted');
    const one = (name: string) => found.find((each) => each.name === name);
    assert.equal(one('bash'), { ...bash, ...SECURE });
    assert.equal(one(KERNEL), { ...kernel, name: KERNEL });
    assert.equal(
      one('nodejs'),
      known.find(({ name }) => name === 'nodejs'),
    );
    assert.is(one('libtinfo6')?.group, 'base');
    assert.is(one('wpasupplicant')?.group, 'wifi');
    assert.is(one('libnl-3-200')?.group, 'wifi');
    assert.is(one('raspi-firmware')?.group, 'firmware', 'without its dependencies');
    assert.is(one('libnode-dev')?.group, 'headers');
    assert.is(one('linux-image-arm64'), undefined);
    assert.is(one('libselinux1'), undefined, 'nothing that nobody asks for');
    assert.equal(readFileSync(lock), before, 'the lock of the checkout stays');
  });

  const list = '/debian/dists/trixie/main/binary-arm64/Packages';
  const release = '/debian/dists/trixie/InRelease';
  const changed = (path: string, change: (text: string) => string) =>
    new Map(archive).set(path, change(String(archive.get(path))));
  const refused = async (files: ReadonlyMap<string, string | Buffer>, what: RegExp, keyring?: string) => {
    const file = join(temporaryFolder(), 'packages.lock');
    const { status, said } = await renew(files, file, keyring);
    assert.is(status, 1, said);
    assert.match(said, what);
    assert.not.ok(existsSync(file));
  };

  test('a list of packages that is not the signed one is refused, and no lock is written', () =>
    refused(
      changed(list, (text) => text.replace(bash.sha256, '0'.repeat(64))),
      /apt-get .* update failed: .*(Hash Sum mismatch|unexpected size)/s,
    ));

  test('so is a release that was changed after it was signed', () =>
    refused(
      changed(release, (text) => text.replace('Origin: Debian', 'Origin: Dabian')),
      /apt-get .* update failed: .*(BADSIG|signature|not signed)/is,
    ));

  test('and one that another has signed', async () => {
    const other = new Signer();
    await refused(archive, /apt-get .* update failed: .*(NO_PUBKEY|Missing key|not signed)/is, other.keyring);
    other.close();
  });

  test('a package that the archive has no more is named', () => {
    const without = packages.filter((text) => !text.startsWith('Package: tzdata\n')).join('');
    const files = suiteFiles(signer, 'trixie', { main: without, 'non-free-firmware': '' });
    const all = [...archive, ...files.map(([path, content]) => [`/debian/${path}`, content] as const)];
    return refused(new Map(all), /Unable to locate package tzdata/);
  });

  test.after(() => signer.close());
}

test.run();
