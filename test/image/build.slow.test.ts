/**
 * The card as a file: built twice from the same inputs, by root and by a person who is not, and what any other program finds
 * in it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONS, SECTOR } from '../../image/partitions.js';
import { commitSeconds } from '../../image/request.js';
import { buildTestCard, TEST_BOARDS } from '../support/card.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, has, record, test } from '../support/suite.js';
import { Person } from './person.js';

const LIMIT_BYTES = 250e6;
/** Nobody has its private half. */
const SSH_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA nobody@test\n';
/** Where a card goes that is not told where. */
const PACKED = 'out/noonmark-raspberry-pi-3b-raspberry-pi-4b.img.zst';
const [BOOT, ROOT] = PARTITIONS;
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

if (has('the card image', 'root', 'card')) {
  const seconds = () => Number(process.hrtime.bigint()) / 1e9;
  const started = seconds();
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const key = join(folder, 'key.pub');
  writeFileSync(key, SSH_KEY);
  const options = ['--hat', 'uputronics-gps-rtc', '--hostname', 'sundial', '--ssh-key', key];
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
    assert.match(manifest, /^boards raspberry-pi-3b raspberry-pi-4b$/m);
    assert.match(manifest, /^noonmark \d\S* [0-9a-f]{64}$/m);
    assert.match(manifest, /^nodejs \S+ [0-9a-f]{64}$/m);
    assert.match(manifest, /^linux-image-\S+ \S+ [0-9a-f]{64}$/m);
  });

  test('nothing on it is a secret: keys are made at the first start', () => {
    const root = first.parts.root;
    const list = (path: string) =>
      execFileSync('debugfs', ['-R', `ls -p ${path}`, root], { encoding: 'utf8' });
    const size = (path: string) =>
      Number(
        /Size: (\d+)/.exec(execFileSync('debugfs', ['-R', `stat ${path}`, root], { encoding: 'utf8' }))![1],
      );
    assert.not.match(list('/etc/noonmark'), /keys/);
    assert.is(size('/etc/noonmark/authentication.conf'), 0, 'the first start fills it');
    assert.not.match(list('/etc/ssh'), /host_/);
    assert.is(size('/etc/machine-id'), 0);
  });

  test.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
}

test.run();
