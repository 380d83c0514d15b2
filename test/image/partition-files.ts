/** What is in a card's partitions and in its initrd, read by other programs than those that wrote them. For tests. */
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const text = (program: string, args: readonly string[]) =>
  execFileSync(program, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** Names in the first partition, and copies of its files. `image`: its file system. */
export class BootFiles {
  constructor(private readonly image: string) {}

  names(): readonly string[] {
    return text('mdir', ['-b', '-i', this.image, '::'])
      .trim()
      .split('\n')
      .map((line) => line.replace('::/', ''));
  }

  /** Copies it to `out`, and answers that. */
  copy(name: string, out: string): string {
    execFileSync('mcopy', ['-n', '-i', this.image, `::${name}`, out]);
    return out;
  }

  text(name: string): string {
    return text('mtype', ['-i', this.image, `::${name}`]);
  }
}

/** Of the second partition. `image`: its file system. */
export class RootFiles {
  constructor(private readonly image: string) {}

  /** Names in a folder; none when there is no such folder. */
  names(folder: string): readonly string[] {
    const lines = text('debugfs', ['-R', `ls -p ${folder}`, this.image]).split('\n');
    return lines.flatMap((line) => line.split('/')[5] ?? []).filter((name) => !/^\.{0,2}$/.test(name));
  }

  /** Copies the folder into `out`, and answers its copy. */
  copy(folder: string, out: string): string {
    text('debugfs', ['-R', `rdump ${folder} ${out}`, this.image]);
    return join(out, basename(folder));
  }

  /** bytes */
  size(path: string): number {
    return Number(/Size: (\d+)/.exec(text('debugfs', ['-R', `stat ${path}`, this.image]))![1]);
  }
}

/** Files of a compressed archive in cpio's newc form: name and content. */
export function cpioFiles(compressed: Uint8Array): ReadonlyMap<string, Buffer> {
  const bytes = gunzipSync(compressed);
  const files = new Map<string, Buffer>();
  const align = (at: number) => (at + 3) & ~3;
  for (let at = 0; bytes.toString('latin1', at, at + 6) === '070701'; ) {
    const field = (index: number) => {
      const from = at + 6 + 8 * index;
      return Number.parseInt(bytes.toString('latin1', from, from + 8), 16);
    };
    const [size, nameSize] = [field(6), field(11)];
    const name = bytes.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const content = align(at + 110 + nameSize);
    files.set(name, bytes.subarray(content, content + size));
    at = align(content + size);
  }
  return files;
}
