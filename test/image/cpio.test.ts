import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CpioWriter } from '../../image/cpio.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

/** A tree whose files were made in that order, at that time. */
function treeOf(names: readonly string[], seconds: number): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'lib'));
  for (const name of names) {
    writeFileSync(join(folder, 'lib', name), name);
    utimesSync(join(folder, 'lib', name), seconds, seconds);
  }
  symlinkSync('a', join(folder, 'lib', 'link'));
  return folder;
}

function archiveOf(tree: string): Buffer {
  const path = join(temporaryFolder(), 'archive');
  const archive = new CpioWriter(path, 0);
  archive.text('/init', '#!/bin/sh\n', true);
  archive.tree(tree, '/');
  archive.close();
  return readFileSync(path);
}

test('the same files give the same archive, whenever and in whichever order they were made', () => {
  assert.equal(archiveOf(treeOf(['a', 'b', 'c'], 1e9)), archiveOf(treeOf(['c', 'b', 'a'], 1.1e9)));
});

test('entries are in the newc form, with modes, and end with the trailer', () => {
  const text = archiveOf(treeOf(['a'], 1e9)).toString('latin1');
  const names = [...text.matchAll(/070701[0-9A-Fa-f]{8}([0-9A-Fa-f]{8})[0-9A-Fa-f]{88}([^\0]*)\0/g)].map(
    ([, mode = '', name]) => `${Number.parseInt(mode, 16).toString(8)} ${name}`,
  );
  assert.equal(names, ['100755 init', '40755 lib', '100644 lib/a', '120777 lib/link', '0 TRAILER!!!']);
  assert.is(text.length % 4, 0);
});

test.run();
