import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, projectRoot, test } from '../support/suite.js';

test('without a registry the set-up says so plainly, and names the remedy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-setup-'));
  try {
    mkdirSync(join(folder, 'scripts'));
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts/setup.mjs']) {
      cpSync(join(projectRoot, name), join(folder, name));
    }
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'scripts', 'setup.mjs')], {
      encoding: 'utf8',
      env: {
        ...process.env,
        // The discard port: nothing listens there.
        npm_config_registry: 'http://127.0.0.1:9',
        npm_config_cache: join(folder, 'cache'),
      },
    });
    assert.is(status, 1);
    assert.match(stderr, /the npm registry cannot be reached; connect this machine/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
