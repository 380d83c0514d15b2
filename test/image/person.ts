/**
 * Somebody without root who has this checkout, as it is built: own copy, own home, own packages' cache, and no right to
 * what is root's. For what a person does by `npm run image`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../support/suite.js';

/** Debian's nobody. */
const ID = 65_534;
/** What a card is made of: git's history is another. */
const PARTS = [
  ...['dist', 'boards', 'docs', 'image', 'packaging', 'scripts', 'systemd'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'LICENSE'],
];
/** How this machine reaches npm's registry and Debian's archive. */
const NETWORK = /^(https?_proxy|no_proxy|npm_config_registry)$/i;

export class Person {
  readonly checkout: string;
  readonly #env: Readonly<Record<string, string>>;

  /** `folder`: empty, and anybody may look into what it is in. `seconds`: when the checkout's last commit was made. */
  constructor(folder: string, seconds: number) {
    this.checkout = join(folder, 'noonmark');
    const home = join(folder, 'home');
    mkdirSync(this.checkout, { recursive: true });
    const cache = join(home, '.cache', 'noonmark', 'image');
    mkdirSync(cache, { recursive: true });
    const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);
    for (const part of PARTS) copy(join(projectRoot, part), this.checkout);
    copy(realpathSync(join(projectRoot, 'node_modules')), join(this.checkout, 'node_modules'));
    const known = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noonmark', 'image');
    if (existsSync(known)) cpSync(known, cache, { recursive: true });
    execFileSync('chown', ['-R', `${ID}:${ID}`, folder]);
    chmodSync(folder, 0o755);
    this.#env = {
      ...Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) =>
          NETWORK.test(name) && value !== undefined ? [[name, value]] : [],
        ),
      ),
      HOME: home,
      // As a login gives it: without /usr/sbin.
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      ...{ GIT_AUTHOR_DATE: `${seconds} +0000`, GIT_COMMITTER_DATE: `${seconds} +0000` },
    };
    this.run('git', 'init', '-q');
    const who = ['-c', 'user.name=person', '-c', 'user.email=person@localhost'];
    this.run('git', ...who, 'commit', '-q', '--allow-empty', '-m', 'as it is');
  }

  /** In the checkout, to its end. Answers what it printed; throws with what it said when it fails. */
  run(...command: readonly string[]): string {
    const args = ['--reuid', String(ID), '--regid', String(ID), '--clear-groups', '--', ...command];
    const options = { cwd: this.checkout, env: this.#env, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('setpriv', args, options);
    if (status !== 0) throw new Error(`${command.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
    return stdout;
  }
}
