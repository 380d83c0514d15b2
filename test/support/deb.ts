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

/**
 * What apt would install with that package on an empty machine of `architecture` with Debian 13, in lines of its simulation.
 * Throws when what the package depends on is not to be had. Asks Debian's archive; `work` is a folder for its lists.
 */
export function wouldInstall(deb: string, architecture: string, work: string): string {
  const script = '. scripts/debian-apt.sh; with_apt trixie "$architecture" apt-get install --simulate "$deb"';
  return execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: projectRoot,
    encoding: 'utf8',
    env: { ...process.env, deb, architecture, work },
    stdio: 'pipe',
  });
}

/** Packages with the libraries that native parts may need; the loader is each architecture's own. */
const LIBRARIES: readonly (readonly [RegExp, string])[] = [
  [/^(libc\.so\.6|libm\.so\.6|lib(pthread|dl)\.so\.[02]|librt\.so\.1|ld-linux.*\.so\.\d)$/, 'libc6'],
  [/^libstdc\+\+\.so\.6$/, 'libstdc++6'],
  [/^libgcc_s\.so\.1$/, 'libgcc-s1'],
  [/^libnode\.so\.115$/, 'libnode115'],
];

/** The packages that a native part needs, by the libraries it names; a library of none is named itself. */
export function neededBy(path: string): readonly string[] {
  const dynamic = execFileSync('readelf', ['--dynamic', '--wide', path], { encoding: 'utf8' });
  const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name = '']) => name);
  return libraries.map((name) => LIBRARIES.find(([pattern]) => pattern.test(name))?.[1] ?? name);
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
