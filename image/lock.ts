/**
 * packages.lock: which Debian packages a card is made of, one a line, so that the same checkout makes the same card.
 * Owns the form of the file, and nothing of where packages come from. Pure.
 */
import { NoonmarkError } from '../src/errors.js';

/**
 * base: on each card; kernel, firmware: taken apart for the boot partition; wifi: with --wifi only; headers: what native
 * parts are compiled with, the same for all architectures
 */
export const GROUPS = ['base', 'kernel', 'firmware', 'wifi', 'headers'] as const;
export type PackageGroup = (typeof GROUPS)[number];

export interface LockedPackage {
  readonly group: PackageGroup;
  readonly name: string;
  readonly version: string;
  /** lower-case hexadecimal, of the .deb */
  readonly sha256: string;
  /** below the archive's root, e.g. debian/pool/main/b/bash/bash_5.2.37-2_arm64.deb */
  readonly path: string;
}

const HEAD = `# Debian packages of the card, and the headers of its node: group, name, version, SHA-256, path in the archive.
# "npm run image:lock" renews it; "npm run image" takes exactly these.
`;

const LINE = /^(\S+) (\S+) (\S+) ([0-9a-f]{64}) (debian(?:-security)?\/pool\/\S+\.deb)$/;

/** Sorted by group and name, so that a renewed lock differs only where packages do. */
export function printLock(packages: readonly LockedPackage[]): string {
  const key = ({ group, name }: LockedPackage) => `${GROUPS.indexOf(group)} ${name}`;
  const sorted = [...packages].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `${HEAD}${sorted.map((p) => `${p.group} ${p.name} ${p.version} ${p.sha256} ${p.path}\n`).join('')}`;
}

/** Throws ERR_FILE naming file and line. `file`: its name, for messages. */
export function parseLock(text: string, file: string): readonly LockedPackage[] {
  const packages: LockedPackage[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, word, name = '', version = '', sha256 = '', path = ''] = LINE.exec(line) ?? [];
    const group = GROUPS.find((known) => known === word);
    const fault =
      group === undefined
        ? 'is not "GROUP NAME VERSION SHA256 PATH"'
        : packages.some((other) => other.name === name)
          ? `names ${name} a second time`
          : undefined;
    if (fault !== undefined || group === undefined)
      throw new NoonmarkError(
        'ERR_FILE',
        `${file}:${index + 1} ${fault}`,
        'npm run image:lock writes it anew',
      );
    packages.push({ group, name, version, sha256, path });
  }
  return packages;
}
