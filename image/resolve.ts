/**
 * `npm run image:lock`: which versions of which packages Debian's archive has today, with all that they depend on. Asks an
 * apt of its own that knows trixie for arm64 and has nothing installed; this machine's packages are not touched.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoonmarkError } from '../src/errors.js';
import type { LockedPackage, PackageGroup } from './lock.js';
import { run } from './shell.js';

/** Who may have signed what Debian's archive says of its packages. */
export const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** What a card is made of. Nothing is Essential to an apt without a system, so all is named that scripts take for granted. */
const BASE = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'coreutils',
    'dash',
    'debianutils',
    'diffutils',
    'dpkg',
    'findutils',
    'grep',
    'gzip',
  ],
  ...[
    'hostname',
    'libc-bin',
    'login',
    'mount',
    'ncurses-base',
    'ncurses-bin',
    'netbase',
    'passwd',
    'procps',
    'sed',
  ],
  ...['tar', 'tzdata', 'util-linux', 'libpam-modules', 'libpam-runtime'],
  ...['systemd', 'systemd-sysv', 'systemd-resolved', 'udev', 'kmod', 'iproute2', 'e2fsprogs'],
  ...['nodejs', 'pps-tools', 'openssh-server', 'busybox-static'],
  // Without it systemd-resolved 257 takes every machine for "linux", and nobody finds NAME.local.
  'libidn2-0',
];
const FIRMWARE = ['raspi-firmware'];
/** Of node, for what is compiled for it (native.ts). */
const HEADERS = ['libnode-dev', 'libuv1-dev'];
const WIFI = ['wpasupplicant', 'firmware-brcm80211', 'iw', 'wireless-regdb'];
/** Of these the files are taken, and what they depend on is not for a card. */
const WITHOUT_DEPENDENCIES = new Set([...FIRMWARE, 'firmware-brcm80211']);

class Apt {
  readonly #options: readonly string[];
  constructor(folder: string, mirror: string, keyring: string) {
    for (const name of ['lists/partial', 'cache/archives/partial', 'etc'])
      mkdirSync(join(folder, name), { recursive: true });
    const key = `[signed-by=${keyring}]`;
    const lines = [
      `deb ${key} ${mirror}/debian trixie main non-free-firmware`,
      `deb ${key} ${mirror}/debian-security trixie-security main non-free-firmware`,
    ];
    writeFileSync(join(folder, 'etc', 'sources.list'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, 'status'), '');
    const settings = {
      'Dir::State': folder,
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': join(folder, 'cache'),
      'Dir::Etc::SourceList': join(folder, 'etc', 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Acquire::Languages': 'none',
      'APT::Sandbox::User': 'root',
      'Acquire::Check-Valid-Until': 'false',
      'APT::Architecture': 'arm64',
      'APT::Architectures': 'arm64',
      'APT::Install-Recommends': 'false',
    };
    this.#options = [
      '-qq',
      ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ];
    run('apt-get', [...this.#options, 'update']);
  }

  /** name=version of these packages and all that they depend on. */
  closure(names: readonly string[]): readonly string[] {
    return readUris(
      run('apt-get', [...this.#options, 'install', '--yes', '--print-uris', ...names]).toString(),
    );
  }

  dependencies(name: string): readonly string[] {
    const text = run('apt-cache', [...this.#options, 'depends', name]).toString();
    return [...text.matchAll(/^ +Depends: (\S+)$/gm)].map(([, found = '']) => found);
  }

  describe(group: PackageGroup, wanted: readonly string[]): readonly LockedPackage[] {
    return readRecords(
      group,
      run('apt-cache', [...this.#options, 'show', '--no-all-versions', ...wanted]).toString(),
    );
  }
}

/** NAME=VERSION of each package in what `apt-get install --print-uris` says. */
export function readUris(text: string): readonly string[] {
  return [...text.matchAll(/^'[^']+' ([^_ ]+)_([^_ ]+)_[^_ ]+\.deb /gm)].map(
    ([, name = '', version = '']) => `${name}=${decodeURIComponent(version)}`,
  );
}

/** Packages of that group from what `apt-cache show` says. */
export function readRecords(group: PackageGroup, text: string): readonly LockedPackage[] {
  return text
    .split('\n\n')
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      const file = field('Filename');
      const archive = /updates\/|-security/.test(file) ? 'debian-security' : 'debian';
      return {
        group,
        name: field('Package'),
        version: field('Version'),
        sha256: field('SHA256'),
        path: `${archive}/${file}`,
      };
    });
}

/**
 * Everything for packages.lock. `mirror`: e.g. http://deb.debian.org; `keyring`: of those who sign it. Throws ERR_FILE with what
 * apt says when a signature or a hash is not right, or a package is not there.
 */
export function resolvePackages(mirror: string, keyring: string): readonly LockedPackage[] {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-apt-'));
  try {
    const apt = new Apt(folder, mirror, keyring);
    // The first of them is the kernel itself; the rest is what an installation would do with it.
    const [kernel] = apt.dependencies('linux-image-arm64');
    if (kernel === undefined)
      throw new NoonmarkError(
        'ERR_REMOTE',
        "Debian's archive knows no linux-image-arm64",
        'try another --mirror',
      );
    const base = apt.closure(BASE);
    const known = new Set(base);
    const withWifi = apt.closure([...BASE, ...WIFI.filter((name) => !WITHOUT_DEPENDENCIES.has(name))]);
    const wifi = [
      ...withWifi.filter((name) => !known.has(name)),
      ...WIFI.filter((name) => WITHOUT_DEPENDENCIES.has(name)),
    ];
    return [
      ...apt.describe('base', base),
      ...apt.describe('kernel', [kernel]),
      ...apt.describe('firmware', FIRMWARE),
      ...apt.describe('wifi', wifi),
      ...apt.describe('headers', HEADERS),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
