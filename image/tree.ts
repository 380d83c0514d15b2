/**
 * The card's root file system as a folder: Debian's packages unpacked without running anything of theirs, and what their
 * scripts would have done that a card needs. Owns the folder; the small files' text is texts.ts, accounts.ts.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { accountFiles, missingAccounts } from './accounts.js';
import { infoName, listFile, statusEntry } from './dpkg-status.js';
import { MODULES_LEFT_OUT, modulesToLeaveOut } from './modules.js';
import { PAM_FILES } from './pam.js';
import { run } from './shell.js';
import { fstab, hostsText, networkText } from './texts.js';

export interface TreeSetup {
  readonly hostname: string;
  /** text of an authorized_keys file; undefined: no SSH */
  readonly authorizedKeys: string | undefined;
  /** a keys file with number 21; undefined: keys are made at the first start */
  readonly joinKeys: string | undefined;
  /** wpa_supplicant's configuration; undefined: no Wi-Fi */
  readonly wifi: string | undefined;
  /** content of noonmark.conf, where the card begins */
  readonly configuration: string;
}

/** Papers but licences (see #papers), translations, names of devices that a card does not have. */
const LEFT_OUT = [
  ...['usr/share/man', 'usr/share/info', 'usr/share/locale', 'usr/share/lintian', 'usr/share/bug'],
  ...['usr/share/nodejs/corepack', 'usr/share/nodejs/@types', 'usr/share/bash-completion', 'usr/share/zsh'],
  ...['usr/lib/aarch64-linux-gnu/gconv'],
  ...['usr/lib/udev/hwdb.d', 'etc/udev/hwdb.d'],
  // What fetches updates: a card gets them by "noonmark update" and a new image.
  ...['etc/cron.daily', 'etc/cron.d', 'etc/init.d'],
];
/** Started at boot; the rest starts by being asked for, or is masked. */
const ENABLED: readonly (readonly [unit: string, target: string])[] = [
  ['systemd-networkd.service', 'multi-user.target.wants'],
  ['systemd-networkd.socket', 'sockets.target.wants'],
  ['systemd-resolved.service', 'sysinit.target.wants'],
  ['getty@.service', 'getty.target.wants/getty@tty1.service'],
  ['noonmarkd.service', 'multi-user.target.wants'],
  ['noonmark-card.service', 'multi-user.target.wants'],
  ['noonmark-keys.service', 'multi-user.target.wants'],
];
/** On a read-only root they fail, or there is nothing for them to do. */
const MASKED = [
  ...['systemd-timesyncd.service', 'systemd-hwdb-update.service', 'systemd-firstboot.service'],
  ...['systemd-machine-id-commit.service', 'systemd-update-done.service', 'systemd-pstore.service'],
  ...[
    'ldconfig.service',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'e2scrub_reap.service',
    'fstrim.timer',
  ],
  ...['ssh.socket', 'systemd-networkd-wait-online.service', 'systemd-logind.service'],
];

/** What dpkg looks for before it does anything. */
const DPKG_PROGRAMS = ['sh', 'rm', 'tar', 'diff', 'dpkg-deb', 'dpkg-split', 'ldconfig', 'start-stop-daemon'];

export class Tree {
  readonly #status: string[] = [];

  constructor(
    readonly path: string,
    /** image/files */
    private readonly files: string,
  ) {
    mkdirSync(join(path, 'var/lib/dpkg/info'), { recursive: true });
    mkdirSync(join(path, 'var/lib/dpkg/updates'), { recursive: true });
    // Without these the first dpkg on the card takes all triggers of all packages for pulled (trig_transitional_activate).
    for (const name of ['File', 'Unincorp']) this.#put(`var/lib/dpkg/triggers/${name}`, '');
    // Names of libraries have their architecture in them (dpkg's info-files format 1).
    this.#put('var/lib/dpkg/info/format', '1\n');
  }

  /** Files of a package, and its entry in dpkg's books. */
  unpack(deb: string): void {
    const names = run('tar', ['t'], { input: run('dpkg-deb', ['--fsys-tarfile', deb]) }).toString();
    run('dpkg-deb', ['-x', deb, this.path]);
    const info = join(this.path, 'var/lib/dpkg/info');
    const control = run('dpkg-deb', ['-f', deb]).toString();
    const name = infoName(control);
    this.#put(`var/lib/dpkg/info/${name}.list`, listFile(names.trimEnd().split('\n')));
    const parts = `${info}/.control`;
    mkdirSync(parts);
    run('dpkg-deb', ['-e', deb, parts]);
    const conffiles = existsSync(`${parts}/conffiles`) ? readFileSync(`${parts}/conffiles`, 'utf8') : '';
    for (const part of readdirSync(parts))
      if (part !== 'control') cpSync(join(parts, part), join(info, `${name}.${part}`));
    rmSync(parts, { recursive: true });
    const paths = conffiles.split('\n').filter((line) => line.startsWith('/'));
    const md5 = (path: string) =>
      createHash('md5')
        .update(readFileSync(join(this.path, path)))
        .digest('hex');
    this.#status.push(
      statusEntry(
        control,
        paths.map((path) => ({ path, md5: md5(path) })),
      ),
    );
  }

  /** Licences of a package that is taken apart for the card: `unpacked` is its folder. */
  licences(unpacked: string): void {
    const doc = join(unpacked, 'usr/share/doc');
    for (const name of readdirSync(doc))
      this.keep(join(doc, name, 'copyright'), `usr/share/doc/${name}/copyright`);
  }

  /** The kernel's modules without those of other machines, and their index. Answers the kernel's version. */
  modules(kernelPackage: string): string {
    const from = join(kernelPackage, 'usr/lib/modules');
    const [version = ''] = readdirSync(from);
    run('cp', ['-a', from, join(this.path, 'usr/lib/')]);
    const modules = join(this.path, 'usr/lib/modules', version);
    run('depmod', ['-b', this.path, version]);
    const dependencies = readFileSync(join(modules, 'modules.dep'), 'utf8');
    for (const file of modulesToLeaveOut(dependencies, MODULES_LEFT_OUT)) rmSync(join(modules, file));
    run('find', [modules, '-type', 'd', '-empty', '-delete']);
    run('depmod', ['-b', this.path, version]);
    return version;
  }

  /** A file of this machine, as it is. */
  keep(file: string, path: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    cpSync(file, join(this.path, path));
  }

  /** `manifest`: what is on the card. */
  configure(setup: TreeSetup, manifest: string): void {
    this.#put('var/lib/dpkg/status', this.#status.sort().join(''));
    for (const path of LEFT_OUT) rmSync(join(this.path, path), { recursive: true, force: true });
    this.#papers();
    const master = (name: string) => readFileSync(join(this.path, 'usr/share/base-passwd', name), 'utf8');
    const accounts = accountFiles(master('passwd.master'), master('group.master'));
    this.#put('etc/passwd', accounts.passwd);
    this.#put('etc/group', accounts.group);
    this.#put('etc/shadow', accounts.shadow, 0o640);
    this.#put('etc/gshadow', accounts.gshadow, 0o640);
    this.#system(setup);
    this.#units(setup);
    this.#card(setup);
    this.#put('usr/lib/noonmark-card/manifest', manifest);
    this.#owners();
    this.#checkAccounts();
    this.#checkPrograms();
  }

  /** Of usr/share/doc the licences stay, which must come with their programs. Throws when a package has none there. */
  #papers(): void {
    const doc = join(this.path, 'usr/share/doc');
    const kept = ['!', '-name', 'copyright', '!', '-path', join(doc, 'noonmark', '*')];
    run('find', [doc, '-type', 'f', ...kept, '-delete']);
    run('find', [doc, '-type', 'd', '-empty', '-delete']);
    const names = this.#status.map((entry) => /^Package: (.*)$/m.exec(entry)?.[1] ?? '');
    const missing = names.filter((name) => !existsSync(join(doc, name, 'copyright')));
    if (missing.length > 0) throw new Error(`there is no licence on the card of ${missing.join(', ')}`);
  }

  #system({ hostname }: TreeSetup): void {
    this.#put('etc/hostname', `${hostname}\n`);
    this.#put('etc/hosts', hostsText(hostname));
    this.#put('etc/fstab', fstab);
    // A place for the one on the state partition.
    this.#put('etc/machine-id', '');
    this.#put(
      'etc/nsswitch.conf',
      'passwd: files systemd\ngroup: files systemd\nshadow: files\nhosts: files dns\n',
    );
    this.#link('../proc/self/mounts', 'etc/mtab');
    this.#link('/usr/share/zoneinfo/Etc/UTC', 'etc/localtime');
    this.#link('/run/systemd/resolve/stub-resolv.conf', 'etc/resolv.conf');
    if (!existsSync(join(this.path, 'usr/bin/sh'))) this.#link('dash', 'usr/bin/sh');
    for (const [name, text] of Object.entries(PAM_FILES)) this.#put(`etc/pam.d/${name}`, text);
    this.#put('etc/systemd/network/20-wired.network', networkText('Name=eth* en*', 100));
    this.#put('etc/systemd/resolved.conf.d/card.conf', '[Resolve]\nMulticastDNS=yes\nLLMNR=no\n');
    // Into memory: a card wears out by being written.
    this.#put('etc/systemd/journald.conf.d/card.conf', '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n');
    this.#put(
      'etc/systemd/system.conf.d/hardware-watchdog.conf',
      readFileSync(join(this.path, 'usr/share/noonmark/hardware-watchdog.conf'), 'utf8'),
    );
    this.#put('etc/profile.d/card.sh', 'PS1="\\h:\\w# "\n');
    for (const folder of [
      'state',
      'boot/firmware',
      'etc/ssh/keys',
      'root',
      'var/lib/systemd',
      'var/lib/noonmark',
      'var/lib/noonmark-snapshot',
    ])
      mkdirSync(join(this.path, folder), { recursive: true });
    // The clock is never before the day the card was made (systemd).
    this.#put('usr/lib/clock-epoch', '');
  }

  #units({ authorizedKeys, wifi }: TreeSetup): void {
    const units = 'etc/systemd/system';
    for (const [unit, target] of ENABLED)
      this.#link(
        `/usr/lib/systemd/system/${unit}`,
        target.endsWith('.wants') ? `${units}/${target}/${unit}` : `${units}/${target}`,
      );
    for (const unit of MASKED) this.#link('/dev/null', `${units}/${unit}`);
    // SSH by a local socket, in virtual machines and containers: on a card there is SSH by --ssh-key or none.
    this.#link('/dev/null', 'etc/systemd/system-generators/systemd-ssh-generator');
    // Who sits at the screen has the card in hand.
    this.#put(
      `${units}/getty@tty1.service.d/card.conf`,
      '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear - $TERM\n',
    );
    if (authorizedKeys !== undefined) {
      this.#link('/usr/lib/systemd/system/ssh.service', `${units}/multi-user.target.wants/ssh.service`);
      this.#put(
        'etc/ssh/sshd_config',
        readFileSync(join(this.path, 'usr/share/openssh/sshd_config'), 'utf8'),
      );
      this.#put('root/.ssh/authorized_keys', authorizedKeys, 0o600);
      chmodSync(join(this.path, 'root/.ssh'), 0o700);
      this.#put(
        'etc/ssh/sshd_config.d/card.conf',
        'HostKey /etc/ssh/keys/ssh_host_ed25519_key\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n',
      );
    }
    if (wifi !== undefined) {
      // Once there is a radio: a start that waits for one that never comes would keep the network, and time, waiting.
      this.#put(
        'etc/udev/rules.d/61-wifi.rules',
        'ACTION=="add", SUBSYSTEM=="net", KERNEL=="wlan0", ENV{SYSTEMD_WANTS}+="wpa_supplicant@wlan0.service"\n',
      );
      this.#put('etc/wpa_supplicant/wpa_supplicant-wlan0.conf', wifi, 0o600);
      this.#put('etc/systemd/network/25-wireless.network', networkText('Name=wlan*', 600));
      // What its package's script chooses between: the signature that Debian's kernel knows.
      for (const name of ['regulatory.db', 'regulatory.db.p7s'])
        this.#link(`${name}-debian`, `usr/lib/firmware/${name}`);
      // Power saving of the radio delays packets by up to a tenth of a second.
      this.#put(
        `${units}/wpa_supplicant@wlan0.service.d/card.conf`,
        '[Service]\nExecStartPost=-/usr/sbin/iw dev %I set power_save off\n',
      );
    }
  }

  #card({ joinKeys, configuration }: TreeSetup): void {
    const card = 'usr/lib/noonmark-card';
    for (const name of ['init', 'setup', 'keys'])
      this.#put(`${card}/${name}`, readFileSync(join(this.files, name), 'utf8'), 0o755);
    for (const name of ['noonmark-card.service', 'noonmark-keys.service'])
      this.#put(`usr/lib/systemd/system/${name}`, readFileSync(join(this.files, name), 'utf8'));
    if (joinKeys !== undefined) this.#put(`${card}/join.keys`, joinKeys, 0o600);
    this.#put('etc/noonmark/ntp.conf', configuration);
    // For a state partition that has lost it.
    this.#put(`${card}/ntp.conf`, configuration);
    // The configuration includes it; keys are made while it is empty.
    this.#put('etc/noonmark/authentication.conf', '', 0o600);
  }

  /** Throws when a package wants a user or group that accounts.ts does not know: nothing could make it on the card. */
  #checkAccounts(): void {
    const folder = join(this.path, 'usr/lib/sysusers.d');
    const wanted = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const read = (name: string) => readFileSync(join(this.path, 'etc', name), 'utf8');
    const missing = missingAccounts(wanted, { passwd: read('passwd'), group: read('group') });
    if (missing.length > 0) throw new Error(`image/accounts.ts lacks ${missing.join(', ')}`);
  }

  /** Throws when a program is missing without which dpkg installs nothing (lib/dpkg/path.c of dpkg 1.22): "noonmark update". */
  #checkPrograms(): void {
    const missing = DPKG_PROGRAMS.filter(
      (name) => !['bin', 'sbin'].some((folder) => existsSync(join(this.path, 'usr', folder, name))),
    );
    if (missing.length > 0) throw new Error(`image/resolve.ts lacks the package of ${missing.join(', ')}`);
  }

  /** Files whose group is not root's by their packages' scripts. */
  #owners(): void {
    const group = readFileSync(join(this.path, 'etc/group'), 'utf8');
    const idOf = (name: string) => new RegExp(`^${name}:x:(\\d+):`, 'm').exec(group)?.[1] ?? '0';
    run('chown', [
      `0:${idOf('shadow')}`,
      ...['shadow', 'gshadow'].map((name) => join(this.path, 'etc', name)),
    ]);
    const own = idOf('noonmark');
    for (const path of ['var/lib/noonmark', 'etc/noonmark/authentication.conf'])
      run('chown', [`${own}:${own}`, join(this.path, path)]);
    chmodSync(join(this.path, 'var/lib/noonmark'), 0o750);
  }

  #put(path: string, text: string, mode = 0o644): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  }

  #link(target: string, path: string): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { recursive: true, force: true });
    symlinkSync(target, file);
  }
}
