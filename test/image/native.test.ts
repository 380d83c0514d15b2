import { libnodeOf, nativeArchitecture } from '../../image/native.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const HEADER = `#if defined(NODE_EMBEDDER_MODULE_VERSION)
#define NODE_MODULE_VERSION NODE_EMBEDDER_MODULE_VERSION
#else
#define NODE_MODULE_VERSION 115
#endif
`;

test('what is compiled is for the library that Debian names after the version of its interface', () => {
  assert.is(libnodeOf(HEADER), 'libnode115');
});

test('headers that do not tell it are refused', () => {
  assert.throws(
    () => libnodeOf(HEADER.replace('115', 'X')),
    (error: unknown) =>
      error instanceof NoonmarkError && error.code === 'ERR_FILE' && /image:lock/.test(error.remedy),
  );
});

test('an architecture that no compiler is known for is a mistake of the command line', () => {
  assert.is(nativeArchitecture('armhf'), 'armhf');
  for (const text of ['riscv64', 'toString', undefined])
    assert.throws(
      () => nativeArchitecture(text),
      (error: unknown) =>
        error instanceof NoonmarkError &&
        error.code === 'ERR_USAGE' &&
        /arm64, armhf, amd64/.test(error.remedy),
    );
});

test.run();
