/** What doctor finds of the receiver's line: UART, console and Bluetooth on it, on each kind of system. */
import { assert, test } from '../support/suite.js';
import { Board, TREE, withoutPulse } from './doctor-board.js';

test('a missing UART is found, with the line that makes it', () =>
  new Board()
    .remove('dev/serial0', 'dev/ttyAMA0')
    .write('boot/firmware/config.txt', '')
    .expect('uart-missing', 'problem', /serial0 is not there/, /"enable_uart=1"/));
test('a UART that config.txt has asked for waits for a restart', () =>
  new Board()
    .remove('dev/serial0', 'dev/ttyAMA0')
    .expect('uart-missing', 'problem', /serial0 is not there/, /^restart the board: sudo reboot$/));
test('a UART that is not there because Bluetooth has it is one finding, not two', async () => {
  const found = await new Board()
    .remove('dev/serial0', 'dev/ttyAMA0')
    .write(`${TREE}/aliases/serial0`, '/soc/serial@7e201000\0')
    .write(`${TREE}/soc/serial@7e201000/bluetooth/compatible`, 'brcm,bcm43438-bt\0')
    .findings();
  assert.equal(
    found.filter(({ id }) => id.startsWith('uart')).map(({ id }) => id),
    ['uart-bluetooth'],
  );
});
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
test("the console is named as it stands in cmdline.txt, where the firmware puts the tty in serial0's place", async () => {
  const board = (written: string) =>
    new Board()
      .write('proc/cmdline', 'console=ttyAMA0,115200 console=tty1 root=/dev/mmcblk0p2\n')
      .write('boot/firmware/cmdline.txt', `${written} console=tty1 root=/dev/mmcblk0p2\n`);
  for (const written of ['console=serial0,115200', 'console=ttyAMA0,115200', 'console=serial0,9600'])
    await board(written).expect('uart-console', 'problem', /./, new RegExp(`^take "${written}" out of`));
});
/** Raspberry Pi OS on a 5: the console is on the debug connector. */
const five = (...config: readonly string[]) =>
  new Board()
    .remove('dev/serial0', 'dev/ttyAMA0')
    .write(`${TREE}/model`, 'Raspberry Pi 5 Model B Rev 1.0\0')
    .write('proc/cmdline', 'console=ttyAMA10,115200 console=tty1 root=/dev/mmcblk0p2\n')
    .write('boot/firmware/config.txt', ['dtoverlay=pps-gpio,gpiopin=18', ...config, ''].join('\n'))
    .write('dev/ttyAMA10', '')
    .link('dev/serial0', 'ttyAMA10')
    .config('clock system', 'refclock gps device /dev/ttyAMA0', 'refclock pps device /dev/pps0');
test("a Raspberry Pi 5's missing UART is made by a line of its own, which another board's is not", async () => {
  const line = /^write "dtparam=uart0=on" into \/boot\/firmware\/config.txt and restart$/;
  await five().expect('uart-missing', 'problem', /ttyAMA0 is not there/, line);
  await five('enable_uart=1').expect('uart-missing', 'problem', /ttyAMA0 is not there/, line);
});
test("a Raspberry Pi 5's UART that is written waits for a restart", () =>
  five('dtparam=uart0=on').expect('uart-missing', 'problem', /ttyAMA0 is not there/, /^restart the board/));
test("the console of a Raspberry Pi 5 is in nobody's way on the debug connector", async () => {
  const board = five('dtparam=uart0=on').write('dev/ttyAMA0', '', 0o666);
  await board.expect('uart-ok', 'ok', /ttyAMA0\) is there and free/, /^$/);
});
test("the console on a Raspberry Pi 5's header is taken from what brought it there", async () => {
  const console = (...config: readonly string[]) =>
    five('dtparam=uart0=on', ...config)
      .write('dev/ttyAMA0', '', 0o666)
      .write('proc/cmdline', 'console=ttyAMA0,115200 root=/dev/mmcblk0p2\n');
  const expect = (board: Board, remedy: RegExp) =>
    board.expect('uart-console', 'problem', /console is on/, remedy);
  await expect(console(), /^take "console=ttyAMA0,115200" out of \/boot\/firmware\/cmdline.txt/);
  await expect(console('enable_uart=1'), /^take "enable_uart=1" out of \/boot\/firmware\/config.txt/);
  await expect(
    console('dtparam=uart0_console=on'),
    /^take "dtparam=uart0_console" out of \/boot\/firmware\/config.txt/,
  );
  const byTree = console()
    .write('proc/cmdline', 'root=/dev/mmcblk0p2\n')
    .write('sys/class/tty/console/active', 'tty0 ttyAMA0\n');
  await expect(byTree, /^take "console=ttyAMA0,115200" out of/);
});
test("a Raspberry Pi 5's /dev/serial0 is not the header's", () =>
  five('dtparam=uart0=on')
    .config('clock system', 'refclock gps device /dev/serial0')
    .expect(
      'uart-debug',
      'problem',
      /serial0 is ttyAMA10, the debug connector/,
      /^write "refclock gps device \/dev\/ttyAMA0" into \/etc\/noonmark\/ntp.conf$/,
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
