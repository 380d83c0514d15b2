/**
 * image/files/setup and keys as a card runs them before and after the service begins, in a root of its own: this machine's programs, the card's
 * accounts, and nothing in /etc/noonmark. No network is there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { HATS } from '../../boards/hats/list.js';
import { accountFiles } from '../../image/accounts.js';
import { cardConfiguration } from '../../image/texts.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, has, projectRoot, test } from '../support/suite.js';

const packaged = readFileSync(join(projectRoot, 'packaging', 'ntp.conf'), 'utf8');
const good = cardConfiguration(packaged, HATS[0]!);
const NOONMARK_ID = 900;

/** A card as it is just before that script. */
class CardRoot {
  readonly path = temporaryFolder();
  constructor() {
    chmodSync(this.path, 0o755);
    for (const name of [
      'usr',
      'proc',
      'dev',
      'tmp',
      'run/noonmark-card',
      'boot/firmware',
      'root',
      'etc/noonmark',
      'etc/ssh/keys',
    ])
      mkdirSync(this.at(name), { recursive: true });
    const master = (name: string) => readFileSync(`/usr/share/base-passwd/${name}`, 'utf8');
    for (const [name, text] of Object.entries(accountFiles(master('passwd.master'), master('group.master'))))
      writeFileSync(this.at('etc', name), text);
    writeFileSync(this.at('etc/noonmark/ntp.conf'), good);
    mkdirSync(this.at('more/bin'), { recursive: true });
    mkdirSync(this.at('more/lib/noonmark-card'), { recursive: true });
    for (const name of ['setup', 'keys'])
      cpSync(join(projectRoot, 'image/files', name), this.at('more/lib/noonmark-card', name));
    writeFileSync(this.at('more/lib/noonmark-card/ntp.conf'), good);
    const cli = join(projectRoot, 'dist/src/cli/main.js');
    writeFileSync(this.at('more/bin/noonmark'), `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`, {
      mode: 0o755,
    });
  }

  at(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8');
  }

  /**
   * One start of the card: in /run is what process 1 said, the scripts run, and `then` a person's command. Answers what was
   * said.
   */
  start(card: string, then = ':', said = ''): string {
    rmSync(this.at('run'), { recursive: true });
    mkdirSync(this.at('run/noonmark-card'), { recursive: true });
    writeFileSync(this.at('run/noonmark-card/said'), said);
    writeFileSync(this.at('boot/firmware/noonmark.conf'), card);
    // The checkout and its node_modules may be anywhere, and one may be a link.
    const modules = execFileSync('realpath', [join(projectRoot, 'node_modules')], {
      encoding: 'utf8',
    }).trim();
    const folders = [projectRoot, modules, process.execPath.startsWith('/usr/') ? '' : process.execPath];
    const binds = folders.filter((name) => name !== '');
    const script = `set -e
mount -t overlay overlay -o lowerdir=more:/usr usr
for name in bin sbin lib lib64; do if [ -L /$name ] && [ ! -e $name ]; then cp -P /$name .; fi; done
mount --rbind /dev dev; mount -t proc proc proc
for path; do
  if [ -d "$path" ]; then mkdir -p ".$path"; else mkdir -p ".\${path%/*}"; touch ".$path"; fi
  mount --bind "$path" ".$path"
done
hostname noonmark
chroot . /bin/sh /usr/lib/noonmark-card/setup
[ -s etc/noonmark/authentication.conf ] || chroot . /bin/sh /usr/lib/noonmark-card/keys
chroot . /bin/sh -c '${then}'`;
    const args = ['--mount', '--uts', '--net', '--pid', '--fork', 'sh', '-c', script, 'sh', ...binds];
    const { status, stdout, stderr } = spawnSync('unshare', args, { cwd: this.path, encoding: 'utf8' });
    assert.is(status, 0, `${stdout}${stderr}`);
    return `${stdout}${stderr}`;
  }

  /** Files below /etc/noonmark that are secret, with mode and owner. */
  secrets(): readonly string[] {
    const keys = readdirSync(this.at('etc/noonmark/keys')).map((name) => `keys/${name}`);
    return [...keys, 'authentication.conf'].map((name) => {
      const { mode, uid } = statSync(this.at('etc/noonmark', name));
      return `${(mode & 0o7777).toString(8)} ${uid} ${name}`;
    });
  }
}

if (has('the first start of a card', 'root')) {
  const root = new CardRoot();
  const first = root.start(good);

  test('the first start makes an AES-CMAC key and an Autokey group that only the service can read', () => {
    for (const line of root.secrets()) assert.match(line, new RegExp(`^600 ${NOONMARK_ID} `), first);
    assert.match(root.read('etc/noonmark/keys/ntp.keys'), /^21 AES128CMAC [0-9a-f]{32}/m);
    const names = readdirSync(root.at('etc/noonmark/keys'));
    for (const kind of ['host', 'cert', 'iffkey'])
      assert.ok(
        names.some((name) => name.startsWith(`ntpkey_${kind}_`)),
        names.join(' '),
      );
    assert.match(
      root.read('etc/noonmark/authentication.conf'),
      /^crypto pw [\w-]{32} host noonmark ident noonmark$/m,
    );
    assert.is(statSync(root.at('etc/noonmark/keys')).mode & 0o777, 0o700);
    assert.not.ok(existsSync(root.at('etc/noonmark/keys.new')));
  });

  test('the configuration of the card is taken over, and has no mistake with the keys that were made', () => {
    assert.is(root.read('etc/noonmark/ntp.conf'), good);
    assert.match(first, /noonmark\.conf is taken over/);
    assert.match(root.read('run/issue.d/noonmark.issue'), /noonmark time server: noonmark\.local/);
    assert.match(root.read('run/issue.d/noonmark.issue'), /There is no SSH/);
  });

  test('at the next starts the keys are the same, and a wrong noonmark.conf is refused with its line', () => {
    const before = [root.read('etc/noonmark/authentication.conf'), ...root.secrets()];
    root.start(`${good}restrict somewhere over the rainbow\r\n`);
    const issue = root.read('run/issue.d/noonmark.issue');
    assert.match(issue, /noonmark\.conf on the card is refused; the one before it goes on:/);
    assert.match(issue, new RegExp(`noonmark\\.conf:${good.split('\n').length}\\b`));
    assert.is(root.read('etc/noonmark/ntp.conf'), good);
    assert.equal([root.read('etc/noonmark/authentication.conf'), ...root.secrets()], before);
  });

  test('a changed one without mistakes is taken over, whatever ends its lines', () => {
    root.start(`${good.replaceAll('\n', '\r\n')}# mine\r\n`);
    assert.is(root.read('etc/noonmark/ntp.conf'), `${good}# mine\n`);
    assert.not.match(root.read('run/issue.d/noonmark.issue'), /refused/);
  });

  test('one that is empty is refused, and not for its lack of mistakes', () => {
    for (const text of ['', '\r\n \n# nothing\n']) {
      root.start(text);
      assert.is(root.read('etc/noonmark/ntp.conf'), `${good}# mine\n`);
      const issue = root.read('run/issue.d/noonmark.issue');
      assert.match(issue, /the one before it goes on:\nnoonmark\.conf is empty; .*delete it/);
    }
  });

  test('what a power cut left half made is made anew', () => {
    rmSync(root.at('etc/noonmark/authentication.conf'));
    mkdirSync(root.at('etc/noonmark/keys.new'));
    writeFileSync(root.at('etc/noonmark/keys.new/ntp.keys'), 'half');
    root.start(`${good}# mine\n`);
    assert.match(root.read('etc/noonmark/keys/ntp.keys'), /AES128CMAC/);
    assert.match(root.read('etc/noonmark/authentication.conf'), /ident noonmark/);
  });

  test('a state partition that has lost files to a repair gets them again, and that is told', () => {
    const repaired = 'noonmark: the state partition was damaged';
    rmSync(root.at('etc/noonmark/ntp.conf'));
    const said = root.start(`${good}# mine\n`, ':', `${repaired}\n`);
    assert.is(root.read('etc/noonmark/ntp.conf'), `${good}# mine\n`);
    for (const text of [said, root.read('run/issue.d/noonmark.issue')])
      assert.ok(text.includes(repaired), text);
    // Nor can noonmark.conf be taken over.
    rmSync(root.at('etc/noonmark/ntp.conf'));
    rmSync(root.at('etc/noonmark/keys'), { recursive: true });
    root.start('what is this\n', ':', `${repaired}, and is repaired\n`);
    assert.is(root.read('etc/noonmark/ntp.conf'), good);
    assert.match(root.read('etc/noonmark/keys/ntp.keys'), /AES128CMAC/);
    assert.match(root.read('etc/noonmark/authentication.conf'), /ident noonmark/);
  });

  test('each client gets a key of its own, and the group is for all; the password stays on the card', () => {
    const said = root.start(`${good}# mine\n`, 'noonmark client-config laptop --key 22');
    const [, secret] = /^22 AES128CMAC ([0-9a-f]{32})/m.exec(root.read('etc/noonmark/keys/ntp.keys')) ?? [];
    assert.match(said, new RegExp(`^ {2}22 AES128 HEX:${secret}$`, 'm'));
    assert.match(said, /-----BEGIN DSA PRIVATE KEY-----/);
    const [, password = ''] = /^crypto pw (\S+)/m.exec(root.read('etc/noonmark/authentication.conf')) ?? [];
    assert.is(password.length, 32);
    assert.not.ok(said.includes(password));
  });

  test('a card made with a key for its clients has that key', () => {
    const joined = new CardRoot();
    const key = '21 AES128CMAC 000102030405060708090a0b0c0d0e0f\n';
    writeFileSync(joined.at('more/lib/noonmark-card/join.keys'), key, { mode: 0o600 });
    joined.start(good);
    assert.is(joined.read('etc/noonmark/keys/ntp.keys'), key);
    for (const line of joined.secrets()) assert.match(line, new RegExp(`^600 ${NOONMARK_ID} `));
  });

  test('with an SSH key the machine makes a host key of its own, once', () => {
    mkdirSync(root.at('root/.ssh'));
    writeFileSync(root.at('root/.ssh/authorized_keys'), 'ssh-ed25519 AAAA x\n');
    root.start(`${good}# mine\n`);
    const key = root.read('etc/ssh/keys/ssh_host_ed25519_key.pub');
    assert.match(key, /^ssh-ed25519 /);
    root.start(`${good}# mine\n`);
    assert.is(root.read('etc/ssh/keys/ssh_host_ed25519_key.pub'), key);
    assert.match(root.read('run/issue.d/noonmark.issue'), /host key: SHA256:/);
  });
}

test.run();
