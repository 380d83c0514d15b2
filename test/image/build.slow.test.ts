/**
 * The card as a file, for all boards that there is one for: built twice from the same inputs, by root and by a person who is
 * not, and what any other program finds in it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HATS } from '../../boards/hats/list.js';
import { BOARDS } from '../../boards/list.js';
import { PARTITIONS, SECTOR } from '../../image/partitions.js';
import { commitSeconds } from '../../image/request.js';
import { buildTestCard, TEST_BOARDS } from '../support/card.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, has, record, test } from '../support/suite.js';
import { bootClaims } from './boot-claims.js';
import { RootFiles } from './partition-files.js';
import { Person } from './person.js';

const LIMIT_BYTES = 250e6;
/** Nobody has its private half. */
const SSH_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA nobody@test\n';
/** Each board that a card is made for, TEST_BOARDS first. */
const boards = BOARDS.filter(({ debian }) => debian !== undefined).sort(
  (a, b) => Number(TEST_BOARDS.includes(b.id)) - Number(TEST_BOARDS.includes(a.id)),
);
const ids = boards.map(({ id }) => id);
const MORE_BOARDS = ids.filter((id) => !TEST_BOARDS.includes(id)).flatMap((id) => ['--board', id]);
/** Has no clock on battery. */
const hat = HATS.find(({ id }) => id === 'waveshare-max-m8q')!;
/** Where a card goes that is not told where. */
const PACKED = `out/noonmark-${ids.join('-')}.img.zst`;
const [BOOT, ROOT] = PARTITIONS;
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

if (has('the card image', 'root', 'card')) {
  const seconds = () => Number(process.hrtime.bigint()) / 1e9;
  const started = seconds();
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const key = join(folder, 'key.pub');
  writeFileSync(key, SSH_KEY);
  const header = ['--hat', hat.id, '--rtc', 'ds3231'];
  const options = [...MORE_BOARDS, ...header, '--hostname', 'sundial', '--ssh-key', key];
  const first = await buildTestCard(join(folder, 'first'), options);
  const took = seconds() - started;
  const person = new Person(join(folder, 'person'), commitSeconds());
  const said = person.run('node', 'dist/image/main.js', ...TEST_BOARDS, ...options);
  const packed = join(person.checkout, PACKED);
  const manifest = readFileSync(join(folder, 'first', 'card.manifest'), 'utf8');

  test('the same inputs give the same bytes, whether it is root who gives them or not', () => {
    assert.is(sha256(first.image), first.imageSha256);
    assert.is(readFileSync(packed.replace(/\.img\.zst$/, '.manifest'), 'utf8'), manifest);
    const again = join(folder, 'again.img');
    execFileSync('zstd', ['-q', '-d', packed, '-o', again]);
    assert.is(sha256(again), first.imageSha256, said);
    console.log(`RESULT card sha256 ${first.imageSha256}`);
    console.log(`RESULT card sha256 ${sha256(again)} (again)`);
  });

  test('a person is told where the card is, how large, and its hashes', () => {
    const { size, uid, mode } = statSync(packed);
    assert.is(
      said,
      `${PACKED}: ${(size / 1e6).toFixed(0)} MB, sha256 ${sha256(packed)}\nuncompressed: sha256 ${first.imageSha256}\n`,
    );
    assert.is.not(uid, 0);
    assert.is(mode & 0o777, 0o644);
  });

  test('compressed it is below 250 MB', () => {
    const { size } = statSync(packed);
    record('card', { megabytes: size / 1e6, buildSeconds: took });
    assert.ok(size < LIMIT_BYTES, `${size} bytes`);
  });

  test('both file systems are without fault', () => {
    execFileSync('fsck.vfat', ['-n', first.parts.boot], { stdio: 'pipe' });
    execFileSync('e2fsck', ['-f', '-n', first.parts.root], { stdio: 'pipe' });
  });

  test('they are where the partition table says', () => {
    const args = ['--show', '--noheadings', '-o', 'START,SECTORS,TYPE', first.image];
    const lines = execFileSync('partx', args, { encoding: 'utf8' }).trim().split('\n');
    const found = lines.map((line) => {
      const [start, sectors, type] = line.trim().split(/ +/);
      return `${Number(start) * SECTOR} ${Number(sectors) * SECTOR} ${type}`;
    });
    assert.equal(
      found,
      PARTITIONS.map(({ start, size, type }) => `${start} ${size} 0x${type.toString(16)}`),
    );
    const image = readFileSync(first.image);
    assert.ok(image.subarray(BOOT.start, BOOT.start + BOOT.size).equals(readFileSync(first.parts.boot)));
    assert.ok(image.subarray(ROOT.start, ROOT.start + ROOT.size).equals(readFileSync(first.parts.root)));
  });

  test("the manifest names the card's packages", () => {
    assert.ok(manifest.startsWith(`boards ${ids.join(' ')}\nhat ${hat.id}\nrtc ds3231\nhostname sundial\n`));
    assert.match(manifest, /^noonmark \d\S* [0-9a-f]{64}$/m);
    assert.match(manifest, /^nodejs \S+ [0-9a-f]{64}$/m);
    assert.match(manifest, /^linux-image-\S+ \S+ [0-9a-f]{64}$/m);
  });

  const root = new RootFiles(first.parts.root);
  test('nothing on it is a secret: keys are made at the first start', () => {
    assert.not.ok(root.names('/etc/noonmark').some((name) => name.includes('keys')));
    assert.is(root.size('/etc/noonmark/authentication.conf'), 0, 'the first start fills it');
    assert.not.ok(root.names('/etc/ssh').some((name) => name.includes('host_')));
    assert.is(root.size('/etc/machine-id'), 0);
  });

  bootClaims(first.parts, { boards, hat, folder });

  test('each package on it has its licence there, and so have kernel and firmware', () => {
    const doc = root.copy('/usr/share/doc', mkdirSync(join(folder, 'papers'), { recursive: true })!);
    const licences = new Map(
      readdirSync(doc).map((name) => [name, readFileSync(join(doc, name, 'copyright'), 'utf8')]),
    );
    const packages = manifest.split('\n').flatMap((line) => /^(\S+) \S+ [0-9a-f]{64}$/.exec(line)?.[1] ?? []);
    assert.ok(packages.length > 100 && packages.includes('raspi-firmware'));
    const without = packages.filter((name) => (licences.get(name) ?? '').length < 100);
    assert.equal(without, []);
    // Most of them name only which of these they mean.
    const common = root.names('/usr/share/common-licenses');
    for (const name of ['GPL-2', 'GPL-3', 'LGPL-2.1', 'Apache-2.0', 'Artistic'])
      assert.ok(common.includes(name), name);
  });

  test.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
}

test.run();
