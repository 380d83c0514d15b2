/**
 * Autokey's keys for the peer tests, made fresh by noonmark's generator or by the reference's ntp-keygen 4.2.8p15: one
 * folder a host. Owns who gets which file of the group; the daemons are peers-autokey.ts.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noonmarkKeygen, referenceKeygen } from './keygen.js';

export const SCHEMES = ['TC', 'PC', 'IFF', 'GQ', 'MV'] as const;
export type SchemeName = (typeof SCHEMES)[number];
export type Maker = 'noonmark' | 'ntp-keygen';

export const GROUP = 'lan';
export const PASSWORD = 'common';

export interface KeySetOptions {
  readonly root: string;
  readonly scheme: SchemeName;
  /** of the group's keys and of the first host's */
  readonly founder: Maker;
  /** a 4.2.8p15 takes part: moduli and layouts it can carry */
  readonly forP15: boolean;
}

const BITS: Readonly<Partial<Record<SchemeName, string>>> = { MV: '1024' };
const common = (name: string) => ['-s', name, '-i', GROUP, '-p', PASSWORD] as const;
const REFERENCE_HOST = ['-m', '1024', '-c', 'RSA-SHA256'] as const;

/** One group's keys. The founder is trusted and answers for the group; others join it. */
export class KeySet {
  readonly scheme: SchemeName;
  readonly #root: string;
  readonly #options: KeySetOptions;
  readonly #made = new Map<string, Promise<string>>();
  static serial = 0;

  constructor(options: KeySetOptions) {
    KeySet.serial += 1;
    this.scheme = options.scheme;
    this.#options = options;
    this.#root = join(options.root, `keys-${KeySet.serial}`);
    mkdirSync(this.#root, { recursive: true });
  }

  /** What `crypto ident` and the association's `ident` say; undefined: the scheme has no identity. */
  get ident(): string | undefined {
    return this.scheme === 'TC' || this.scheme === 'PC' ? undefined : GROUP;
  }

  /** The folder of a host, made when it is first asked for. `answers`: it has the group's server key. */
  folder(name: string, maker: Maker, what: { readonly trusted: boolean; readonly answers: boolean }) {
    const key = `${name}-${maker}-${what.trusted}-${what.answers}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#member(join(this.#root, key), name, maker, what);
    this.#made.set(key, made);
    return made;
  }

  /** The folder of the founder, alpha. */
  founder(): Promise<string> {
    const known = this.#made.get('alpha');
    if (known !== undefined) return known;
    const made = this.#found(join(this.#root, 'alpha'));
    this.#made.set('alpha', made);
    return made;
  }

  async #found(folder: string): Promise<string> {
    const { scheme, founder, forP15 } = this.#options;
    mkdirSync(folder);
    const size = BITS[scheme] === undefined ? [] : ['-b', BITS[scheme]];
    const audience = forP15 ? ['--for', 'ntpd-4.2.8p15'] : [];
    if (founder === 'ntp-keygen') {
      const flags = { TC: ['-T'], PC: ['-P'], IFF: ['-T', '-I'], GQ: ['-T', '-G'], MV: ['-T', '-V', '4'] };
      const bits = { TC: [], PC: [], IFF: ['-b', '1024'], GQ: ['-b', '1016'], MV: ['-b', '512'] };
      referenceKeygen(folder, ...flags[scheme], ...bits[scheme], ...REFERENCE_HOST, ...common('alpha'));
      // Its link is named after the host; its daemon looks for the group's.
      const kind = `ntpkey_${scheme.toLowerCase()}key_`;
      const file = readdirSync(folder).find((name) => name.startsWith(`ntpkey_${scheme}key_${GROUP}.`));
      if (file !== undefined && !readdirSync(folder).includes(`${kind}${GROUP}`))
        symlinkSync(file, join(folder, `${kind}${GROUP}`));
    } else if (scheme === 'TC' || scheme === 'PC')
      await noonmarkKeygen(folder, scheme === 'TC' ? '-T' : '-P', ...common('alpha'));
    else
      await noonmarkKeygen(
        ...([folder, 'group', 'create', GROUP, '--scheme', scheme.toLowerCase()] as const),
        ...[...size, ...audience, '-s', 'alpha', '-p', PASSWORD],
      );
    // A 4.2.8p15 that holds the group's key cannot check others by it.
    if (forP15 && this.ident !== undefined)
      for (const file of await this.#groupFiles(folder, folder, false)) install(file, folder);
    return folder;
  }

  async #member(
    folder: string,
    name: string,
    maker: Maker,
    { trusted, answers }: { readonly trusted: boolean; readonly answers: boolean },
  ): Promise<string> {
    const { scheme } = this.#options;
    const founder = await this.founder();
    mkdirSync(folder);
    if (scheme === 'PC') {
      // One private key and certificate for all.
      for (const kind of ['host', 'cert'])
        copyFileSync(join(founder, `ntpkey_${kind}_alpha`), join(folder, `ntpkey_${kind}_${name}`));
      return folder;
    }
    const trust = trusted ? ['-T'] : [];
    const files = this.ident === undefined ? [] : await this.#groupFiles(founder, folder, answers);
    if (maker === 'noonmark') {
      await noonmarkKeygen(folder, '-H', ...trust, ...common(name));
      for (const file of files)
        await noonmarkKeygen(folder, 'group', 'join', file, ...trust, '-s', name, '-p', PASSWORD);
    } else {
      for (const file of files) install(file, folder);
      referenceKeygen(folder, '-H', ...trust, ...REFERENCE_HOST, ...common(name));
    }
    return folder;
  }

  /** Parameters, and the server's key encrypted with the common password. */
  async #groupFiles(founder: string, folder: string, answers: boolean): Promise<readonly string[]> {
    const wishes = answers ? [[], ['--server', '-q', PASSWORD]] : [[]];
    const audience = this.#options.forP15 ? ['--for', 'ntpd-4.2.8p15'] : [];
    const files: string[] = [];
    for (const wish of wishes) {
      const file = `${folder}-${files.length}.export`;
      const text = await noonmarkKeygen(
        ...([
          founder,
          'group',
          'export',
          GROUP,
          ...wish,
          ...audience,
          '-s',
          'alpha',
          '-p',
          PASSWORD,
        ] as const),
      );
      writeFileSync(file, text);
      files.push(file);
    }
    return files;
  }
}

/** Copies an exported file under the name in its first line, and links it, unless it is there (the founder's own of MV). */
function install(file: string, folder: string): void {
  const first = readFileSync(file, 'latin1').split('\n', 1)[0]!.replace(/^# /, '');
  const link = first.replace(/\.\d+$/, '');
  if (readdirSync(folder).includes(link)) return;
  copyFileSync(file, join(folder, first));
  symlinkSync(first, join(folder, link));
}
