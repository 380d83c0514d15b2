/**
 * The package as apt installs it in a whole Debian 13 (test/support/container.ts), with that system's own node: what it
 * brings, what it replaces, and what it leaves. No systemd runs there, as in a system that is made before it is booted;
 * with one that does: apt-service.slow.test.ts.
 */
import { appendFileSync, lstatSync } from 'node:fs';
import { nextVersion, ownPackage } from '../support/deb.js';
import { added, type Debian, testsInDebian } from '../support/debian.js';
import { assert, has, record, test } from '../support/suite.js';

const CONFIGURATION = '/etc/noonmark/ntp.conf';

if (has('the package and apt', 'root', 'trixie', 'compilers')) {
  const deb = ownPackage();

  const inDebian = testsInDebian('unpacked');
  const isEnabled = ({ container }: Debian) =>
    lstatSync(container.at('/etc/systemd/system/multi-user.target.wants/noonmarkd.service'), {
      throwIfNoEntry: false,
    })?.isSymbolicLink() === true;

  inDebian('apt brings what it depends on, and takes systemd-timesyncd away', async (debian) => {
    assert.is(await debian.state('systemd-timesyncd'), 'installed', 'what a Debian has');
    assert.is(await debian.state('nodejs'), '');
    const started = process.hrtime.bigint();
    const said = await debian.install(deb);
    record('the package, by apt', { seconds: Number(process.hrtime.bigint() - started) / 1e9 });
    assert.match(said, /REMOVED:\s+systemd-timesyncd\n\S/);
    for (const name of ['noonmark', 'nodejs', 'libnode115'])
      assert.is(await debian.state(name), 'installed', name);
    assert.is(await debian.complaints('noonmark'), '');
    assert.ok(isEnabled(debian));

    const { container } = debian;
    assert.match(await container.run('id noonmark'), /\(dialout\).*\(gpio\).*\(i2c\)/);
    const rights = {
      '/etc/noonmark': '755 root root',
      '/etc/noonmark/ntp.conf': '644 root root',
      '/etc/noonmark/keys': '700 noonmark noonmark',
      '/var/lib/noonmark': '750 noonmark noonmark',
      '/var/log/noonmark': '750 noonmark noonmark',
    };
    for (const [path, wanted] of Object.entries(rights)) assert.is(await debian.rights(path), wanted, path);
    const readable = '^(l|[-d]rw[-x]r-[-x]r-[-x] root root )';
    const others = `dpkg -L noonmark | xargs -d '\\n' stat --format '%A %U %G %n' | grep -vE '${readable}'`;
    assert.is(
      (await container.try(others)).output,
      '',
      "the package's files are root's, and for all to read",
    );
    appendFileSync(container.at('/usr/lib/noonmark/dist/src/cli/main.js'), '\n');
    assert.match(await debian.complaints('noonmark'), /cli\/main\.js/, 'dpkg --verify knows its files');
  });

  inDebian("its programs and native parts run with Debian's node", async (debian) => {
    await debian.install(deb);
    const { container } = debian;
    assert.is(await container.run('dpkg -S /usr/bin/node'), 'nodejs: /usr/bin/node\n');
    assert.match(await container.run('noonmarkd --version'), /^noonmarkd \d/);
    assert.match(await container.run('noonmark --version'), /^noonmark \d/);
    assert.match(await container.run(`noonmark check ${CONFIGURATION}`), /no problems/);
    // A machine without a receiver: there is something to mend, so its exit code is not 0.
    const doctor = await container.try('noonmark doctor --json');
    const findings = JSON.parse(doctor.stdout) as readonly { readonly id: string }[];
    const ids = findings.map(({ id }) => id);
    for (const id of ['config-ok', 'uart-missing', 'daemon-not-running'])
      assert.ok(ids.includes(id), doctor.output);

    const keygen = 'runuser -u noonmark -- noonmark keygen -d /etc/noonmark/keys';
    await container.run(`${keygen} -M`);
    await container.run(`${keygen} -T`);
    const keys = await container.run('ls /etc/noonmark/keys');
    for (const kind of [/^ntpkey_MD5key_/m, /^ntpkey_RSAhost_/m, /cert_/]) assert.match(keys, kind);

    // require() is what programs do; dlopen() finds a part that they would do without. Not both: a part of i2c-bus
    // registers itself once in a process.
    const node = (text: string) => container.run(`cd /usr/lib/noonmark && node -e '${text}'`);
    await node(`
      const { dependencies, optionalDependencies } = require("./package.json");
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) require(name);`);
    const loaded = await node(`
      const { readdirSync } = require("node:fs");
      const { join } = require("node:path");
      for (const name of readdirSync(".", { recursive: true }).filter((name) => name.endsWith(".node"))) {
        process.dlopen({ exports: {} }, join(process.cwd(), name));
        console.log(name);
      }`);
    assert.match(loaded, /koffi\.node/);
    for (const name of ['i2c', 'epoll']) assert.match(loaded, new RegExp(`/${name}\\.node$`, 'm'));
    assert.match(loaded, /serialport.*\.node/);
  });

  inDebian(
    'a changed configuration is kept by an upgrade and a removal, and is gone with a purge',
    async (debian) => {
      await debian.install(deb);
      const { container } = debian;
      appendFileSync(container.at(CONFIGURATION), '# mine\n');
      const next = nextVersion(deb);
      await debian.install(next);
      assert.is(await debian.version('noonmark'), '99.0');
      assert.match(await container.run(`tail -n 1 ${CONFIGURATION}`), /^# mine$/m);
      assert.match(await container.run(`tail -n 1 ${CONFIGURATION}.dpkg-dist`), /^# new in 99$/m);
      assert.match(await debian.complaints('noonmark'), /^\S+ c \/etc\/noonmark\/ntp\.conf\n$/);

      await debian.apt('remove', 'noonmark');
      assert.is(await debian.state('noonmark'), 'config-files');
      assert.match(await container.run(`tail -n 1 ${CONFIGURATION}`), /^# mine$/m);
      assert.not.ok(isEnabled(debian));
      assert.match((await container.try('ls /usr/lib/noonmark /usr/bin/noonmark*')).output, /No such file/);

      await debian.install(next);
      assert.ok(isEnabled(debian), 'it comes back as it was');
      assert.match(await container.run(`tail -n 1 ${CONFIGURATION}`), /^# mine$/m);
      await debian.apt('purge', 'noonmark');
      assert.is(await debian.state('noonmark'), '');
      assert.match((await container.try('ls /etc/noonmark')).output, /No such file/);
    },
  );

  for (const rival of ['chrony', 'ntpsec'])
    inDebian(
      `it takes the place of ${rival}, and leaves nothing when ${rival} takes its own`,
      async (debian) => {
        await debian.install(rival, 'nodejs');
        const [before, users] = [
          await debian.files(),
          await debian.container.run('sort /etc/passwd /etc/group'),
        ];
        assert.match(await debian.install(deb), new RegExp(`REMOVED:\\s+${rival}\\n\\S`));
        assert.is(await debian.state(rival), 'config-files');
        await debian.container.run('runuser -u noonmark -- noonmark keygen -M -d /etc/noonmark/keys');

        assert.match(await debian.install(rival), /REMOVED:\s+noonmark\n\S/);
        assert.is(await debian.state('noonmark'), 'config-files');
        assert.not.ok(isEnabled(debian));
        await debian.apt('purge', 'noonmark');
        const after = await debian.files();
        assert.equal(added(before, after), []);
        assert.equal(added(after, before), [], 'nor is anything missing');
        const lines = (text: string) => new Set(text.split('\n').map((line) => line.split(':')[0] ?? ''));
        const usersAfter = await debian.container.run('sort /etc/passwd /etc/group');
        assert.equal(
          added(lines(users), lines(usersAfter)),
          ['gpio', 'i2c', 'noonmark'],
          'what postrm says it leaves',
        );
      },
    );
}

test.run();
