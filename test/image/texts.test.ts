import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockId } from '../../boards/clocks.js';
import { HATS } from '../../boards/hats/list.js';
import { DDC_ADDRESS } from '../../drivers/i2c/ddc-link.js';
import {
  cardConfiguration,
  checkHostname,
  commandLine,
  configText,
  fstab,
  networkText,
} from '../../image/texts.js';
import { loadConfig } from '../../src/config/load.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, projectRoot, test } from '../support/suite.js';

const packaged = readFileSync(join(projectRoot, 'packaging', 'ntp.conf'), 'utf8');

for (const hat of HATS)
  test(`the configuration of a card for ${hat.id} has no mistake, and takes the keys of the first start`, () => {
    const text = cardConfiguration(packaged, hat);
    assert.match(text, new RegExp(`made for: ${hat.name.replace(/[/.]/g, '.')}`));
    const folder = temporaryFolder();
    const file = join(folder, 'ntp.conf');
    writeFileSync(join(folder, 'authentication.conf'), 'keys ntp.keys\ntrustedkey 21\n');
    writeFileSync(
      file,
      text.replace('/etc/noonmark/authentication.conf', join(folder, 'authentication.conf')),
    );
    const { problems, config } = loadConfig(file);
    assert.equal(
      problems.filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.match(config.keysFile ?? '', /ntp\.keys$/);
    const [gps, pps] = config.refclocks;
    assert.equal([gps?.kind, gps?.device], ['gps', '/dev/gps0']);
    assert.equal([pps?.kind, pps?.device], ['pps', '/dev/pps-gps']);
    assert.ok(gps?.setup, 'the receiver is set');
    // A `baud` without `speed` is the only one that is listened at (daemon/devices.ts).
    const isBrought = gps.setup.baud !== undefined;
    assert.is(gps.baud, isBrought ? hat.factoryBaud : undefined, 'a receiver at another speed is found');
    const words = isBrought ? ` ${hat.receiverOptions} baud ${hat.factoryBaud}` : '';
    assert.match(text, new RegExp(`^refclock gps device /dev/gps0${words}$`, 'm'));
    const ddc = /I2C bus as well, at (0x[0-9a-f]+): "refclock gps device \/dev\/i2c-1"/.exec(text)?.[1];
    assert.is(ddc === undefined ? undefined : Number(ddc), hat.ddcAddress);
    // The only one that the daemon asks.
    assert.ok(hat.ddcAddress === undefined || hat.ddcAddress === DDC_ADDRESS);
    assert.match(text, new RegExp(`"refclock pps gpio ${hat.pps.gpio}"`));
  });

test("a u-blox on a hat is brought to the speed of the hat, another receiver's stays", () => {
  const speeds = HATS.map((hat) => {
    const file = join(temporaryFolder(), 'ntp.conf');
    writeFileSync(file, cardConfiguration(packaged, hat).replace(/^includefile.*$/m, ''));
    return [hat.id, loadConfig(file).config.refclocks[0]?.setup?.baud];
  });
  assert.equal(speeds, [
    ['adafruit-ultimate-gps', undefined],
    ['generic-uart', undefined],
    ['uputronics-gps-rtc', 38_400],
    ['waveshare-max-m8q', 38_400],
  ]);
});

test("a clock on battery that is nobody's in the kernel is ours from the first start, and none is asked for in vain", () => {
  const rtcOf = (id: string, rtc?: ClockId) => {
    const file = join(temporaryFolder(), 'ntp.conf');
    const text = cardConfiguration(packaged, HATS.find((hat) => hat.id === id)!, rtc);
    writeFileSync(file, text.replace(/^includefile.*$/m, ''));
    return loadConfig(file).config.rtc;
  };
  const ours = { kind: 'i2c', bus: 1, chip: 'rv3028' };
  assert.equal(rtcOf('uputronics-gps-rtc'), ours);
  assert.equal(rtcOf('generic-uart', 'rv3028'), ours);
  assert.equal(rtcOf('generic-uart', 'ds3231'), { kind: 'auto' });
  assert.equal(rtcOf('waveshare-max-m8q'), { kind: 'auto' });
});

test("a package's configuration without the part that is replaced stops the build", () => {
  assert.throws(
    () => cardConfiguration('server 0.pool.ntp.org\n', HATS[0]!),
    /no part on authenticated time/,
  );
  assert.throws(
    () => cardConfiguration(packaged.replace('/dev/gps0\n', '/dev/ttyS0\n'), HATS[0]!),
    /no receiver/,
  );
  assert.throws(
    () => cardConfiguration(packaged.replace('\nclock system\n', '\nclock none\n'), HATS[0]!),
    /sets no clock/,
  );
});

test("no console is on the receiver's line, and the root is read-only", () => {
  assert.not.match(commandLine, /ttyAMA|ttyS|serial/);
  assert.match(commandLine, / ro /);
  assert.is(commandLine.trimEnd().split('\n').length, 1);
  assert.match(configText, /^enable_uart=0$/m);
  assert.match(fstab, / \/ ext4 ro,/);
  assert.not.match(fstab, /swap/);
});

test('the time that DHCP offers is not taken', () => {
  assert.is(networkText('Name=eth0', 100).match(/^UseNTP=no$/gm)?.length, 2);
});

test('names of hosts are labels of DNS', () => {
  for (const name of ['noonmark', 'a', 'x-1', 'a'.repeat(63)]) assert.is(checkHostname(name), name);
  for (const name of ['', '-a', 'a-', 'A', 'a.b', 'a b', 'a'.repeat(64), 'a\nb'])
    assert.throws(() => checkHostname(name), /cannot be a host's name/);
});

test.run();
