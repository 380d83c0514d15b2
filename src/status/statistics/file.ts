/**
 * One statistics file with its generations: collects lines and appends them rarely (card wear), without ever making
 * anybody wait. A disk that is full or gone costs the oldest lines and is said once.
 * Owns buffer, order of writing and the hard link of the current name; the lines' content is lines.ts.
 */
import { appendFile, link, lstat, mkdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FilegenConfig } from '../../config/types.js';
import { explain } from '../../errors.js';
import type { Log } from '../../ports/log.js';
import { type Generation, generationAt, isCurrent } from './generation.js';

/** What is done to the disk; the tests have one that fails. */
export interface StatisticsDisk {
  /** makes the folder as well, if there is none */
  append(path: string, text: string): Promise<void>;
  /** undefined: there is nothing of that name */
  look(path: string): Promise<{ readonly regular: boolean; readonly links: number } | undefined>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  link(existing: string, name: string): Promise<void>;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** A power cut takes what the kernel keeps for half a minute else; once a minute that wears no card. */
const ON_DISK = { flush: true } as const;

export const realDisk: StatisticsDisk = {
  async append(path, text) {
    try {
      await appendFile(path, text, ON_DISK);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await mkdir(dirname(path), { recursive: true, mode: 0o750 });
      await appendFile(path, text, ON_DISK);
    }
  },
  async look(path) {
    try {
      const found = await lstat(path);
      return { regular: found.isFile(), links: found.nlink };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  rename,
  remove: unlink,
  link,
};

/**
 * The same disk, one operation at a time: each holds one of the four threads that Node has for files and DNS, and a card
 * that hangs must not take them all.
 */
export function oneAtATime(disk: StatisticsDisk): StatisticsDisk {
  let last: Promise<unknown> = Promise.resolve();
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    append: (path, text) => queued(() => disk.append(path, text)),
    look: (path) => queued(() => disk.look(path)),
    rename: (from, to) => queued(() => disk.rename(from, to)),
    remove: (path) => queued(() => disk.remove(path)),
    link: (existing, name) => queued(() => disk.link(existing, name)),
  };
}

/** Which sets the disk does not take now; said when the first fails and when the last works again. */
export class DiskTrouble {
  readonly #failing = new Set<string>();

  constructor(
    readonly directory: string,
    readonly log: Log,
  ) {}

  failed(set: string, error: unknown): void {
    if (this.#failing.size === 0)
      this.log.write(
        'warning',
        'statistics-failed',
        `statistics cannot be written to ${this.directory} (${explain(error)}); noonmark goes on without them and tries ` +
          'again; free some space, or check statsdir and its owner',
      );
    this.#failing.add(set);
  }

  worked(set: string): void {
    if (!this.#failing.delete(set) || this.#failing.size > 0) return;
    this.log.write('notice', 'statistics-resumed', `statistics are written to ${this.directory} again`);
  }
}

export interface FileOptions {
  readonly directory: string;
  readonly filegen: FilegenConfig;
  readonly pid: number;
  readonly log: Log;
  readonly disk: StatisticsDisk;
  readonly trouble: DiskTrouble;
  /** ns of a clock that never steps */
  readonly monotonic: () => bigint;
  readonly uptimeSeconds: () => number;
}

interface Chunk {
  readonly path: string;
  text: string;
  /** the name without suffix must be made to point here */
  fresh: boolean;
}

const FULL_BYTES = 4096;
const FLUSH_NS = 60_000_000_000n;
/** What is kept while the disk does not take it. */
const MOST_BYTES = 65_536;

export class StatisticsFile {
  readonly #options: FileOptions;
  readonly #base: string;
  readonly #chunks: Chunk[] = [];
  #generation: Generation | undefined;
  #path = '';
  /** of the latest chunk */
  #lastPath = '';
  #bytes = 0;
  #sinceNs = 0n;
  #writing: Promise<void> | undefined;
  #failing = false;
  #saved = 0;

  constructor(options: FileOptions) {
    this.#options = options;
    this.#base = join(options.directory, options.filegen.file);
  }

  /** `nowNs`: served time, which decides the generation. */
  add(line: string, nowNs: bigint): void {
    const { filegen, pid, uptimeSeconds, monotonic } = this.#options;
    if (this.#generation === undefined || filegen.type === 'age' || !isCurrent(this.#generation, nowNs)) {
      this.#generation = generationAt(filegen.type, nowNs, pid, uptimeSeconds());
      this.#path = this.#base + this.#generation.suffix;
    }
    const last = this.#chunks.at(-1);
    if (this.#bytes === 0) this.#sinceNs = monotonic();
    if (last !== undefined && last.path === this.#path) last.text += line;
    else this.#chunks.push({ path: this.#path, text: line, fresh: this.#lastPath !== this.#path });
    this.#lastPath = this.#path;
    this.#bytes += line.length;
    this.#bound();
    if (this.#bytes >= FULL_BYTES && !this.#failing) void this.flush();
  }

  /** Writes what has waited for a minute. */
  tick(): void {
    if (this.#bytes === 0 || this.#options.monotonic() - this.#sinceNs < FLUSH_NS) return;
    this.#sinceNs = this.#options.monotonic();
    void this.flush();
  }

  /** The next line opens its file anew, as after it was moved away. */
  reopen(): void {
    void this.flush();
    this.#generation = undefined;
    this.#lastPath = '';
  }

  /** Resolves when all there was is written, or could not be. Never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#chunks.length === 0) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { disk, trouble, filegen } = this.#options;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      // Lines that come while the disk works begin a chunk of their own.
      this.#chunks.shift();
      this.#bytes -= chunk.text.length;
      try {
        if (chunk.fresh) await this.#clearName(chunk.path);
        await disk.append(chunk.path, chunk.text);
        if (chunk.fresh) await this.#linkName(chunk.path);
      } catch (error) {
        this.#chunks.unshift(chunk);
        this.#bytes += chunk.text.length;
        this.#bound();
        trouble.failed(filegen.set, error);
        this.#failing = true;
        return;
      }
      trouble.worked(filegen.set);
      this.#failing = false;
    }
  }

  /** Gives up the oldest lines beyond what is kept. */
  #bound(): void {
    while (this.#bytes > MOST_BYTES) {
      const oldest = this.#chunks[0];
      if (oldest === undefined) return;
      const excess = this.#bytes - MOST_BYTES;
      const cut =
        oldest.text.length <= excess ? oldest.text.length : oldest.text.indexOf('\n', excess - 1) + 1;
      const gone = cut === 0 ? oldest.text.length : cut;
      oldest.text = oldest.text.slice(gone);
      this.#bytes -= gone;
      if (oldest.text !== '') return;
      this.#chunks.shift();
      const next = this.#chunks[0];
      if (oldest.fresh && next?.path === oldest.path) next.fresh = true;
    }
  }

  /** A file of the bare name is in the way: one that is not linked elsewhere is kept under another name. */
  async #clearName(path: string): Promise<void> {
    const { disk, pid } = this.#options;
    if (path === this.#base) return;
    const found = await disk.look(this.#base);
    if (found === undefined || !found.regular) return;
    if (found.links > 1) await disk.remove(this.#base);
    else {
      await disk.rename(this.#base, `${this.#base}.${pid}C${this.#saved}`);
      this.#saved += 1;
    }
  }

  async #linkName(path: string): Promise<void> {
    const { disk, log, filegen } = this.#options;
    if (!filegen.link || path === this.#base) return;
    try {
      await disk.link(path, this.#base);
    } catch (error) {
      log.write('info', 'statistics-link', `${this.#base} cannot be linked to ${path} (${explain(error)})`);
    }
  }
}
