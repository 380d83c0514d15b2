/**
 * The clock on battery, on the card: a DS3231 behind an emulated I2C adapter, the kernel's driver for it, and noonmarkd in
 * its service.
 */
import { execFileSync } from 'node:child_process';
import { testCard } from '../support/card.js';
import { Noonmarkd, SIMULATED, serverLine } from '../support/peers-noonmark.js';
import { assert, has, record, test } from '../support/suite.js';
import { usbRedirOptions } from '../support/usb-redir.js';
import { cardConfigurationOf, copyCard } from './machine.js';
import { AHEAD_SECONDS, CELSIUS, isUnsynchronised, offsetOf, type RtcRun, tryRtc } from './rtc.js';
import { Scene } from './scene.js';

/** The card's own, but that its time comes from a server, and that anybody may ask as often as he likes. */
const configuration = (card: string, server: string) =>
  `${card.replaceAll(/^(?:refclock|restrict default) .*\n/gm, '')}
rtc /dev/rtc1
${serverLine(server)}
restrict default nomodify noquery
`;

async function run(): Promise<RtcRun> {
  const card = await testCard();
  const scene = new Scene();
  const server = scene.lab.host('server');
  const socket = scene.files.path('redir');
  copyCard(card, scene.disk, configuration(cardConfigurationOf(card), server.ipv4));
  const machine = scene.power(card, { options: usbRedirOptions(socket) });
  const { looks } = scene;
  new Noonmarkd(server, scene.files, SIMULATED);
  const setReachable = (is: boolean) =>
    execFileSync('ip', ['-n', server.namespace, 'link', 'set', 'eth0', is ? 'up' : 'down']);
  try {
    await machine.boot();
    const seen = await tryRtc({ machine, socket, looks, setReachable });
    const { flat, flatWritten, ahead, aheadWritten, past } = seen;
    record('appliance rtc', {
      ...{ shellSeconds: machine.shellSeconds, boundSeconds: seen.boundSeconds, seconds: machine.seconds },
      ...{ firstStartSeconds: flat.seconds, startSeconds: Math.max(ahead.seconds, past.seconds) },
      ...{ synchronisedSeconds: aheadWritten.synchronisedSeconds, setAfterSeconds: flatWritten.afterSeconds },
      ...{ setErrorSeconds: flatWritten.errorSeconds, aheadSeconds: offsetOf(ahead.look) },
    });
    return seen;
  } finally {
    await scene.close();
  }
}

if (has('the clock on battery of the card', 'root', 'card')) {
  const seen = await run();
  const { flat, flatWritten, ahead, aheadCorrected, aheadWritten, past } = seen;
  const text = (lines: readonly string[]) => lines.join('\n');

  test("the kernel's driver has the DS3231 on the adapter, as clock and as thermometer", () => {
    assert.match(seen.driver, /^rtc-ds1307 \d+-0068$/);
    assert.is(seen.thermometer, 'ds3231');
  });

  test('a battery that was empty is said, and the time that the clock shows is not taken', () => {
    assert.match(seen.stoppedRead, /Invalid argument/);
    assert.ok(flat.lines.length > 0);
    for (const line of flat.lines)
      assert.match(line, /rtc1 \(rtc-ds1307 \d+-0068\) has lost its time: is its battery empty\?$/);
    assert.ok(Math.abs(offsetOf(flat.look)) < 5, `${offsetOf(flat.look)} s`);
    assert.ok(isUnsynchronised(flat.look));
  });

  test('once the time is known it is set, once, on the second, and trusted from then on', () => {
    assert.match(flatWritten.line ?? '', /rtc1 .* had lost its time, and was set$/);
    assert.is(flatWritten.times, 1);
    assert.ok(Math.abs(flatWritten.errorSeconds) < 0.5, `${flatWritten.errorSeconds} s`);
    assert.ok(flatWritten.afterSeconds < 30, `${flatWritten.afterSeconds} s`);
    assert.is(seen.stoppedAfterwards, false);
    assert.ok(Math.abs(seen.readError) < 3, `${seen.readError} s`);
  });

  test('the kernel, told that its clock is right, sets the machine’s own clock on battery by itself', () => {
    const { kernelsBefore, kernelsAfter, saidSoFar } = seen;
    assert.ok(Math.abs(kernelsBefore - AHEAD_SECONDS) < 5, `it was ${kernelsBefore} s off`);
    assert.ok(Math.abs(kernelsAfter) < 3, `it is ${kernelsAfter} s off`);
    assert.not.match(text(saidSoFar), /rtc0/);
  });

  test('its temperature is read through hwmon and told', () => {
    assert.is(seen.celsius, CELSIUS);
    assert.ok(seen.temperatureReads >= 1);
  });

  test('at a start without any source the clock follows it, and nothing is called synchronised', () => {
    assert.match(text(ahead.lines), /the clock was set forward to .*Z, from rtc1 \(rtc-ds1307 \d+-0068\)$/m);
    const offset = offsetOf(ahead.look);
    assert.ok(Math.abs(offset - AHEAD_SECONDS) < 2, `${offset} s`);
    assert.ok(isUnsynchronised(ahead.look));
  });

  test('where it was wrong the first source sets the clock back, by more than a panic allows, and then it', () => {
    assert.ok(Math.abs(offsetOf(aheadCorrected)) < 1);
    assert.match(aheadWritten.line ?? '', /rtc1 .* showed .*, and was set$/);
    assert.is(aheadWritten.times, 2);
    assert.ok(Math.abs(aheadWritten.errorSeconds) < 0.5, `${aheadWritten.errorSeconds} s`);
  });

  test('without a kernel driver the DS3231 is read and set through i2c-bus, in the service as it is', () => {
    const { direct, directWritten } = seen;
    assert.match(text(direct.lines), /the clock was set forward to .*Z, from ds3231 \(i2c-\d+\)$/m);
    assert.ok(Math.abs(offsetOf(direct.look) - AHEAD_SECONDS) < 2, `${offsetOf(direct.look)} s`);
    assert.match(directWritten.line ?? '', /ds3231 \(i2c-\d+\) showed .*, and was set$/);
    assert.ok(Math.abs(directWritten.errorSeconds) < 0.5, `${directWritten.errorSeconds} s`);
  });

  test('and with it its thermometer, and a u-blox that is read and set on the same bus', () => {
    const { receiver, discipline, sources } = seen.directStatus;
    assert.is(discipline.thermometer?.celsius, CELSIUS);
    assert.is(receiver.vendor, 'u-blox');
    assert.is(receiver.setup?.state, 'set');
    assert.ok(sources.some(({ clock }) => clock?.device.startsWith('/dev/i2c-') && clock.fix !== null));
  });

  test('a time before this program was made is not taken', () => {
    assert.match(past.lines[0] ?? '', /shows 2001-02-03T04:0\d:\d\d.*, which cannot be: it is not used$/);
    assert.ok(Math.abs(offsetOf(past.look)) < 1, `${offsetOf(past.look)} s`);
  });
}

test.run();
