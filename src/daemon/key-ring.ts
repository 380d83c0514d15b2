/**
 * The symmetric keys in force: those of the keys file that are trusted. Read at the start and on reload; what is wrong
 * with the file is logged, never a secret.
 */
import { loadKeysFile } from '../auth/load-keys.js';
import { type KeyMaterial, keyTable, type SymmetricKey } from '../auth/mac.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';

export class KeyRing {
  /** all of the file */
  #loaded: readonly KeyMaterial[] = [];
  #trusted: readonly KeyMaterial[] = [];
  #byId: ReadonlyMap<number, SymmetricKey> = new Map();

  constructor(private readonly log: Log) {}

  /** How many the file holds, trusted or not. */
  get count(): number {
    return this.#loaded.length;
  }
  get trusted(): readonly KeyMaterial[] {
    return this.#trusted;
  }
  get byId(): ReadonlyMap<number, SymmetricKey> {
    return this.#byId;
  }

  /**
   * `file`: undefined: no keys. A file that cannot be read leaves those that were read before, so that a slip does not
   * cut off all clients; who is trusted is taken from `trustedKeys` in any case. Never throws.
   */
  load(file: string | undefined, trustedKeys: readonly number[]): void {
    this.#loaded = file === undefined ? [] : this.#read(file);
    const trusted = new Set(trustedKeys);
    this.#trusted = this.#loaded.filter((key) => trusted.has(key.id));
    this.#byId = keyTable(this.#trusted);
  }

  #read(file: string): readonly KeyMaterial[] {
    try {
      const { keys, problems } = loadKeysFile(file);
      for (const { severity, file: name, line, column, message, remedy } of problems)
        this.log.write(severity, 'keys-file', `${name}:${line}:${column}: ${message}; ${remedy}`);
      return keys;
    } catch (error) {
      const meanwhile =
        this.#loaded.length > 0
          ? 'the keys read before stay in force'
          : 'nothing that needs a key works until then';
      this.log.write('error', 'keys-file', `${explain(error)}; ${meanwhile}`);
      return this.#loaded;
    }
  }
}
