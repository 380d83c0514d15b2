import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FINDINGS, type Finding, type FindingId } from '../../src/cli/doctor/finding.js';
import type { MachineParts } from '../../src/cli/doctor/machine.js';
import { command, tell } from '../../src/cli/doctor.js';
import type { Snapshot } from '../../src/status/snapshot.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { noonmarkKeygen } from '../support/keygen.js';
import { assert, test } from '../support/suite.js';
import { Board, CONFIG, healthy, seen, TREE, withFix } from './doctor-board.js';

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
test('a Raspberry Pi 5 is said to be untried, and its weakness named', async () => {
  const board = () => new Board().write(`${TREE}/model`, 'Raspberry Pi 5 Model B Rev 1.0\0');
  await board().expect('board-unverified', 'note', /nobody has tried/, /report/);
  await board().expect('board-quirk', 'note', /RP1/, /pcie_aspm=off/);
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
    .expect('config-missing', 'problem', /no file/, /sudo cp .* \/etc\/noonmark\/ntp.conf/));
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

// The pulse.
test('a kernel without PPS is told from a missing overlay', async () => {
  const without = () => new Board().remove('dev/pps0', 'sys/class/pps');
  await without().expect('pps-no-kernel', 'problem', /6.12.1-rpi has no PPS/, /refclock pps gpio 18/);
  const modular = without().write(
    'lib/modules/6.12.1-rpi/modules.dep',
    'kernel/drivers/pps/pps_core.ko.xz:\n',
  );
  modular.write('boot/firmware/config.txt', 'enable_uart=1\n');
  await modular.expect(
    'pps-no-device',
    'problem',
    /no overlay/,
    /"dtoverlay=pps-gpio,gpiopin=18" into \/boot\/firmware\/config.txt/,
  );
});
test('an overlay that waits for a restart is found', () =>
  new Board()
    .remove('dev/pps0', 'sys/class/pps/pps0')
    .expect('pps-restart', 'problem', /has its overlay/, /sudo reboot/));
test('a machine without overlays is told how a PPS device is made', () =>
  new Board()
    .remove('dev/pps0', 'sys/class/pps/pps0', `${TREE}/model`, 'boot', 'etc/rpi-issue')
    .expect('pps-no-device', 'problem', /not there/, /ldattach|modprobe/));
test('an overlay without edges is found, with the pin to look at', async () => {
  const board = new Board();
  board.meanwhile = () => board;
  await board.expect('pps-no-edges', 'problem', /no pulse comes/, /pin 12 of the header/);
});
test('no edges because there is no fix is told from a broken wire', async () => {
  const board = new Board().with({ status: async () => withFix('none') });
  board.meanwhile = () => board;
  await board.expect('pps-no-edges', 'problem', /none before they have a fix/, /antenna/);
});
test('edges without a fix are told as that', async () => {
  const board = new Board().with({ status: async () => withFix('none') });
  await board.expect('gps-no-fix', 'problem', /no fix/, /antenna/);
  await board.expect('pps-ok', 'ok', /pulses come/, /^$/);
});

const withoutPulse = () => new Board().remove('dev/pps0', 'sys/class/pps/pps0');
test('a card without its pulse is made again, for its hat; nothing on it is told to be written', async () => {
  const remedy =
    /^make the card again: npm run image -- --board raspberry-pi-4b --hat adafruit-ultimate-gps$/;
  const card = () => withoutPulse().asCard('adafruit-ultimate-gps');
  await card().expect('pps-no-device', 'problem', /makes a pulse of GPIO 4$/, remedy);
  // Somebody wrote it on a laptop: the firmware has no such overlay, and a restart changes nothing.
  await card()
    .write('boot/firmware/config.txt', 'dtoverlay=pps-gpio,gpiopin=18\n')
    .expect('pps-no-device', 'problem', /GPIO 4/, remedy);
  await withoutPulse()
    .asCard()
    .expect('pps-no-device', 'problem', /GPIO 18/, /--hat HAT \(.*generic-uart.*uputronics-gps-rtc/);
});
test("Debian's own kernel is told to read the line, which needs no overlay", async () => {
  const remedy =
    /^write "refclock pps gpio 18" into \/etc\/noonmark\/ntp.conf in place of the device \(gpio 4 for the Adafruit/;
  await withoutPulse()
    .asDebian()
    .expect('pps-no-device', 'problem', /GPIO 18/, remedy);
  await withoutPulse()
    .asDebian()
    .write('boot/firmware/config.txt', 'dtoverlay=pps-gpio,gpiopin=18\n')
    .expect('pps-no-device', 'problem', /GPIO 18/, remedy);
  await withoutPulse()
    .asDebian()
    .write(`${TREE}/model`, 'Raspberry Pi 5 Model B Rev 1.0\0')
    .expect('pps-no-device', 'problem', /GPIO 18/, /lack the RP1.*Raspberry Pi OS/);
});
test('firmware with overlays is told the line of config.txt, whoever made the system, and lines of other hats', () =>
  withoutPulse()
    .asDebian()
    .write('boot/firmware/overlays/pps-gpio.dtbo', '')
    .expect(
      'pps-no-device',
      'problem',
      /GPIO 18/,
      /"dtoverlay=pps-gpio,gpiopin=18" into .*gpiopin=4 for the Adafruit/,
    ));
test('a kernel without PPS: the line to read is that of the hat', () =>
  new Board()
    .remove('dev/pps0', 'sys/class/pps')
    .asCard('adafruit-ultimate-gps')
    .expect('pps-no-kernel', 'problem', /no PPS/, /"refclock pps gpio 4"/));
const PULSE_NODE = [`${TREE}/pps/gpios`, '\0\0\0\x0e\0\0\0\x04\0\0\0\0'] as const;
test('a pulse that the device tree has needs its driver, no overlay and no restart', async () => {
  for (const board of [withoutPulse(), withoutPulse().asDebian(), withoutPulse().asCard('generic-uart')])
    await board
      .write(...PULSE_NODE)
      .expect('pps-no-device', 'problem', /device tree has a pulse on GPIO 4$/, /modprobe pps-gpio/);
});
test('a silent pulse: the pin to look at is that of the hat, or of config.txt', async () => {
  const silent = () => {
    const board = new Board();
    board.meanwhile = () => board;
    return board;
  };
  const expect = (board: Board, remedy: RegExp) =>
    board.expect('pps-no-edges', 'problem', /no pulse comes/, remedy);
  await expect(silent().asCard('adafruit-ultimate-gps'), /pin 7 of the header \(GPIO 4\).*--hat/);
  await expect(silent().asDebian(), /pin 12 of the header \(GPIO 18\).*source of the overlay/);
  await expect(
    silent()
      .asDebian()
      .write(...PULSE_NODE),
    /pin 7 of the header \(GPIO 4\)/,
  );
  const written = (gpio: number) =>
    silent().write('boot/firmware/config.txt', `dtoverlay=pps-gpio,assert_falling_edge,gpiopin=${gpio}\n`);
  await expect(written(4), /pin 7 of the header \(GPIO 4\).*gpiopin=/);
  await expect(written(23), /wired to GPIO 23 .*gpiopin=/);
});

// The serial line.
test('a missing UART is found, with the line that makes it', () =>
  new Board()
    .remove('dev/serial0', 'dev/ttyAMA0')
    .write('boot/firmware/config.txt', '')
    .expect('uart-missing', 'problem', /serial0 is not there/, /"enable_uart=1"/));
test('a receiver that is elsewhere is named', () =>
  new Board()
    .remove('dev/serial0', 'dev/ttyAMA0', 'boot')
    .write('dev/ttyACM0', '')
    .expect('uart-missing', 'problem', /not there/, /refclock gps device \/dev\/ttyACM0/));
test('the console on the UART is found, by whichever name', () =>
  new Board()
    .write('proc/cmdline', 'console=serial0,115200 console=tty1 root=/dev/mmcblk0p2\n')
    .expect(
      'uart-console',
      'problem',
      /console is on/,
      /take "console=serial0,115200" out of \/boot\/firmware\/cmdline.txt/,
    ));
const GPS_UART =
  /dtc -@ .*\/usr\/share\/noonmark\/overlays\/gps-uart.dts && sudo fdtoverlay -i \/boot\/firmware\/bcm2711-rpi-4-b.dtb -o .*restart/;
test('a missing UART of a card or of Debian is no matter of config.txt', async () => {
  const without = () => new Board().remove('dev/serial0', 'dev/ttyAMA0');
  await without()
    .asCard('uputronics-gps-rtc')
    .expect(
      'uart-missing',
      'problem',
      /serial0 is not there/,
      /^make the card again: npm run image -- --board raspberry-pi-4b --hat uputronics-gps-rtc$/,
    );
  await without()
    .asDebian()
    .expect('uart-missing', 'problem', /serial0 is not there/, GPS_UART);
  // A card for other boards: the firmware took a tree without our overlays.
  await without()
    .asCard('generic-uart', ['raspberry-pi-3b'])
    .expect(
      'uart-missing',
      'problem',
      /./,
      /-- --board raspberry-pi-3b --board raspberry-pi-4b --hat generic/,
    );
  // On a card the UART is /dev/gps0 by our rule: serial0 is a name of Raspberry Pi OS.
  await without()
    .asCard('generic-uart')
    .write('dev/gps0', '')
    .expect('uart-missing', 'problem', /./, /^write "refclock gps device \/dev\/gps0" into/);
});
test("the tree to be patched is the board's own: a 3B+ has another than a 3B", async () => {
  for (const [model, tree] of [
    ['Raspberry Pi 3 Model B Rev 1.2', 'bcm2837-rpi-3-b'],
    ['Raspberry Pi 3 Model B Plus Rev 1.3', 'bcm2837-rpi-3-b-plus'],
  ])
    await new Board()
      .remove('dev/serial0', 'dev/ttyAMA0')
      .asDebian()
      .write(`${TREE}/model`, `${model}\0`)
      .expect('uart-missing', 'problem', /./, new RegExp(`-i /boot/firmware/${tree}\\.dtb `));
});
test('a card on a machine that no card is made for is made again for its own boards', () =>
  withoutPulse()
    .asCard('generic-uart')
    .write(`${TREE}/model`, 'Strange Board\0')
    .expect('pps-no-device', 'problem', /./, /--board raspberry-pi-4b --hat generic-uart$/));
test('a console on the UART of a card or of Debian is taken from where it stays away', async () => {
  const console = () => new Board().write('proc/cmdline', 'console=ttyAMA0,115200 root=/dev/sda\n');
  await console()
    .asCard('generic-uart')
    .expect('uart-console', 'problem', /console is on/, /cmdline.txt on the card's first partition/);
  await console()
    .asDebian()
    .expect(
      'uart-console',
      'problem',
      /console is on/,
      /CONSOLES="tty0" into \/etc\/default\/raspi-firmware/,
    );
  const byTree = () => new Board().write('sys/class/tty/console/active', 'tty0 ttyAMA0\n');
  await byTree().expect('uart-console', 'problem', /console is on/, /console=serial0.*cmdline.txt/);
  await byTree()
    .asDebian()
    .expect('uart-console', 'problem', /console is on/, GPS_UART);
  await byTree()
    .asCard('generic-uart')
    .expect('uart-console', 'problem', /console is on/, /^make the card again/);
});
test('Bluetooth on the UART of a card or of Debian is a matter of the device tree', async () => {
  const taken = () =>
    new Board()
      .write(`${TREE}/aliases/serial0`, '/soc/serial@7e201000\0')
      .write(`${TREE}/soc/serial@7e201000/bluetooth/status`, 'okay\0');
  await taken()
    .asDebian()
    .expect('uart-bluetooth', 'problem', /Bluetooth has/, GPS_UART);
  await taken()
    .asCard('generic-uart')
    .expect('uart-bluetooth', 'problem', /Bluetooth has/, /^make the card again: .*--hat generic-uart$/);
  const mini = () =>
    new Board()
      .remove('dev/serial0')
      .write('dev/ttyS0', '', 0o666)
      .link('dev/serial0', 'ttyS0')
      .link('dev/serial1', 'ttyAMA0');
  await mini()
    .asDebian()
    .expect('uart-mini', 'note', /mini UART/, GPS_UART);
  await mini()
    .asCard('generic-uart')
    .expect('uart-mini', 'note', /mini UART/, /^make the card again/);
});
test('a login prompt on the UART is found', () =>
  new Board()
    .write(
      'sys/fs/cgroup/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyAMA0.service/cgroup.events',
      'populated 1\nfrozen 0\n',
    )
    .expect('uart-getty', 'problem', /login prompt/, /mask --now serial-getty@ttyAMA0/));
test('Bluetooth on the UART is found', () =>
  new Board()
    .write(`${TREE}/aliases/serial0`, '/soc/serial@7e201000\0')
    .write(`${TREE}/soc/serial@7e201000/bluetooth/status`, 'okay\0')
    .expect('uart-bluetooth', 'problem', /Bluetooth has the UART/, /dtoverlay=disable-bt/));
test('the mini UART is noted', () =>
  new Board()
    .remove('dev/serial0')
    .write('dev/ttyS0', '', 0o666)
    .link('dev/serial0', 'ttyS0')
    .link('dev/serial1', 'ttyAMA0')
    .expect('uart-mini', 'note', /mini UART/, /dtoverlay=disable-bt/));
test('gpsd on the serial line is found', async () => {
  const board = new Board().write('proc/77/comm', 'gpsd\n');
  await board
    .link('proc/77/fd/5', '../../../dev/ttyAMA0')
    .expect('uart-held', 'problem', /gpsd \(process 77\)/, /gpsd.socket/);
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

// GPIO lines.
test('GPIO numbers that begin at 512 are noted, with the number that others need', () =>
  new Board()
    .config('clock system', 'refclock pps gpio 18')
    .write('dev/gpiochip0', '')
    .write('sys/class/gpio/gpiochip512/label', 'pinctrl-bcm2711\n')
    .write('sys/class/gpio/gpiochip512/base', '512\n')
    .expect('gpio-base', 'note', /GPIO 18 is number 530/, /label pinctrl-bcm2711/));
test('a missing header chip is found', () =>
  new Board()
    .config('clock system', 'refclock pps gpio 18')
    .expect('gpio-chip-missing', 'problem', /pinctrl-bcm2711/, /full-upgrade/));

const byLine = (options = '') =>
  new Board()
    .config('clock system', `refclock pps gpio 18${options}`)
    .write('dev/gpiochip0', '', 0o660)
    .write('dev/gpiochip1', '', 0o666)
    .write('sys/class/gpio/gpiochip512/label', 'pinctrl-bcm2711\n')
    .write('sys/class/gpio/gpiochip512/device/gpiochip0/dev', '254:0\n')
    .write('sys/class/gpio/gpiochip600/label', 'raspberrypi-exp-gpio\n')
    .write('sys/class/gpio/gpiochip600/device/gpiochip1/dev', '254:1\n');
test('a GPIO chip that the daemon may not open is found: the one that is named, or the board has', async () => {
  const refused = (board: Board) =>
    board.expect('device-rights', 'problem', /noonmark may not open \/dev\/gpiochip0/, /udevadm trigger/);
  await refused(byLine());
  await refused(byLine(' chip gpiochip0'));
  await refused(byLine(' chip pinctrl-bcm2711'));
  await byLine()
    .write('etc/passwd', '')
    .expect('device-rights', 'problem', /pi may not open/, /usermod -aG gpio pi/);
  // Without sysfs nothing tells which chip is which.
  await refused(byLine().remove('sys/class/gpio'));
  await refused(byLine().remove('sys/class/gpio', 'dev/gpiochip1', `${TREE}/model`));
});
test('a GPIO chip that the daemon may open is well', async () => {
  const well = (board: Board, text: RegExp) => board.expect('gpio-ok', 'ok', text, /^$/);
  await well(byLine(' chip gpiochip1'), /GPIO 18 of gpiochip1 \(\/dev\/gpiochip1\)/);
  await well(byLine(' chip raspberrypi-exp-gpio'), /\/dev\/gpiochip1/);
  const found = await byLine().write('dev/gpiochip0', '', 0o666).findings();
  assert.ok(found.some(({ id, text }) => id === 'gpio-ok' && text.includes('/dev/gpiochip0')));
  assert.not(found.some(({ level }) => level === 'problem'));
});
test('a GPIO chip that is named and is not there, or that nothing names among several, is found', async () => {
  for (const chip of ['gpiochip7', 'pinctrl-rp1'])
    await byLine(` chip ${chip}`).expect(
      'gpio-chip-missing',
      'problem',
      new RegExp(`chip ${chip} is not there`),
      /"chip gpiochip0"/,
    );
  const unknown = () => byLine().write(`${TREE}/model`, 'Strange Board\0');
  await unknown().expect('gpio-chip-missing', 'problem', /several/, /refclock pps gpio 18 chip gpiochip0/);
  await unknown()
    .remove('dev/gpiochip0', 'dev/gpiochip1')
    .expect('gpio-chip-missing', 'problem', /no GPIO chip/, /full-upgrade/);
});

// Others, network, daemon.
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
test('no route, and a cable that is out, are told apart', async () => {
  await new Board()
    .write('proc/net/route', 'Iface\tDestination\n')
    .expect('no-route', 'problem', /no route/, /ip address/);
  await new Board()
    .write('sys/class/net/eth0/carrier', '0\n')
    .expect('no-route', 'problem', /no signal/, /cable/);
});
test('a port that another program has is found while the daemon does not run', () =>
  new Board()
    .write('proc/net/udp', '  sl  local_address rem_address\n  12: 00000000:007B 00000000:0000 07\n')
    .with({ status: async () => undefined })
    .expect('port-taken', 'problem', /UDP port 123/, /ss -ulpn/));
test('a daemon that does not run is found, with how this machine starts it', async () => {
  const board = new Board().with({ status: async () => undefined });
  await board.expect('daemon-not-running', 'problem', /does not run/, /noonmarkd -c/);
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

// The clock on battery, I2C, the watchdog.
test('a clock on battery that has lost its time is noted, one that shows a time is not', async () => {
  const board = () => new Board().write('sys/class/rtc/rtc0/name', 'rtc-ds1307 1-0068\n');
  await board().expect('rtc-lost', 'note', /rtc0 \(rtc-ds1307 1-0068\) has lost its time/, /battery/);
  const found = await board().write('sys/class/rtc/rtc0/since_epoch', '1790000000\n').findings();
  assert.not(found.some(({ id }) => id === 'rtc-lost'));
});
test('a clock on battery that is named and is not there is found', () =>
  new Board()
    .config(
      'clock system',
      'rtc /dev/rtc1',
      'refclock gps device /dev/serial0',
      'refclock pps device /dev/pps0',
    )
    .expect(
      'rtc-missing',
      'problem',
      /no \/dev\/rtc1/,
      /i2c-rtc,ds3231.* into \/boot\/firmware\/config.txt/,
    ));
test('a clock on battery and I2C of a card or of Debian are no matter of config.txt', async () => {
  const receiver = ['clock system', 'refclock gps device /dev/serial0', 'refclock pps device /dev/pps0'];
  const rtc = () => new Board().config(...receiver, 'rtc /dev/rtc1');
  const rebuilt = /make the card again: npm run image -- --board raspberry-pi-4b --hat uputronics-gps-rtc$/;
  await rtc()
    .asCard('generic-uart')
    .expect('rtc-missing', 'problem', /no \/dev\/rtc1/, new RegExp(`^write "rtc auto".*${rebuilt.source}`));
  await rtc()
    .asDebian()
    .expect(
      'rtc-missing',
      'problem',
      /no \/dev\/rtc1/,
      /i2c-header.dts && .*rtc-ds3231.dts && sudo fdtoverlay/,
    );
  const bus = (path = '/dev/i2c-1') =>
    new Board().config('clock system', `refclock gps device ${path}`, 'refclock pps device /dev/pps0');
  await bus()
    .asCard('uputronics-gps-rtc')
    .expect('i2c-missing', 'problem', /i2c-1 is not there/, rebuilt);
  await bus()
    .asCard('adafruit-ultimate-gps')
    .expect(
      'i2c-missing',
      'problem',
      /i2c-1 is not there/,
      /--hat HAT \(uputronics-gps-rtc, waveshare-max-m8q\)/,
    );
  await bus()
    .asDebian()
    .expect('i2c-missing', 'problem', /i2c-1 is not there/, /i2c-header.dts && sudo fdtoverlay/);
  // Another bus than the header's is no board's.
  await bus('/dev/i2c-20').expect('i2c-missing', 'problem', /i2c-20 is not there/, /modprobe i2c-dev/);
});
test('an I2C bus that is named must be there, and be open to the daemon', async () => {
  const board = () =>
    new Board().config(
      'clock system',
      'rtc i2c-1',
      'refclock gps device /dev/i2c-1',
      'refclock pps device /dev/pps0',
    );
  await board().expect('i2c-missing', 'problem', /\/dev\/i2c-1 is not there/, /dtparam=i2c_arm=on/);
  assert.not((await board().findings()).some(({ id }) => id.startsWith('uart')));
  await board()
    .write('dev/i2c-1', '', 0o600)
    .expect('device-rights', 'problem', /\/dev\/i2c-1/, /./);
});
test("a board's watchdog that nobody feeds is noted, an unknown machine's is its owner's business", async () => {
  const state = 'sys/class/watchdog/watchdog0/state';
  await new Board()
    .write(state, 'inactive\n')
    .expect('watchdog-off', 'note', /watchdog/, /hardware-watchdog.conf/);
  const unknown = new Board().write(`${TREE}/model`, 'Strange Board\0').write(state, 'inactive\n');
  for (const board of [new Board().write(state, 'active\n'), unknown])
    assert.not((await board.findings()).some(({ id }) => id === 'watchdog-off'));
});

test('every finding is provoked by a test', () => {
  const missing = Object.keys(FINDINGS).filter((id) => !seen.has(id as FindingId));
  assert.equal(missing, []);
});

test.run();
