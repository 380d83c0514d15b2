import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FINDINGS, type Finding, type FindingId } from '../../src/cli/doctor/finding.js';
import type { MachineParts } from '../../src/cli/doctor/machine.js';
import { command, tell } from '../../src/cli/doctor.js';
import type { Snapshot } from '../../src/status/snapshot.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { noonmarkKeygen } from '../support/keygen.js';
import { assert, test } from '../support/suite.js';
import { Board, CONFIG, healthy, seen, TREE } from './doctor-board.js';
import './doctor-battery.js';
import './doctor-generic.js';
import './doctor-pulse.js';
import './doctor-serial.js';

test('a board in order is well in everything, and nothing is to mend', async () => {
  const found = await new Board().findings();
  assert.equal(
    found.filter(({ level }) => level !== 'ok'),
    [],
  );
  assert.equal(
    found.map(({ id }) => id),
    ['board-known', 'config-ok', 'uart-ok', 'pps-ok', 'route-ok', 'synchronised'],
  );
});

// The machine.
test('an unknown machine is told what to write', () =>
  new Board()
    .write(`${TREE}/model`, 'Strange Board\0')
    .expect('board-unknown', 'note', /"Strange Board"/, /refclock pps device PATH/));
test('the board is the one that the configuration names; one that does not exist is its mistake', async () => {
  const named = (board: string) =>
    new Board()
      .write(`${TREE}/model`, 'Strange Board\0')
      .config(`board ${board}`, 'clock system', 'pool a.example');
  await named('raspberry-pi-4b').expect('board-known', 'ok', /board raspberry-pi-4b/, /^$/);
  await named('raspberry-pi-99').expect('board-unknown', 'note', /"Strange Board"/, /PATH/);
  await named('raspberry-pi-99').expect('config-error', 'problem', /raspberry-pi-99/, /noonmark check/);
});
test('a Raspberry Pi 5 is said to be untried, and its weakness named', async () => {
  const board = () => new Board().write(`${TREE}/model`, 'Raspberry Pi 5 Model B Rev 1.0\0');
  await board().expect('board-unverified', 'note', /nobody has tried/, /report/);
  await board().expect('board-quirk', 'note', /RP1/, /pcie_aspm=off/);
});
test('a weakness of a board is named until what mends it is written', async () => {
  const four = () => new Board().write('boot/firmware/config.txt', 'enable_uart=1\n');
  await four().expect('board-quirk', 'note', /EEE.*late or lost/, /"dtparam=eee=off".*issues\/4289/);
  await new Board().asDebian().expect('board-quirk', 'note', /EEE/, /ethtool --set-eee end0/);
  const card = await new Board().asCard('generic-uart').findings();
  assert.not.ok(
    card.some(({ id }) => id === 'board-quirk'),
    'nothing mends it there',
  );
  const slow = new Board().write(`${TREE}/model`, 'Raspberry Pi 3 Model B Rev 1.2\0');
  await slow
    .asCard('generic-uart', ['raspberry-pi-3b'])
    .expect('board-quirk', 'note', /Ethernet hangs on USB/, /a board with Ethernet of its own/);
  const five = new Board()
    .write(`${TREE}/model`, 'Raspberry Pi 5 Model B Rev 1.0\0')
    .write('proc/cmdline', 'console=tty1 pcie_aspm=off root=/dev/mmcblk0p2\n');
  for (const board of [new Board(), five])
    assert.not.ok((await board.findings()).some(({ id }) => id === 'board-quirk'));
});
test('processors and memory that are switched off are noted, and what is as it should be is not', async () => {
  const board = (online: string, kilobytes: number) =>
    new Board()
      .write('sys/devices/system/cpu/online', `${online}\n`)
      .write('proc/meminfo', `MemTotal:       ${kilobytes} kB\nMemFree:        100 kB\n`);
  await board('0', 945_000).expect('board-smaller', 'note', /only 1 of this board's 4/, /maxcpus=/);
  await board('0,2-3', 945_000).expect('board-smaller', 'note', /only 3 of/, /restart$/);
  await board('0-3', 500_000).expect('board-smaller', 'note', /has 488 MiB .* have 1024$/, /total_mem=/);
  const well = await board('0-3', 945_000).findings();
  assert.not.ok(well.some(({ id }) => id === 'board-smaller'));
});
test('an old Node.js is found', () =>
  new Board()
    .with({ nodeVersion: '18.20.4' })
    .expect('node-old', 'problem', /18.20.4/, /apt install nodejs/));
test('a clock before the build date is found', () =>
  new Board()
    .with({ nowNs: 0n })
    .expect('clock-before-build', 'problem', /shows 1970-01-01/, /sudo date -s/));

// Configuration and keys.
test('a missing configuration is found, with where the default is', () =>
  new Board()
    .remove(CONFIG)
    .expect(
      'config-missing',
      'problem',
      /no file/,
      /^sudo install -D -m 644 \/usr\/share\/noonmark\/ntp.conf \/etc\/noonmark\/ntp.conf,/,
    ));
test('a configuration that may not be read is to be looked at by root', async () => {
  const board = new Board().write(CONFIG, 'clock system\n', 0o000);
  // Root may read it all the same. It is read before anything is waited for.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.('nobody');
  const found = board.findings();
  if (isRoot) process.seteuid?.(0);
  const finding = (await found).find(({ id }) => id === 'config-missing');
  assert.match(finding?.text ?? '', /may not be read/);
  assert.is(finding?.remedy, 'sudo noonmark doctor');
});
test('a mistake in the configuration is found', () =>
  new Board()
    .config('sever a.example')
    .expect('config-error', 'problem', /ntp.conf:1: unknown word 'sever'/, /noonmark check/));
test('missing keys are found', () =>
  new Board()
    .config('clock system', 'keys /nowhere/ntp.keys', 'trustedkey 1')
    .expect('keys-problem', 'problem', /\/nowhere\/ntp.keys/, /./));
test("Autokey's missing keys are found", () =>
  new Board()
    .config('clock system', 'keysdir /nowhere', 'crypto host noon pw x')
    .expect('keys-problem', 'problem', /nowhere/, /keygen/));

test("a certificate that has expired is found by the machine's clock, to the second", async () => {
  const keys = temporaryFolder();
  const DAY_SECONDS = 86_400;
  const seconds = () => Math.floor(Date.now() / 1000);
  const from = seconds();
  await noonmarkKeygen(keys, '-T', '-s', 'noon', '-p', 'x', '-m', '512', '-l', '1');
  const to = seconds();
  const at = (unixSeconds: number) =>
    new Board()
      .config('clock system', `keysdir ${keys}`, 'crypto host noon pw x')
      .with({ nowNs: BigInt(unixSeconds) * 1_000_000_000n });
  await at(from + DAY_SECONDS - 1).expect('keys-problem', 'note', /expires on/, /keygen renew/);
  await at(to + DAY_SECONDS + 1).expect('keys-problem', 'problem', /expired on/, /keygen renew/);
});

test('on a card what is to be written goes to the file that its owner edits, and a lost one comes back', async () => {
  const card = (...lines: readonly string[]) => new Board().config(...lines).asCard('generic-uart');
  await card('sever a.example').expect(
    'config-error',
    'problem',
    /^\/\S+ntp.conf:1: unknown word/,
    /^mend it in noonmark.conf on the card's first partition; "noonmark check \/etc\/noonmark\/ntp.conf" shows/,
  );
  await card('includefile more.conf')
    .write('etc/noonmark/more.conf', 'sever a.example\n')
    .expect('config-error', 'problem', /more.conf:1:/, /^noonmark check \/etc\/noonmark\/ntp.conf$/);
  await card()
    .remove(CONFIG)
    .expect('config-missing', 'problem', /no file/, /^restart, .*sudo reboot$/);
  await card('clock system', 'refclock gps device /dev/gps0')
    .with(withReceiver({ setup: { text: 'x', placeFixed: false, survey: null, state: 'incomplete' } }))
    .expect('gps-settings', 'note', /x$/, /on the line in noonmark.conf on the card's first partition$/);
  // A file that somebody has named is read where it is.
  const found = await card('sever a.example')
    .write('tmp/other.conf', 'sever b.example\n')
    .findings('/tmp/other.conf');
  assert.match(
    found.find(({ id }) => id === 'config-error')?.remedy ?? '',
    /^noonmark check \/tmp\/other.conf$/,
  );
});

// The pulse.
test('gpsd on the serial line is found', async () => {
  const board = new Board().write('proc/77/comm', 'gpsd\n');
  await board
    .link('proc/77/fd/5', '../../../dev/ttyAMA0')
    .expect('uart-held', 'problem', /gpsd \(process 77\)/, /gpsd.socket/);
});
test('another program on the serial line is to be stopped; noonmark itself is not another', async () => {
  const held = (name: string, command: string) =>
    new Board()
      .write('proc/78/comm', `${name}\n`)
      .write('proc/78/cmdline', command)
      .link('proc/78/fd/5', '../../../dev/ttyAMA0');
  await held('minicom', 'minicom\0-D\0/dev/serial0\0').expect(
    'uart-held',
    'problem',
    /minicom \(process 78\)/,
    /^stop minicom: sudo kill 78$/,
  );
  for (const own of [
    held('noonmarkd', ''),
    held('node', 'node\0/usr/lib/noonmark/dist/src/daemon/main.cjs\0'),
  ])
    assert.not((await own.findings()).some(({ id }) => id === 'uart-held'));
});
test('rights are those of the service, whoever asks', async () => {
  await new Board()
    .write('dev/ttyAMA0', '', 0o600)
    .expect('device-rights', 'problem', /noonmark may not open \/dev\/serial0/, /udevadm trigger/);
  await new Board()
    .write('etc/passwd', '')
    .write('dev/pps0', '', 0o600)
    .with({ self: { name: 'pi', uid: 4242, groups: [] } })
    .expect('device-rights', 'problem', /pi may not open \/dev\/pps0/, /usermod -aG noonmark pi/);
});

test('who may open a device is told by owner, group and mode', async () => {
  const asked = async (self: MachineParts['self']) => {
    const board = new Board().write('etc/passwd', '').write('dev/pps0', '', 0o660);
    return (await board.with({ self }).findings()).some(({ id }) => id === 'device-rights');
  };
  const { uid, gid } = statSync(new Board().root);
  assert.not(await asked({ name: 'root', uid: 0, groups: [0] }));
  assert.not(await asked({ name: 'owner', uid, groups: [] }));
  assert.not(await asked({ name: 'member', uid: 4242, groups: [gid] }));
  assert.ok(await asked({ name: 'other', uid: 4242, groups: [4242] }));
});

// GPIO lines.
test('another daemon on the clock is found, unless the clock is not ours to set', async () => {
  const board = new Board().write('proc/9/comm', 'systemd-timesyn\n');
  await board.expect(
    'rival-daemon',
    'problem',
    /systemd-timesyncd steers/,
    /^sudo systemctl disable --now systemd-timesyncd$/,
  );
  board.config('clock none');
  assert.not.ok((await board.findings()).some(({ id }) => id === 'rival-daemon'));
});
test('what is to be done about another daemon is a command, or what to configure there', async () => {
  const beside = (name: string) => new Board().write('proc/9/comm', `${name}\n`);
  await beside('chronyd').expect(
    'rival-daemon',
    'problem',
    /chronyd/,
    /^sudo systemctl disable --now chrony$/,
  );
  await beside('ptp4l').expect('rival-daemon', 'problem', /ptp4l/, /^give it free_running 1$/);
});
test('no route, and a cable that is out, are told apart', async () => {
  await new Board()
    .write('proc/net/route', 'Iface\tDestination\n')
    .expect('no-route', 'problem', /no route/, /ip address/);
  await new Board()
    .write('sys/class/net/eth0/carrier', '0\n')
    .expect('no-route', 'problem', /no signal/, /cable/);
});
test('without IPv4 a route of IPv6 is a network, but not the addresses that every interface has', async () => {
  const line = (to: string) => `${to} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 1 0 00000001 eth0\n`;
  const only = (to: string) =>
    new Board().remove('proc/net/route').write('proc/net/ipv6_route', line(to.padEnd(32, '0')));
  await only('20010db8').expect('route-ok', 'ok', /by eth0/, /^$/);
  for (const own of ['fe80', 'ff']) await only(own).expect('no-route', 'problem', /no route/, /ip address/);
});
test('a demonstration needs no network, and no daemon beside it is in its way', async () => {
  const found = await new Board().config('clock simulated').remove('proc/net').findings();
  assert.not(found.some(({ id }) => id === 'no-route' || id === 'route-ok'));
});
test('a port that another program has is found while the daemon does not run', () =>
  new Board()
    .write('proc/net/udp', '  sl  local_address rem_address\n  12: 00000000:007B 00000000:0000 07\n')
    .with({ status: async () => undefined })
    .expect('port-taken', 'problem', /UDP port 123/, /ss -ulpn/));
test('a daemon that does not run is found, with how this machine starts it', async () => {
  const board = new Board().with({ status: async () => undefined });
  await board.expect('daemon-not-running', 'problem', /does not run/, /^sudo noonmarkd -c/);
  board.write('lib/systemd/system/noonmarkd.service', '');
  await board.expect('daemon-not-running', 'problem', /does not run/, /systemctl enable --now noonmarkd/);
});
test('a daemon without the time says why', () =>
  new Board()
    .with({ status: async () => ({ ...healthy, synchronised: false, summary: 'not synchronised: no fix' }) })
    .expect('not-synchronised', 'problem', /yet: no fix/, /status --watch/));

test('the exit code of a board where all is well is 0, and of one with a note', async () => {
  const told = async (board: Board, asJson = false) => {
    let out = '';
    const io = {
      ...{ err() {}, monotonic: () => 0n, isTerminal: false, columns: 80 },
      out: (text: string) => {
        out += text;
      },
    };
    return { code: tell(await board.findings(), asJson, io), out };
  };
  const good = await told(new Board());
  assert.is(good.code, 0);
  assert.match(good.out, /^ok .*\n\nall is well\n$/s);
  assert.not.match(good.out, /MEND|note/);
  const noted = await told(new Board().write('sys/class/watchdog/watchdog0/state', 'inactive\n'));
  assert.is(noted.code, 0);
  assert.match(noted.out, /\nnote .*\n\nall is well\n$/s);
  assert.is((await told(new Board(), true)).code, 0);
  assert.is((await told(new Board().remove('dev/ttyAMA0'))).code, 1);
});

test('the exit code is 0 only if all is well; --json is the list', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'ntp.conf');
  writeFileSync(config, 'sever a.example\n');
  let out = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err() {},
    monotonic: () => 0n,
    isTerminal: false,
    columns: 80,
  };
  const args = ['-c', config, '--socket', join(folder, 'none')];
  assert.is(await command.run([...args, '--json'], io), 1);
  const list: unknown = JSON.parse(out);
  assert.ok(Array.isArray(list) && list.some((one: Finding) => one.id === 'config-error'));
  out = '';
  await command.run(args, io);
  assert.match(out, /MEND {2}.*ntp.conf:1/);
  assert.match(out, /\d+ things to mend/);
});

// What the receiver says of itself.
const withReceiver = (receiver: Partial<Snapshot['receiver']>): Partial<MachineParts> => ({
  status: async () => ({ ...healthy, receiver: { ...healthy.receiver, ...receiver } }),
});
test('an antenna that is open or short is found', async () => {
  await new Board()
    .with(withReceiver({ antenna: 'open' }))
    .expect('gps-antenna', 'problem', /is open/, /plug/);
  await new Board()
    .with(withReceiver({ antenna: 'short' }))
    .expect('gps-antenna', 'problem', /is short/, /cable/);
});
test('jamming and spoofing are found, by how bad they are', async () => {
  const board = (receiver: Partial<Snapshot['receiver']>) => new Board().with(withReceiver(receiver));
  await board({ jamming: 'warning' }).expect('gps-signals', 'note', /jamming: warning/, /USB 3/);
  await board({ jamming: 'critical' }).expect('gps-signals', 'problem', /jamming: critical/, /USB 3/);
  await board({ spoofing: 'indicated' }).expect('gps-signals', 'problem', /spoofing/, /pool/);
});
test('a receiver that did not take its settings, or cannot be told any, is noted', async () => {
  const setup = { text: 'refused: the time pulse', placeFixed: false, survey: null };
  await new Board()
    .with(withReceiver({ setup: { ...setup, state: 'incomplete' } }))
    .expect('gps-settings', 'note', /refused: the time pulse/, /configure no/);
  await new Board()
    .with(withReceiver({ setup: { ...setup, state: 'unanswered' } }))
    .expect('gps-settings', 'note', /answers no question/, /TX \(pin 8\)/);
});

test('every finding is provoked by a test', () => {
  const missing = Object.keys(FINDINGS).filter((id) => !seen.has(id as FindingId));
  assert.equal(missing, []);
});

test.run();
