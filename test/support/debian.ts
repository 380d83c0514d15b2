/** What tests ask of a Debian in a container: apt, its books, and the files that there are. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Container } from './container.js';
import { test, trixieRoot } from './suite.js';

/** apt as one that nobody answers: a changed configuration is kept. */
const APT = 'apt-get -q --yes -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0';
/** Books, caches and logs of apt and dpkg, and what tests put there. */
const BOOKS = [
  ...['/var/lib/dpkg', '/var/lib/apt', '/var/cache', '/srv'],
  ...['/var/log/apt', '/var/log/dpkg.log', '/var/log/alternatives.log', '/var/log/journal'],
];

export class Debian {
  constructor(readonly container: Container) {}

  /** Packages by name, or files of this machine. Answers what apt said. */
  install(...packages: readonly string[]): Promise<string> {
    const names = packages.map((name) => {
      if (!name.endsWith('.deb')) return name;
      const path = join('/srv', basename(name));
      copyFileSync(name, this.container.at(path));
      return path;
    });
    return this.apt('install', ...names);
  }

  apt(...words: readonly string[]): Promise<string> {
    return this.container.run(`${APT} ${words.join(' ')}`);
  }

  /** Of one package: "installed", "config-files" (removed, not purged), "" */
  async state(name: string): Promise<string> {
    return (await this.#field(name, 'db:Status-Status')).replace('not-installed', '');
  }

  version(name: string): Promise<string> {
    return this.#field(name, 'Version');
  }

  /** Empty for a package that dpkg does not know. */
  async #field(name: string, field: string): Promise<string> {
    return (await this.container.try(`dpkg-query --show --showformat '\${${field}}' ${name}`)).stdout;
  }

  /** What apt and dpkg have to complain of; of one package's files, and of all packages' states. */
  async complaints(name: string): Promise<string> {
    const { exitCode, output } = await this.container.try(
      `apt-get -qq check && dpkg --audit && dpkg --verify ${name}`,
    );
    return exitCode === 0 || output !== '' ? output : `exit code ${exitCode}`;
  }

  /** Paths of all that is there but the package manager's books. */
  async files(): Promise<ReadonlySet<string>> {
    const books = BOOKS.map((path) => `-path ${path}`).join(' -o ');
    // -xdev: not /proc, /run and so on.
    const found = await this.container.run(`find / -xdev \\( ${books} \\) -prune -o -print`);
    return new Set(found.trim().split('\n'));
  }

  /** Begins with the mode: "700 noonmark noonmark". */
  async rights(path: string): Promise<string> {
    return (await this.container.run(`stat --format '%a %U %G' ${path}`)).trim();
  }
}

/** Lines of `after` that are not in `before`. */
export const added = (before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] =>
  [...after].filter((line) => !before.has(line));

/** Makes tests with a Debian of their own each, that has booted or in which no systemd runs. */
export const testsInDebian =
  (kind: 'booted' | 'unpacked') =>
  (claim: string, body: (debian: Debian) => Promise<void>): void =>
    test(claim, async () => {
      const container = await Container.start(trixieRoot, kind === 'booted');
      try {
        await body(new Debian(container));
      } finally {
        await container.close();
      }
    });
