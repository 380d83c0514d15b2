import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRivals } from '../../src/clock/rivals.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

function machine(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('another time daemon is found by its process, with the command that stops it', () => {
  assert.equal(findRivals(machine({ 'proc/7/comm': 'chronyd\n', 'proc/8/comm': 'bash\n' })), [
    'chronyd: systemctl disable --now chrony',
  ]);
});

test('where processes of others are hidden, it is found by the control group of its unit', () => {
  const unit = 'sys/fs/cgroup/system.slice/systemd-timesyncd.service/cgroup.events';
  assert.is(findRivals(machine({ [unit]: 'populated 1\nfrozen 0\n' })).length, 1);
  assert.equal(findRivals(machine({ [unit]: 'populated 0\nfrozen 0\n' })), []);
});

test('a machine without either is not accused', () => {
  assert.equal(findRivals(machine({})), []);
});

test.run();
