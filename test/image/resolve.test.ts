import { readRecords, readUris } from '../../image/resolve.js';
import { assert, test } from '../support/suite.js';

test("names and versions are read from apt's addresses, epochs with them", () => {
  const text = `Reading package lists...
'http://deb.debian.org/debian/pool/main/a/attr/libattr1_2.5.2-3_arm64.deb' libattr1_1%3a2.5.2-3_arm64.deb 22664 SHA256:aa
'http://deb.debian.org/debian/pool/main/n/netbase/netbase_6.5_all.deb' netbase_6.5_all.deb 12400 SHA256:bb
`;
  assert.equal(readUris(text), ['libattr1=1:2.5.2-3', 'netbase=6.5']);
});

test("records of the main archive and of the security archive name their file's place", () => {
  const text = `Package: bash
Version: 5.2-1
Filename: pool/main/b/bash/bash_5.2-1_arm64.deb
SHA256: aa

Package: bash
Version: 5.2-1+deb13u1
Filename: pool/updates/main/b/bash/bash_5.2-1+deb13u1_arm64.deb
SHA256: bb
`;
  assert.equal(
    readRecords('base', text).map(({ version, path, sha256 }) => `${version} ${sha256} ${path}`),
    [
      '5.2-1 aa debian/pool/main/b/bash/bash_5.2-1_arm64.deb',
      '5.2-1+deb13u1 bb debian-security/pool/updates/main/b/bash/bash_5.2-1+deb13u1_arm64.deb',
    ],
  );
});

test.run();
