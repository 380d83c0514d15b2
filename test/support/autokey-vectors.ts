/**
 * Key directories of the golden vectors (../shared/reference/vectors and vectors-old) as they were on the hosts: there
 * the links stand as small files with the target's name in them.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedFolder } from './suite.js';

export interface VectorHost {
  /** 'vectors/cs-gq/a' */
  readonly name: string;
  /** as in the shared folder, to be read only */
  readonly source: string;
  /** `crypto pw` of all of them */
  readonly password: 'common';
  readonly hostName: string;
  /** `crypto ident` of its ntp.conf */
  readonly group: string | undefined;
}

/** Every host of every case that has a host key. */
export function vectorHosts(): readonly VectorHost[] {
  const reference = join(sharedFolder, 'reference');
  const hosts: VectorHost[] = [];
  for (const set of ['vectors', 'vectors-old'])
    for (const item of readdirSync(join(reference, set), { withFileTypes: true })) {
      if (!item.isDirectory()) continue;
      for (const host of readdirSync(join(reference, set, item.name)).filter((name) =>
        /^[abc]$/.test(name),
      )) {
        const source = join(reference, set, item.name, host);
        const link = readdirSync(source).find((name) => name.startsWith('ntpkey_host_'));
        if (link === undefined) continue;
        const path = join(source, 'ntp.conf');
        const conf = existsSync(path) ? readFileSync(path, 'utf8') : '';
        const group = /^crypto .*\bident (\S+)/m.exec(conf)?.[1];
        const hostName = link.slice('ntpkey_host_'.length);
        hosts.push({ name: `${set}/${item.name}/${host}`, source, password: 'common', hostName, group });
      }
    }
  return hosts;
}

/** A copy of a directory with real links, which `use` gets; removed behind it. */
export function withKeyFolder<T>(source: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-keys-'));
  try {
    for (const name of readdirSync(source)) {
      const from = join(source, name);
      if (!lstatSync(from).isFile()) continue;
      const text = lstatSync(from).size < 200 ? readFileSync(from, 'latin1').trim() : '';
      if (/^ntpkey_[^\s/]+$/.test(text)) symlinkSync(text, join(folder, name));
      else {
        copyFileSync(from, join(folder, name));
        chmodSync(join(folder, name), 0o640);
      }
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
