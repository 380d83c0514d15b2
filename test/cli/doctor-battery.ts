/** What doctor finds of clocks on battery, of I2C and of the watchdog, on each kind of system. */
import { assert, test } from '../support/suite.js';
import { Board, TREE, withoutModules } from './doctor-board.js';

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
    .expect(
      'rtc-missing',
      'problem',
      /no \/dev\/rtc1/,
      /^write "rtc auto".*--hat generic-uart --rtc ds3231$/,
    );
  // It has another of its own, or was made for one.
  await rtc()
    .asCard('uputronics-gps-rtc')
    .expect(
      'rtc-missing',
      'problem',
      /no \/dev\/rtc1/,
      /^write "rtc i2c-1 rv3028" into noonmark.conf on the card's first partition$/,
    );
  await rtc()
    .asCard('generic-uart', ['raspberry-pi-4b'], 'ds3231')
    .expect('rtc-missing', 'problem', /no \/dev\/rtc1/, /^write "rtc auto" to use whichever there is$/);
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
  // What it was made with besides stays.
  await bus()
    .asCard('waveshare-max-m8q', ['raspberry-pi-4b'], 'ds3231')
    .expect('i2c-missing', 'problem', /i2c-1 is not there/, /--hat waveshare-max-m8q --rtc ds3231$/);
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
const RECEIVER = ['clock system', 'refclock gps device /dev/gps0', 'refclock pps device /dev/pps0'];
test('a hat that has a clock on battery, and none is there or answers, is found', async () => {
  const card = (...lines: readonly string[]) =>
    new Board()
      .config(...RECEIVER, ...lines)
      .asCard('uputronics-gps-rtc')
      .write('dev/i2c-1', '', 0o666);
  const silent = card('rtc i2c-1 rv3028').with({ probe: () => 'silent' });
  await silent.expect(
    'rtc-missing',
    'problem',
    /^the Uputronics .* has a clock on battery \(RV-3028\), and none answers at 0x52 on i2c-1$/,
    /^with the power off press the hat onto all 40 pins$/,
  );
  const asked: unknown[] = [];
  const there = card('rtc i2c-1 rv3028').with({
    probe: (...what) => {
      asked.push(what);
      return 'there';
    },
  });
  const isMissing = async (board: Board) => (await board.findings()).some(({ id }) => id === 'rtc-missing');
  assert.is(await isMissing(there), false);
  assert.equal(asked, [[1, 0x52]]);
  assert.is(await isMissing(card('rtc i2c-1 rv3028').with({ probe: () => 'unknown' })), false);
  // A card that was made when the kernel was to have it.
  await card().expect(
    'rtc-missing',
    'problem',
    /^the Uputronics .* has a clock on battery \(RV-3028\), and none is there$/,
    /^write "rtc i2c-1 rv3028" into noonmark.conf on the card's first partition$/,
  );
  assert.is(await isMissing(card().write('sys/class/rtc/rtc0/since_epoch', '1790000000\n')), false);
  assert.is(await isMissing(card('rtc none')), false);
  assert.is(await isMissing(new Board().config(...RECEIVER).asCard('waveshare-max-m8q')), false);
});
test('a clock on battery that is wired by hand and does not answer, or is the kernel’s, is found', async () => {
  await new Board()
    .config(...RECEIVER)
    .asCard('generic-uart', ['raspberry-pi-4b'], 'ds3231')
    .expect(
      'rtc-missing',
      'problem',
      /^this card has a clock on battery \(DS3231\), and none is there$/,
      /SDA on pin 3/,
    );
  const named = (line: string, answer: 'silent' | 'taken') =>
    new Board()
      .config(...RECEIVER, line)
      .write('dev/i2c-1', '', 0o666)
      .with({ probe: () => answer });
  await named('rtc i2c-1 rv3028', 'silent').expect(
    'rtc-missing',
    'problem',
    /^no RV-3028 answers at 0x52 on i2c-1$/,
    /SDA on pin 3/,
  );
  await named('rtc i2c-1', 'taken').expect(
    'rtc-missing',
    'problem',
    /driver of the kernel has the DS3231 at 0x68 on i2c-1/,
    /^write "rtc auto" into /,
  );
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
  await board()
    .write('dev/i2c-1', '', 0o666)
    .with(withoutModules)
    .expect('module-missing', 'problem', /I2C needs .* i2c-bus/, /npm install i2c-bus/);
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
