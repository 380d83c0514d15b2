/** What doctor finds of the pulse: PPS devices, overlays, edges, GPIO chips, on each kind of system. */
import { assert, test } from '../support/suite.js';
import { Board, TREE, withFix, withoutModules, withoutPulse } from './doctor-board.js';

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
test('a receiver that is read without its pulse needs none; one whose pulse is named does', async () => {
  const pulses = async (...lines: readonly string[]) =>
    (
      await withoutPulse()
        .config('clock system', ...lines)
        .findings()
    ).filter(({ id }) => id.startsWith('pps'));
  assert.equal(await pulses('refclock gps device /dev/serial0'), []);
  assert.equal(
    (await pulses('server 127.127.20.7', 'fudge 127.127.20.7 flag1 1')).map(
      ({ id, text }) => `${id} ${text}`,
    ),
    ['pps-restart /dev/gpspps7 is not there, but /boot/firmware/config.txt has its overlay'],
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

test('a pulse through sysfs is noted, and onoff that does not load is found', async () => {
  const board = byLine(' access sysfs');
  await board.expect('gpio-sysfs', 'note', /GPIO 18 .*noonmarkd.service/, /leave "access sysfs" out/);
  assert.not((await board.findings()).some(({ level }) => level === 'problem'));
  await board
    .with(withoutModules)
    .expect('module-missing', 'problem', /GPIO through sysfs needs .* onoff/, /npm install onoff/);
});

// Others, network, daemon.
