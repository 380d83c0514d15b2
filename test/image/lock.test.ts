import { type LockedPackage, parseLock, printLock } from '../../image/lock.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const entry = (group: LockedPackage['group'], name: string): LockedPackage => ({
  ...{ group, name, version: '1:2.3~rc1-4+b1', sha256: 'ab'.repeat(32) },
  path: `debian/pool/main/x/${name}/${name}_2.3_arm64.deb`,
});
const faultOf = (text: string): string => {
  try {
    parseLock(text, 'packages.lock');
  } catch (error) {
    assert.instance(error, NoonmarkError);
    return error instanceof Error ? error.message : '';
  }
  return '';
};

test('what is printed is read again', () => {
  const packages = [
    entry('base', 'bash'),
    entry('base', 'zlib1g'),
    entry('kernel', 'linux'),
    entry('wifi', 'iw'),
  ];
  assert.equal(parseLock(printLock(packages), 'packages.lock'), packages);
});

test('the order in which packages were found does not show', () => {
  const packages = [entry('wifi', 'iw'), entry('kernel', 'linux'), entry('base', 'b'), entry('base', 'a')];
  assert.is(printLock(packages), printLock([...packages].reverse()));
  assert.match(printLock(packages), /\nbase a .*\nbase b .*\nkernel linux .*\nwifi iw .*\n$/);
});

test('a line that is none is refused with its number', () => {
  const good = printLock([entry('base', 'bash')]);
  for (const line of [
    'base bash 1.0',
    `base bash 1.0 ${'ab'.repeat(31)} debian/pool/main/b/bash.deb`,
    `other bash 1.0 ${'ab'.repeat(32)} debian/pool/main/b/bash.deb`,
    `base bash 1.0 ${'ab'.repeat(32)} ../../etc/passwd`,
  ])
    assert.match(faultOf(`${good}${line}\n`), /^packages\.lock:4 is not "GROUP NAME/);
});

test('a package that is named twice is refused', () => {
  const twice = printLock([entry('base', 'bash')]) + printLock([entry('kernel', 'bash')]);
  assert.match(faultOf(twice), /names bash a second time$/);
});

test.run();
