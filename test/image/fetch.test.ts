import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fetchPackages, sha256Of } from '../../image/fetch.js';
import type { LockedPackage } from '../../image/lock.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

const content = Buffer.from('a package');
const wanted: LockedPackage = {
  ...{ group: 'base', name: 'bash', version: '5.2-1', sha256: sha256Of(content) },
  path: 'debian/pool/main/b/bash/bash_5.2-1_arm64.deb',
};

/** An archive with these files; `asked` counts. */
async function archive(files: Readonly<Record<string, Buffer>>, use: (mirror: string) => Promise<void>) {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const found = files[(request.url ?? '').slice(1)];
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return asked;
}

const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing is wrong';
};

test('a package is fetched once, and from the cache afterwards', async () => {
  const cache = join(temporaryFolder(), 'cache');
  const seen: number[] = [];
  const asked = await archive({ [wanted.path]: content }, async (mirror) => {
    for (let turn = 0; turn < 2; turn += 1) {
      const [path = ''] = await fetchPackages([wanted], { mirror, cache }, (done) => seen.push(done));
      assert.equal(readFileSync(path), content);
    }
  });
  assert.is(asked, 1);
  assert.equal(seen, [1, 1]);
});

test('a version that has vanished from the archive is named', async () => {
  await archive({}, async (mirror) => {
    const message = await messageOf(
      fetchPackages([wanted], { mirror, cache: temporaryFolder() }, () => undefined),
    );
    assert.match(
      message,
      /^bash 5\.2-1 has vanished from Debian's archive \(http:.*bash_5\.2-1_arm64\.deb\)$/,
    );
  });
});

test('another file in its place is refused, and not kept', async () => {
  const cache = temporaryFolder();
  await archive({ [wanted.path]: Buffer.from('other') }, async (mirror) => {
    for (let turn = 0; turn < 2; turn += 1)
      assert.match(
        await messageOf(fetchPackages([wanted], { mirror, cache }, () => undefined)),
        /^bash 5\.2-1 is not the file that packages\.lock names/,
      );
  });
});

test('an archive that is not there is told with the package', async () => {
  const message = await messageOf(
    fetchPackages([wanted], { mirror: 'http://127.0.0.1:1', cache: temporaryFolder() }, () => undefined),
  );
  assert.match(message, /^bash 5\.2-1 cannot be fetched/);
});

test.run();
