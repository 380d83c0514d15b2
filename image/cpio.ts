/**
 * Writes an initramfs: a cpio archive in the `newc` form that the kernel unpacks at boot. Everything belongs to root.
 * Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const EXECUTABLE = 0o100755;
const LINK = 0o120777;

export class CpioWriter {
  readonly #file: number;
  #inode = 0;
  readonly #folders = new Set<string>();

  /** `seconds`: the time that all files get; without it those of trees keep theirs. */
  constructor(
    path: string,
    private readonly seconds?: number,
  ) {
    this.#file = openSync(path, 'w');
  }

  /** Paths are absolute in the guest; folders above are made. */
  text(path: string, content: string, executable = false): void {
    this.file(path, Buffer.from(content), executable);
  }

  file(path: string, content: Buffer, executable = false): void {
    this.#parents(path);
    this.#entry(path, executable ? EXECUTABLE : FILE, content, 0);
  }

  folder(path: string): void {
    this.#parents(`${path}/.`);
  }

  /** A whole tree of this machine, symbolic links as they are; `wanted` sees file paths relative to `from`. */
  tree(from: string, to: string, wanted: (path: string) => boolean = () => true): void {
    this.folder(to);
    this.#walk(from, to, '', wanted);
  }

  #walk(from: string, to: string, below: string, wanted: (path: string) => boolean): void {
    const entries = readdirSync(join(from, below), { withFileTypes: true });
    // In an order that is not the disk's: the same tree makes the same archive.
    for (const found of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = join(below, found.name);
      if (found.isDirectory()) {
        this.#walk(from, to, name, wanted);
        continue;
      }
      if (!wanted(name)) continue;
      const [source, path] = [join(from, name), join(to, name)];
      const { mode, mtimeMs } = lstatSync(source);
      const seconds = this.seconds ?? Math.floor(mtimeMs / 1000);
      this.#parents(path);
      if (found.isSymbolicLink()) this.#entry(path, LINK, Buffer.from(readlinkSync(source)), seconds);
      else this.#entry(path, (mode & 0o111) !== 0 ? EXECUTABLE : FILE, readFileSync(source), seconds);
    }
  }

  close(): void {
    this.#entry('/TRAILER!!!', 0, Buffer.alloc(0), 0);
    closeSync(this.#file);
  }

  #parents(path: string): void {
    const names = path.split('/').slice(1, -1);
    for (let count = 1; count <= names.length; count += 1) {
      const folder = `/${names.slice(0, count).join('/')}`;
      if (folder === '/' || this.#folders.has(folder)) continue;
      this.#folders.add(folder);
      this.#entry(folder, DIRECTORY, Buffer.alloc(0), 0);
    }
  }

  #entry(path: string, mode: number, content: Buffer, seconds: number): void {
    const name = Buffer.from(`${path.slice(1)}\0`);
    this.#inode += 1;
    const links = mode === DIRECTORY ? 2 : 1;
    const fields = [this.#inode, mode, 0, 0, links, seconds, content.length, 0, 0, 0, 0, name.length, 0];
    const header = Buffer.from(`070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`);
    this.#write(Buffer.concat([header, name]));
    this.#write(content);
  }

  /** Header with name, and content, each end on a multiple of four. */
  #write(bytes: Buffer): void {
    writeSync(this.#file, bytes);
    const rest = -bytes.length & 3;
    if (rest > 0) writeSync(this.#file, Buffer.alloc(rest));
  }
}
