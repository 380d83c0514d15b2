import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { freePort, temporaryFolder, until } from '../support/daemon-process.js';
import { neededBy, nextVersion, ownArchitecture, wouldInstall } from '../support/deb.js';
import { assert, has, projectRoot, test } from '../support/suite.js';

const out = temporaryFolder();
const script = join(projectRoot, 'scripts', 'package-deb.sh');
/** e_machine of ELF */
const MACHINES = { arm64: 183, armhf: 40, amd64: 62 } as const;
type Architecture = keyof typeof MACHINES;
const debOf = (architecture: Architecture, folder = out) =>
  join(folder, readdirSync(folder).find((name) => name.endsWith(`_${architecture}.deb`)) ?? 'none');
const build = (folder: string, ...architectures: readonly Architecture[]) =>
  execFileSync(script, ['-o', folder, ...architectures], { stdio: 'pipe' });

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A file system with nothing but dpkg's books. */
class Root {
  readonly path = temporaryFolder();
  constructor() {
    for (const folder of ['var/lib/dpkg/info', 'var/lib/dpkg/updates', 'etc', 'tmp'])
      mkdirSync(join(this.path, folder), { recursive: true });
    writeFileSync(join(this.path, 'var/lib/dpkg/status'), '');
  }
  dpkg(...args: readonly string[]): void {
    const options = [
      '--force-depends',
      '--force-script-chrootless',
      '--force-confold',
      '--force-architecture',
    ];
    const { status, stdout, stderr } = spawnSync('dpkg', [`--root=${this.path}`, ...options, ...args], {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    assert.is(status, 0, `${stdout}${stderr}`);
  }
  at(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }
  get isEnabled(): boolean {
    const link = this.at('etc/systemd/system/multi-user.target.wants/noonmarkd.service');
    return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  }
}

if (has('the Debian package', 'root', 'systemd', 'compilers')) {
  test.before(() => {
    build(out, 'arm64', 'armhf', 'amd64');
  });

  for (const architecture of ['arm64', 'armhf', 'amd64'] as const)
    test(`the package for ${architecture} has native parts of that processor alone, and no compiler's input`, () => {
      const folder = join(temporaryFolder(), architecture);
      execFileSync('dpkg-deb', ['-x', debOf(architecture), folder]);
      const files = filesBelow(folder);
      const native = files.filter((name) => name.endsWith('.node'));
      assert.ok(native.some((name) => name.includes('koffi')));
      assert.ok(native.some((name) => name.includes('serialport')));
      for (const name of ['i2c-bus', 'epoll'])
        assert.ok(native.some((path) => path.includes(`/${name}/build/Release/`)));
      for (const name of native) assert.is(readFileSync(name).readUInt16LE(18), MACHINES[architecture], name);
      assert.equal(
        files.filter((name) => /\.(ts|cc|cpp|h|gyp|map)$|musl|\/nan\/|\/test\//.test(name)),
        [],
      );
      const field = (name: string) =>
        execFileSync('dpkg-deb', ['-f', debOf(architecture), name], { encoding: 'utf8' }).trim();
      assert.is(field('Architecture'), architecture);
      assert.match(field('Depends'), /nodejs \(>= 20\S+, libnode115,/);
      const depends = field('Depends')
        .split(', ')
        .map((one) => one.split(' ')[0] ?? '');
      const needed = [...new Set(native.flatMap(neededBy))];
      assert.ok(needed.includes('libstdc++6'));
      assert.equal(
        needed.filter((name) => !depends.includes(name)),
        [],
        'libraries that no dependency brings',
      );
      assert.is(field('Conflicts'), 'time-daemon');
      assert.ok(statSync(debOf(architecture)).size < 3e6, 'it is under 3 MB');
    });

  test('a Debian 13 on a 32-bit ARM has all that the package depends on', () => {
    const said = wouldInstall(debOf('armhf'), 'armhf', temporaryFolder());
    for (const name of ['nodejs', 'libnode115', 'libstdc++6', 'udev'])
      assert.ok(said.includes(`Inst ${name} (`), `${name} is not among:\n${said}`);
    assert.match(said, /^Conf noonmark .*\[armhf\]/m);
  });

  test('the same tree gives the same bytes', () => {
    const again = temporaryFolder();
    build(again, 'amd64');
    assert.ok(readFileSync(debOf('amd64')).equals(readFileSync(debOf('amd64', again))));
  });

  test('installed, it has its user, its folders, its enabled service, and a configuration that is kept', () => {
    const root = new Root();
    root.dpkg('-i', debOf('amd64'));
    assert.match(readFileSync(root.at('etc/passwd'), 'utf8'), /^noonmark:/m);
    assert.is(statSync(root.at('etc/noonmark/keys')).mode & 0o777, 0o700);
    assert.ok(root.isEnabled);

    const conf = root.at('etc/noonmark/ntp.conf');
    appendFileSync(conf, '# mine\n');
    writeFileSync(root.at('etc/noonmark/keys/secret'), 'x');
    unlinkSync(root.at('etc/systemd/system/multi-user.target.wants/noonmarkd.service'));
    root.dpkg('-i', nextVersion(debOf('amd64')));
    assert.match(readFileSync(conf, 'utf8'), /# mine\n$/);
    assert.match(readFileSync(`${conf}.dpkg-dist`, 'utf8'), /# new in 99/);
    assert.not.ok(root.isEnabled, 'an upgrade does not enable what was disabled');

    root.dpkg('-r', 'noonmark');
    assert.not.ok(existsSync(root.at('usr/lib/noonmark')));
    assert.ok(existsSync(conf));
    root.dpkg('-P', 'noonmark');
    assert.not.ok(existsSync(root.at('etc/noonmark/keys')));
    assert.not.ok(existsSync(conf));
  });

  test('removed, its service is no longer enabled', () => {
    const root = new Root();
    root.dpkg('-i', debOf('amd64'));
    root.dpkg('-r', 'noonmark');
    assert.not.ok(root.isEnabled);
  });

  test('installed again after a removal, its service is enabled as it was', () => {
    const root = new Root();
    root.dpkg('-i', debOf('amd64'));
    root.dpkg('-r', 'noonmark');
    root.dpkg('-i', debOf('amd64'));
    assert.ok(root.isEnabled, 'it was enabled');
    unlinkSync(root.at('etc/systemd/system/multi-user.target.wants/noonmarkd.service'));
    root.dpkg('-r', 'noonmark');
    root.dpkg('-i', debOf('amd64'));
    assert.not.ok(root.isEnabled, 'it was not');
  });

  /** The package installed, with its launcher on paths of the test's and a node that says how it was started. */
  function installed() {
    const root = new Root();
    root.dpkg('-i', debOf(ownArchitecture));
    const folder = temporaryFolder();
    const [node, launcher, calls] = ['node', 'noonmarkd', 'calls'].map((name) => join(folder, name));
    writeFileSync(
      node!,
      `#!/bin/sh\necho "$@" "$NOONMARK_SNAPSHOT_TRIAL" >> ${calls}\nexec ${process.execPath} "$@"\n`,
    );
    chmodSync(node!, 0o755);
    const snapshots = join(folder, 'snapshots');
    mkdirSync(snapshots);
    const state = join(folder, 'state');
    mkdirSync(state);
    writeFileSync(
      launcher!,
      readFileSync(root.at('usr/bin/noonmarkd'), 'utf8')
        .replace(
          'snapshots=/var/lib/noonmark-snapshot service=/var/lib/noonmark',
          `snapshots=${snapshots} service=${state}`,
        )
        .replaceAll('/sys/firmware/devicetree/base/model', join(folder, 'model'))
        .replace('app=/usr/lib/noonmark', `app=${root.at('usr/lib/noonmark')}`)
        .replaceAll('/usr/bin/node', node!),
    );
    const lastCall = () => readFileSync(calls!, 'utf8').trim().split('\n').at(-1) ?? '';
    const environment = { ...process.env, NOONMARK_CLOCK_READ_ONLY: '1', STATE_DIRECTORY: state };
    /** Runs it as the service does; answers what it printed. */
    const run = (args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
      const { stdout, stderr, status } = spawnSync('sh', [launcher!, ...args], {
        encoding: 'utf8',
        env: { ...environment, ...more },
      });
      return { status, output: `${stdout}${stderr}` };
    };
    const mark = join(state, 'snapshot-trial');
    return {
      root,
      folder,
      node: node!,
      launcher: launcher!,
      snapshots,
      state,
      mark,
      environment,
      lastCall,
      run,
    };
  }

  test('what is installed runs: the command, the default configuration, and the daemon from its file and from a snapshot', async () => {
    const { root, folder, launcher, mark, environment, lastCall, run } = installed();
    const noonmark = (...args: readonly string[]) =>
      execFileSync(process.execPath, [root.at('usr/lib/noonmark/dist/src/cli/main.js'), ...args], {
        encoding: 'utf8',
      });
    assert.match(noonmark('--version'), /^noonmark \d/);
    assert.match(noonmark('check', root.at('etc/noonmark/ntp.conf')), /no problems/);
    const config = join(folder, 'ntp.conf');
    const lines = [
      'board auto',
      'clock none',
      `port ${await freePort()}`,
      'interface ignore all',
      'interface listen 127.0.0.1',
      `statedir ${folder}`,
      `refclock gps device ${folder}/none`,
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const serves = async () => {
      const socket = join(folder, 's');
      const daemon = spawn('sh', [launcher, '-c', config, '--socket', socket], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: environment,
      });
      let log = '';
      daemon.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
      const ended = new Promise((resolve) => daemon.on('exit', resolve));
      const remarks = () => (existsSync(socket) ? noonmark('status', '--json', '--socket', socket) : '');
      try {
        await until(
          'serving, and a look for the serial line',
          30,
          () => /socket-open/.test(log) && /there is no device/.test(remarks()) && !existsSync(mark),
          () => log,
        );
        assert.not.match(log, /Cannot find|ERR_MODULE/);
      } finally {
        daemon.kill('SIGTERM');
        await ended;
      }
    };
    await serves();
    assert.not.match(lastCall(), /snapshot/);
    assert.equal(run(['--make-snapshot']), { status: 0, output: '' });
    for (const _ of ['once', 'again']) {
      await serves();
      assert.match(lastCall(), /--snapshot-blob/);
    }
  });

  const made = (snapshots: string) => readdirSync(snapshots).filter((name) => name !== 'sum');

  test('a startup snapshot is used by the service with the very node and program that it is of, and the next replaces it', () => {
    const { root, node, snapshots, mark, lastCall, run } = installed();
    const isUsed = (more?: NodeJS.ProcessEnv) => {
      rmSync(mark, { force: true });
      const { status, output } = run(['--version'], more);
      assert.match(output, /^noonmarkd \d/);
      assert.is(status, 0);
      return lastCall().includes('--snapshot-blob');
    };
    const make = () => {
      assert.equal(run(['--make-snapshot']), { status: 0, output: '' });
      assert.is(made(snapshots).length, 1);
    };
    make();
    assert.ok(isUsed());
    assert.not(isUsed({ STATE_DIRECTORY: '' }), 'whoever starts it by hand has no mark to leave');
    assert.not(isUsed({ STATE_DIRECTORY: join(snapshots, 'none') }), 'nor has who may not write it');
    assert.not(isUsed({ NODE_OPTIONS: '--max-old-space-size=200' }), 'node refuses one of other options');
    appendFileSync(node, '\n');
    assert.not(isUsed());
    make();
    assert.ok(isUsed());
    appendFileSync(root.at('usr/lib/noonmark/dist/src/daemon/program.cjs'), '\n');
    assert.not(isUsed());
  });

  test('a snapshot that does not start is followed by starts without it, until there is another', () => {
    const { snapshots, mark, lastCall, run } = installed();
    run(['--make-snapshot']);
    const [name = 'none'] = made(snapshots);
    const path = join(snapshots, name);
    writeFileSync(path, 'no snapshot\n');
    assert.not.equal(run(['--version']).status, 0);
    assert.ok(existsSync(mark));
    for (const _ of ['once', 'again']) {
      assert.match(run(['--version']).output, /^noonmarkd \d/);
      assert.not.match(lastCall(), /snapshot/);
      assert.not(existsSync(mark));
    }
    assert.equal(run(['--make-snapshot']), { status: 0, output: '' });
    assert.ok(statSync(path).size > 1e6);
    assert.match(run(['--version']).output, /^noonmarkd \d/);
    assert.match(lastCall(), /--snapshot-blob/);
  });

  test('where that cannot be noted the starts go on without it', () => {
    const { state, mark, lastCall, run } = installed();
    run(['--make-snapshot']);
    writeFileSync(mark, '');
    // As a full disk refuses it, root as well. Nor is the daemon told of a mark that it could take away.
    mkdirSync(join(state, 'snapshot-doubt'));
    for (const _ of ['once', 'again']) {
      assert.match(run(['--version']).output, /^noonmarkd \d/m);
      assert.not.match(lastCall(), /snapshot/);
      assert.ok(existsSync(mark));
    }
  });

  test('a snapshot that was damaged is made again', () => {
    const { snapshots, run } = installed();
    run(['--make-snapshot']);
    const path = join(snapshots, made(snapshots)[0] ?? 'none');
    const good = readFileSync(path);
    const bad = Buffer.from(good);
    bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, bad);
    assert.is(run(['--make-snapshot']).status, 0);
    assert.not.ok(readFileSync(path).equals(bad));
  });

  test('a snapshot that can be used is not made again; one of other options is', () => {
    const { folder, snapshots, lastCall, run } = installed();
    const make = () => {
      run(['--make-snapshot']);
      const [name = 'none', ...more] = made(snapshots);
      assert.equal(more, []);
      return `${name} ${statSync(join(snapshots, name)).ino}`;
    };
    const first = make();
    const calls = lastCall();
    assert.is(make(), first);
    assert.is(lastCall(), calls, 'node was not asked');
    // The card comes to a board with little memory.
    writeFileSync(join(folder, 'model'), 'Raspberry Pi Zero 2 W Rev 1.0\0');
    assert.match(run(['--version']).output, /^noonmarkd \d/);
    assert.not.match(lastCall(), /snapshot/);
    const second = make();
    assert.not.equal(second, first);
    assert.match(second, /--max-semi-space-size=2 \d+$/);
    assert.match(run(['--version']).output, /^noonmarkd \d/);
    assert.match(lastCall(), /--max-semi-space-size=2 --snapshot-blob /);
  });

  test('a program that does not load leaves no snapshot, and says why', () => {
    const { root, snapshots, run } = installed();
    writeFileSync(root.at('usr/lib/noonmark/dist/src/daemon/program.cjs'), 'no program\n');
    const { status, output } = run(['--make-snapshot']);
    assert.not.equal(status, 0);
    assert.match(output, /SyntaxError/);
    assert.equal(readdirSync(snapshots), []);
  });

  test('the launcher gives node the options of the board, and of a small one those for little memory', () => {
    const folder = temporaryFolder();
    const node = join(folder, 'node');
    writeFileSync(node, '#!/bin/sh\necho "$@"\n');
    chmodSync(node, 0o755);
    const text = readFileSync(join(projectRoot, 'packaging/noonmarkd'), 'utf8')
      .replaceAll('/sys/firmware/devicetree/base/model', join(folder, 'model'))
      .replace('app=/usr/lib/noonmark', `app=${folder}`)
      .replaceAll('/usr/bin/node', node);
    writeFileSync(join(folder, 'noonmarkd'), text);
    writeFileSync(
      join(folder, 'v8-options'),
      execFileSync(process.execPath, [join(projectRoot, 'packaging/v8-options.mjs')]),
    );
    const said = (model?: string) => {
      if (model !== undefined) writeFileSync(join(folder, 'model'), `${model}\0`);
      const { stdout, stderr } = spawnSync('sh', [join(folder, 'noonmarkd'), '-c', 'FILE'], {
        encoding: 'utf8',
      });
      assert.is(stderr, '');
      return stdout.trim();
    };
    const rest = `${folder}/dist/src/daemon/main.cjs -c FILE`;
    assert.is(said(), rest, 'a machine without a device tree');
    assert.is(
      said('Raspberry Pi Zero 2 W Rev 1.0'),
      `--max-old-space-size=96 --max-semi-space-size=2 ${rest}`,
    );
    assert.is(said('Raspberry Pi 4 Model B Rev 1.4'), rest);
    assert.is(said('Strange Board'), rest);
  });
}

test.run();
