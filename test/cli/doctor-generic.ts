/** What doctor finds on a machine that is no board it knows, and of a program that runs from its checkout. */
import { assert, test } from '../support/suite.js';
import { Board, CONFIG, healthy, TREE, withFix } from './doctor-board.js';

/** A PC: no device tree, no firmware, nothing of a header. */
const machine = () =>
  new Board().remove(TREE, 'boot', 'etc/rpi-issue', 'dev/serial0', 'dev/ttyAMA0', 'dev/pps0', 'sys/class');

test("without a configuration the receiver's line is looked for, and what mends it is one line", async () => {
  const expect = (board: Board, remedy: RegExp) =>
    board.remove(CONFIG).expect('uart-missing', 'problem', /^nothing says which .* serial line is$/, remedy);
  await expect(machine(), /^plug the receiver in; "dmesg \| grep tty"/);
  const stick = () => machine().write('dev/ttyUSB0', '').write('dev/tty0', '').write('dev/ttyS0', '');
  await expect(stick(), /^write "refclock gps device \/dev\/ttyUSB0" into \/etc\/noonmark\/ntp.conf \(/);
  await expect(
    stick().write('dev/gps0', ''),
    /^write "refclock gps device \/dev\/gps0" into \/etc\/noonmark\/ntp.conf$/,
  );
});
test('a configuration without a receiver is not told to have one', async () => {
  const found = await machine().config('clock system', 'pool 2.debian.pool.ntp.org').findings();
  assert.equal(
    found.filter(({ id }) => id.startsWith('uart') || id.startsWith('pps')),
    [],
  );
});
test('a receiver that is named and is not there is to be plugged in', () =>
  machine()
    .config('clock system', 'refclock gps device /dev/ttyUSB0')
    .expect('uart-missing', 'problem', /^\/dev\/ttyUSB0 is not there/, /^plug the receiver in/));
test("the console on a receiver's line is taken out of the kernel's command line, wherever that is", () =>
  machine()
    .write('dev/ttyUSB0', '', 0o666)
    .write('proc/cmdline', 'console=ttyUSB0,115200 root=/dev/sda\n')
    .config('clock system', 'refclock gps device /dev/ttyUSB0')
    .expect(
      'uart-console',
      'problem',
      /console is on \/dev\/ttyUSB0/,
      /^take "console=ttyUSB0,115200" out of the kernel's command line and restart$/,
    ));
test('a kernel without PPS is to be another one: no line of a header may be read instead', () =>
  machine().expect('pps-no-kernel', 'problem', /has no PPS/, /CONFIG_PPS \(Debian: apt install linux-image/));
test('a silent pulse is at the pin of whatever made it', async () => {
  const board = machine().write('dev/pps0', '', 0o666).write('sys/class/pps/pps0/assert', '1.0#1\n');
  board.meanwhile = () => board;
  await board.expect('pps-no-edges', 'problem', /pps0 \(pps0\)/, /wired to the pin of the overlay and/);
});
test('a clock on battery that is named and is not there leaves whichever there is', () =>
  machine()
    .config('clock system', 'rtc /dev/rtc7')
    .expect('rtc-missing', 'problem', /no \/dev\/rtc7/, /^write "rtc auto" to use whichever there is$/));
test('a GPIO chip that is named where there is none asks for another kernel', () =>
  machine()
    .config('clock system', 'refclock pps gpio 18 chip gpiochip4')
    .expect('gpio-chip-missing', 'problem', /chip gpiochip4 is not there/, /^update the kernel/));
test('a machine without a device tree is told from one with a strange one', () =>
  machine()
    .remove('proc/sys')
    .expect('board-unknown', 'note', /^a machine without a device tree; Linux an unknown kernel/, /PATH/));

test("Debian on a board whose firmware is elsewhere has its tree where Debian's packages put it", () =>
  new Board()
    .remove('boot', 'etc/rpi-issue', 'dev/serial0', 'dev/ttyAMA0')
    .expect('uart-missing', 'problem', /./, /fdtoverlay -i \/boot\/firmware\/bcm2711-rpi-4-b.dtb /));

// What runs from a checkout names what a checkout has.
const HERE = '/home/pi/noonmark';
const NODE = '/home/pi/.nvm/versions/node/v22.4.0/bin/node';
const inCheckout = () => new Board().with({ checkout: HERE, nodeFile: NODE });
test('in a checkout the default configuration is that of the checkout', async () => {
  await inCheckout()
    .remove(CONFIG)
    .expect(
      'config-missing',
      'problem',
      /no file/,
      /^sudo install -D -m 644 \/home\/pi\/noonmark\/packaging\/ntp.conf \/etc\/noonmark\/ntp.conf, or name another: \/home\/pi\/\S+\/node \/home\/pi\/noonmark\/dist\/src\/cli\/main.js doctor -c FILE$/,
    );
});
const stopped = (checkout = HERE, nodeFile = NODE) =>
  new Board().with({ checkout, nodeFile, status: async () => undefined });
test("in a checkout its programs are called by their files, and by the Node.js that runs: sudo's PATH may have none", async () => {
  await stopped().expect(
    'daemon-not-running',
    'problem',
    /./,
    new RegExp(`^sudo ${NODE} ${HERE}/dist/src/daemon/main.js -c /${CONFIG}$`),
  );
  const command = `${NODE} ${HERE}/dist/src/cli/main.js`;
  await inCheckout()
    .config('sever a.example')
    .expect('config-error', 'problem', /./, new RegExp(`^${command} check /${CONFIG}$`));
  const waiting = { ...healthy, synchronised: false, summary: 'not synchronised: no fix' };
  await inCheckout()
    .with({ checkout: HERE, nodeFile: NODE, status: async () => waiting })
    .expect('not-synchronised', 'problem', /./, new RegExp(`^${command} status --watch$`));
  await inCheckout()
    .with({ checkout: HERE, nodeFile: NODE, status: async () => withFix('none') })
    .expect('gps-no-fix', 'problem', /./, new RegExp(`"${command} gps DEVICE"`));
});
test('paths that a shell would take apart are quoted', async () => {
  const board = () => stopped("/home/pi/Anna's clock", '/opt/node 22/bin/node');
  const checkout = "'/home/pi/Anna'\\\\''s clock";
  await board().expect(
    'daemon-not-running',
    'problem',
    /./,
    new RegExp(`^sudo '/opt/node 22/bin/node' ${checkout}/dist/src/daemon/main.js' -c /${CONFIG}$`),
  );
  await board()
    .remove(CONFIG)
    .expect(
      'config-missing',
      'problem',
      /./,
      new RegExp(` 644 ${checkout}/packaging/ntp.conf' /${CONFIG}, `),
    );
});
test('the daemon is started without root only where it needs neither the clock nor a port of root', async () => {
  const starts = async (sudo: '' | 'sudo ', ...lines: readonly string[]) =>
    stopped()
      .config(...lines)
      .expect('daemon-not-running', 'problem', /./, new RegExp(`^${sudo}${NODE} `));
  await starts('sudo ', 'clock none');
  await starts('sudo ', 'clock none', 'port 1023');
  await starts('', 'clock none', 'port 1024');
  await starts('sudo ', 'clock system', 'port 1024');
});
test('in a checkout overlays and the watchdog are its own', async () => {
  await inCheckout()
    .remove('dev/serial0', 'dev/ttyAMA0')
    .asDebian()
    .expect('uart-missing', 'problem', /./, new RegExp(` ${HERE}/boards/overlays/gps-uart.dts && `));
  await inCheckout()
    .write('sys/class/watchdog/watchdog0/state', 'inactive\n')
    .expect('watchdog-off', 'note', /./, new RegExp(` ${HERE}/systemd/hardware-watchdog.conf `));
});
