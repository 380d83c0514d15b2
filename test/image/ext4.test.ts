import { usedInodes } from '../../image/ext4.js';
import { assert, test } from '../support/suite.js';

const dump = `Inodes per group:         16
First inode:              11

Group 0: (Blocks 0-8191)
  Free blocks: 10-20
  Free inodes: 14, 16
Group 1: (Blocks 8192-16383)
  Free blocks:${' '}
  Free inodes: 17-30
Group 2: (Blocks 16384-24575)
  Free inodes:${' '}
`;

test('the root folder and the inodes of files are told from free and reserved ones', () => {
  const third = Array.from({ length: 16 }, (_, index) => 33 + index);
  assert.equal(usedInodes(dump), [2, 11, 12, 13, 15, 31, 32, ...third]);
});

test.run();
