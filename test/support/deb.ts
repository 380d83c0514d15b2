/** The Debian package of this checkout, as tests install it. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './daemon-process.js';
import { projectRoot } from './suite.js';

/** Debian's name of this machine's. */
export const ownArchitecture =
  process.arch === 'arm64' ? 'arm64' : process.arch === 'arm' ? 'armhf' : 'amd64';

/** Builds the package for this machine; answers its path. */
export function ownPackage(): string {
  const folder = temporaryFolder();
  execFileSync(join(projectRoot, 'scripts/package-deb.sh'), ['-o', folder, ownArchitecture], {
    stdio: 'pipe',
  });
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.deb')) ?? 'none');
}

/** The same package with another version and another default configuration. */
export function nextVersion(deb: string): string {
  const folder = join(temporaryFolder(), 'next');
  execFileSync('dpkg-deb', ['-R', deb, folder]);
  const control = join(folder, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, 'Version: 99.0'));
  appendFileSync(join(folder, 'etc/noonmark/ntp.conf'), '# new in 99\n');
  const next = join(temporaryFolder(), 'next.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', folder, next], { stdio: 'pipe' });
  return next;
}
