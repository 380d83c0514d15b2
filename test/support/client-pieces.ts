/**
 * What `noonmark client-config` prints, taken apart as a person does who follows it: what to type in a shell, and what goes
 * into which file. Owns no daemon.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Files } from './peers.js';
import { libraryPath, peerPath } from './peers-client.js';
import { projectRoot } from './suite.js';

/** The indented lines behind a line that begins with `heading` and ends in a colon, without the indentation. */
export function pieceOf(text: string, heading: string): string {
  // An empty line within a piece may have lost its blanks on the way.
  const found = new RegExp(`^${heading}.*:\\n\\n((?: {2}.*\\n|[ ]*\\n(?= {2}))+)`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing is said of '${heading}':\n${text}`);
  return found.replaceAll(/^ {2}/gm, '');
}

/** A client's machine as far as its printed pieces see it: /etc is `etc`, and the passwords are made up. */
export class ClientMachine {
  readonly etc: string;
  readonly #files: Files;
  readonly #text: string;

  /** `text`: all that was printed for it. */
  constructor(files: Files, name: string, text: string) {
    this.#files = files;
    this.etc = files.path(`${name}-etc`);
    mkdirSync(this.etc, { recursive: true });
    this.#text = `${text}\n`.replaceAll('/etc/', `${this.etc}/`).replaceAll('CLIENT-PASSWORD', 'made-up');
  }

  /** Types what is to be typed on the client, in a shell that stops at what fails. */
  type(): void {
    const bin = this.#files.path('bin');
    mkdirSync(bin, { recursive: true });
    const program = (name: string, command: string) => {
      writeFileSync(join(bin, name), `#!/bin/sh\n${command} "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    };
    const ntp = peerPath('ntp');
    program('ntp-keygen', `LD_LIBRARY_PATH=${libraryPath(ntp)} exec ${ntp}/usr/sbin/ntp-keygen`);
    program('noonmark', `exec ${process.execPath} ${join(projectRoot, 'dist/src/cli/main.js')}`);
    mkdirSync(join(this.etc, 'noonmark/keys'), { recursive: true });
    execFileSync('sh', ['-e'], {
      cwd: this.etc,
      input: pieceOf(this.#text, 'on the client'),
      env: {
        ...process.env,
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        ...{ HOME: this.etc, RANDFILE: join(this.etc, '.rnd') },
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 120_000,
    });
  }

  /** Lines for the file that `heading` names; asked often, so that a test need not wait. */
  lines(heading: string): readonly string[] {
    return pieceOf(this.#text, heading)
      .trimEnd()
      .split('\n')
      .map((line) => (line.startsWith('server ') ? `${line} minpoll 3 maxpoll 3` : line));
  }

  /** Puts the key where it is said that it belongs, and answers the configuration's lines. */
  installKey(): readonly string[] {
    const [, path] = /^in (\S+), readable by root/m.exec(this.#text) ?? [];
    if (path === undefined) throw new Error(`there is no key:\n${this.#text}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, pieceOf(this.#text, `in ${path}`), { mode: 0o600 });
    const rest = this.#text.slice(this.#text.indexOf(`in ${path}`) + 1);
    const [, config] = /^in (\S+):$/m.exec(rest) ?? [];
    return this.lines(`in ${config}`);
  }
}
