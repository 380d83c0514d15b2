import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileStateStore } from '../../src/daemon/state-store.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, projectRoot, test } from '../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-store-'));
test.after(() => rmSync(folder, { recursive: true }));

test('what is written is read again, and no other file is left', () => {
  const store = new FileStateStore(join(folder, 'deep', 'state'));
  assert.is(store.read('drift'), undefined);
  store.write('drift', 'one\n');
  store.write('drift', 'two\n');
  assert.is(store.read('drift'), 'two\n');
  assert.equal(readdirSync(join(folder, 'deep', 'state')), ['drift']);
});

test('a file that does not fit is an error, and the old one stays whole', () => {
  const path = join(folder, 'full');
  writeFileSync(path, 'old\n');
  const module = pathToFileURL(join(projectRoot, 'dist/src/daemon/state-store.js')).href;
  const program = `
    import { FileStateStore } from '${module}';
    try { new FileStateStore('/').write('${path}', 'x'.repeat(6000)); console.log('written'); }
    catch (error) { console.log(error.code); }`;
  // Of 6000 bytes 4096 may be written: the kernel answers the first write with 4096, as a full card does.
  const limited = spawnSync(
    'sh',
    ['-c', `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"`, process.execPath, program],
    { encoding: 'utf8' },
  );
  assert.is(limited.stdout.trim(), 'ERR_FILE', limited.stderr);
  assert.is(readFileSync(path, 'utf8'), 'old\n');
});

test('a link where the temporary file is made is not written through', () => {
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'precious\n');
  symlinkSync(victim, join(folder, 'linked.new'));
  new FileStateStore(folder).write('linked', 'state\n');
  assert.is(readFileSync(victim, 'utf8'), 'precious\n');
  assert.is(readFileSync(join(folder, 'linked'), 'utf8'), 'state\n');
});

test('the remedy fits what is wrong', () => {
  writeFileSync(join(folder, 'file'), '');
  try {
    new FileStateStore(join(folder, 'file')).write('drift', 'x');
    assert.unreachable();
  } catch (error) {
    assert.instance(error, NoonmarkError);
    assert.is((error as NoonmarkError).code, 'ERR_FILE');
    assert.match((error as NoonmarkError).remedy, /own/);
  }
});

test.run();
