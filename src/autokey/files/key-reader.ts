/**
 * Files of one keys directory, each read once, with what is wrong in them collected as problems. Owns the remedies for
 * what a file lacks: links, file stamps, rights; which files matter is load.ts.
 */
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import type { KeyProblem } from '../../auth/keys-file.js';
import { bitLength } from '../powers/integers.js';
import { KeyFileFault } from './fault.js';
import type { FolderFailure, KeyFolder } from './folder.js';
import type { LoadedCertificate, LoadedFile, LoadedHostKey, LoadedIdentity } from './load.js';
import { readLinkName } from './names.js';
import { filestampOf, type PemBlock, readArmour } from './pem.js';
import {
  encodeRsa,
  isEncrypted,
  isPrivateKeyLabel,
  type PrivateNumbers,
  readPrivateKey,
} from './private-key.js';

type Severity = KeyProblem['severity'];

/** From a key's fields to a scheme's numbers; throws KeyFileFault with the line. */
export type Convert<T> = (numbers: PrivateNumbers, line: number) => T;

/** The smallest modulus that can carry a cookie, and the largest that packets can carry. */
const MIN_HOST_BITS = 512;
const MAX_HOST_BITS = 4096;

interface OpenFile extends LoadedFile {
  readonly blocks: readonly PemBlock[];
}

interface NumbersFile extends LoadedFile {
  readonly numbers: PrivateNumbers;
  readonly line: number;
}

export class KeyReader {
  readonly problems: KeyProblem[] = [];
  readonly #folder: KeyFolder;
  readonly #failures: KeyProblem[] = [];
  readonly #bodies = new Map<string, PrivateNumbers>();
  readonly #numbers = new Map<string, NumbersFile | undefined>();

  /** `password`: for whatever file is encrypted */
  constructor(
    folder: KeyFolder,
    readonly password: string,
  ) {
    this.#folder = folder;
    const { failure, path } = folder;
    if (failure === 'missing')
      this.report('error', path, 1, 'there is no such keys directory', `noonmark keygen host -d ${path}`);
    else if (failure !== undefined)
      this.report(
        'error',
        path,
        1,
        'the keys directory cannot be read',
        `let the user the daemon runs as read it: chgrp and chmod 750 ${path}`,
      );
  }

  get names(): readonly string[] {
    return this.#folder.names;
  }

  /** What made a file unusable: a part of `problems`. */
  get failures(): readonly KeyProblem[] {
    return this.#failures;
  }

  report(severity: Severity, file: string, line: number, message: string, remedy: string): void {
    if (this.problems.some((known) => known.file === file && known.message === message)) return;
    this.problems.push({ severity, file, line, column: 1, message, remedy });
  }

  #fail(severity: Severity, file: string, line: number, message: string, remedy: string): undefined {
    this.report(severity, file, line, message, remedy);
    this.#failures.push({ severity, file, line, column: 1, message, remedy });
  }

  /** A host or sign key; it must be RSA. `isNeeded`: its absence is an error. */
  hostKey(name: string, isNeeded: boolean): LoadedHostKey | undefined {
    const found = this.#privateNumbers(name, 'error', isNeeded);
    if (found === undefined) return undefined;
    const { numbers, line, ...file } = found;
    const refuse = (message: string, remedy = 'make a new one: noonmark keygen host --new'): undefined => {
      this.#fail('error', file.file, line, message, remedy);
    };
    if (numbers.type !== 'rsa')
      return refuse('a DSA key cannot be used: no daemon takes its signatures', 'noonmark keygen -S RSA');
    const bits = bitLength(numbers.n);
    if (bits < MIN_HOST_BITS || bits > MAX_HOST_BITS)
      return refuse(`the RSA key has ${bits} bits; ${MIN_HOST_BITS} to ${MAX_HOST_BITS} are possible`);
    if (numbers.p * numbers.q !== numbers.n || numbers.e < 3n || numbers.d < 3n)
      return refuse('the numbers of the RSA key do not fit each other');
    try {
      const der = Buffer.from(encodeRsa(numbers));
      return { ...file, bits, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }) };
    } catch {
      return refuse('OpenSSL refuses this RSA key');
    }
  }

  certificate(name: string, isNeeded: boolean): LoadedCertificate | undefined {
    const opened = this.#open(name, 'error', isNeeded);
    if (opened === undefined) return undefined;
    const { blocks, ...file } = opened;
    const block = blocks.find(({ label }) => label === 'CERTIFICATE');
    if (block !== undefined) return { ...file, der: block.body };
    return this.#fail(
      ...(['error', file.file, 1, 'there is no certificate in this file', 'noonmark keygen renew'] as const),
    );
  }

  /** The numbers of an identity scheme; a missing file is no problem, a bad one is a warning. */
  identity<T>(name: string, convert: Convert<T>): LoadedIdentity<T> | undefined {
    const found = this.#privateNumbers(name, 'warning', false);
    if (found === undefined) return undefined;
    const { numbers, line, ...file } = found;
    try {
      return { ...file, value: convert(numbers, line), owner: readLinkName(name)?.owner ?? '' };
    } catch (error) {
      this.#reportFault('warning', file.file, error);
      return undefined;
    }
  }

  #privateNumbers(name: string, severity: Severity, isNeeded: boolean): NumbersFile | undefined {
    if (!this.#numbers.has(name)) this.#numbers.set(name, this.#readNumbers(name, severity, isNeeded));
    return this.#numbers.get(name);
  }

  #readNumbers(name: string, severity: Severity, isNeeded: boolean): NumbersFile | undefined {
    const opened = this.#open(name, severity, isNeeded);
    if (opened === undefined) return undefined;
    const { blocks, ...file } = opened;
    const block = blocks.find(({ label }) => isPrivateKeyLabel(label));
    if (block === undefined) {
      return this.#fail(
        severity,
        file.file,
        1,
        'there is no private key in this file',
        'link the right file',
      );
    }
    try {
      // Links of host and group lead to one file: it is decrypted once, and its numbers are checked once.
      const same = Buffer.from(block.body).toString('base64');
      const numbers = this.#bodies.get(same) ?? readPrivateKey(block, this.password);
      this.#bodies.set(same, numbers);
      return { ...file, numbers, line: block.line };
    } catch (error) {
      this.#reportFault(severity, file.file, error);
      return undefined;
    }
  }

  #reportFault(severity: Severity, file: string, error: unknown): void {
    if (!(error instanceof KeyFileFault)) throw error;
    this.#fail(severity, file, error.line, error.message, error.remedy);
  }

  #open(name: string, severity: Severity, isNeeded: boolean): OpenFile | undefined {
    const file = join(this.#folder.path, name);
    const read = this.#folder.read(name);
    if (!read.ok) {
      if (read.reason !== 'missing' || isNeeded) this.#reportMissing(severity, name, read);
      return undefined;
    }
    let armour: ReturnType<typeof readArmour>;
    try {
      armour = readArmour(read.text);
    } catch (error) {
      this.#reportFault(severity, file, error);
      return undefined;
    }
    this.#checkRights(file, read.mode, armour.blocks);
    const filestamp = armour.filestamp ?? filestampOf(read.target ?? name);
    if (filestamp === undefined) {
      const remedy = `put '# ${name}.SECONDS' before it, SECONDS since 1900 when it was made`;
      return this.#fail(severity, file, 1, 'line 1 does not end in a dot and the file stamp', remedy);
    }
    return { file, filestamp, name: armour.name || name, blocks: armour.blocks };
  }

  #reportMissing(severity: Severity, name: string, failure: FolderFailure): void {
    const file = join(this.#folder.path, name);
    const [message, remedy] = this.#explain(name, file, failure);
    this.#fail(severity, file, 1, message, remedy);
  }

  #explain(name: string, file: string, { reason, target }: FolderFailure): readonly [string, string] {
    if (reason === 'denied')
      return [
        'the file may not be read',
        `let the user the daemon runs as read it: chgrp and chmod 640 ${file}`,
      ];
    if (reason !== 'missing' && reason !== 'dangling')
      return [`the file cannot be read: ${reason.replaceAll('-', ' ')}`, 'link the right file'];
    const other = this.#fileBehind(name);
    return [
      reason === 'missing'
        ? 'there is no such file'
        : `the link leads to ${target ?? ''}, which is not there`,
      other === undefined ? this.#howToMake(name) : `cd ${this.#folder.path} && ln -sf ${other} ${name}`,
    ];
  }

  /** The newest file that this link should lead to. */
  #fileBehind(name: string): string | undefined {
    const link = readLinkName(name);
    if (link === undefined) return undefined;
    const { role, scheme, owner } = link;
    const kind = { key: `${scheme}key`, parameters: `${scheme}par`, old: `${scheme}par`, agent: 'mvta' };
    const tail =
      `${role === 'host' || role === 'sign' || role === 'cert' ? role : kind[role]}_${owner}.`.toLowerCase();
    return this.names
      .filter((known) => filestampOf(known) !== undefined)
      .filter((known) =>
        known
          .toLowerCase()
          .slice(0, known.lastIndexOf('.') + 1)
          .endsWith(tail),
      )
      .toSorted((a, b) => filestampOf(a)! - filestampOf(b)!)
      .at(-1);
  }

  #howToMake(name: string): string {
    const link = readLinkName(name);
    const others = this.names.flatMap((known) => {
      const other = readLinkName(known);
      return other?.role === 'host' ? [other.owner] : [];
    });
    const make = link?.role === 'cert' ? 'noonmark keygen renew' : 'noonmark keygen host';
    const command = `${make} -d ${this.#folder.path}`;
    if (others.length === 0 || (link !== undefined && others.includes(link.owner))) return command;
    return `${command}, or 'crypto host ${others[0]!}' (the directory has keys of ${others.join(', ')})`;
  }

  #checkRights(file: string, mode: number, blocks: readonly PemBlock[]): void {
    if ((mode & 0o002) !== 0) this.report('warning', file, 1, 'everybody may write it', `chmod o-w ${file}`);
    const isSecret = blocks.some((block) => isPrivateKeyLabel(block.label) && !isEncrypted(block));
    if (isSecret && (mode & 0o004) !== 0)
      this.report('warning', file, 1, 'it is not encrypted and everybody may read it', `chmod o-rwx ${file}`);
  }
}
