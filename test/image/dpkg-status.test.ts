import { infoName, listFile, statusEntry } from '../../image/dpkg-status.js';
import { assert, test } from '../support/suite.js';

const control = `Package: noonmark
Version: 0.1.0
Architecture: arm64
Description: time
 more of it
`;

test("a package's entry says that it is installed, and what its configuration was", () => {
  const entry = statusEntry(control, [
    { path: '/etc/noonmark/ntp.conf', md5: 'd41d8cd98f00b204e9800998ecf8427e' },
  ]);
  assert.is(
    entry,
    `Package: noonmark
Status: install ok installed
Version: 0.1.0
Architecture: arm64
Description: time
 more of it
Conffiles:
 /etc/noonmark/ntp.conf d41d8cd98f00b204e9800998ecf8427e

`,
  );
  assert.not.match(statusEntry(control, []), /Conffiles/);
});

test('files of a package that may be there for several architectures carry its own', () => {
  assert.is(infoName(control), 'noonmark');
  assert.is(infoName(`${control}Multi-Arch: same\n`), 'noonmark:arm64');
  assert.is(infoName(`${control}Multi-Arch: foreign\n`), 'noonmark');
});

test('the list of files has paths as dpkg writes them', () => {
  assert.is(listFile(['./', './usr/', './usr/bin/', './usr/bin/x']), '/.\n/usr\n/usr/bin\n/usr/bin/x\n');
});

test.run();
