/** The card as a file: built twice from the same inputs, and what any other program finds in it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONS, SECTOR } from '../../image/partitions.js';
import { buildTestCard } from '../support/card.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, has, record, test } from '../support/suite.js';

const LIMIT_BYTES = 250e6;
const [BOOT, ROOT] = PARTITIONS;
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

if (has('the card image', 'root', 'card')) {
  const seconds = () => Number(process.hrtime.bigint()) / 1e9;
  const started = seconds();
  const folder = temporaryFolder();
  const first = await buildTestCard(join(folder, 'first'));
  const took = seconds() - started;
  const second = await buildTestCard(join(folder, 'second'));

  test('the same inputs give the same bytes', () => {
    const names = ['root', 'boot', 'kernel', 'initrd'] as const;
    for (const name of names) assert.is(sha256(second.parts[name]), sha256(first.parts[name]), name);
    assert.is(second.imageSha256, first.imageSha256);
    assert.is(sha256(first.image), first.imageSha256);
    console.log(`RESULT card sha256 ${first.imageSha256}`);
    console.log(`RESULT card sha256 ${second.imageSha256} (again)`);
  });

  test('compressed it is below 250 MB', () => {
    const packed = join(folder, 'card.img.zst');
    execFileSync('zstd', ['-q', '-T1', '-12', first.image, '-o', packed]);
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
    const manifest = readFileSync(join(folder, 'first', 'card.manifest'), 'utf8');
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
