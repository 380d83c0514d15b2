import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { PpsWiring } from '../../../boards/board.js';
import { raspberryPi5 } from '../../../boards/definitions/raspberry-pi-5.js';
import { GpioPulse, gpioChips } from '../../../drivers/pps/gpio.js';
import { createPulseSource, type PulseWish } from '../../../drivers/pps/open.js';
import { readConfig } from '../../../src/config/read.js';
import { pulseWish } from '../../../src/daemon/devices.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';
import { pulseContract } from './contract.js';
import { ScriptedGpio } from './scripted-devices.js';

const CHIPS = [
  { label: 'gpio-brcmstb@107d508500', lines: 32 },
  { label: 'pinctrl-rp1', lines: 54 },
];

function world(realtimeStamps: boolean, chips = CHIPS) {
  const gpio = new ScriptedGpio(chips);
  gpio.realtimeStamps = realtimeStamps;
  let mono = 0n;
  const clocks = {
    monotonicNs: () => {
      mono += 50n;
      return mono;
    },
    realtimeNs: () => {
      mono += 50n;
      return mono + gpio.originNs;
    },
  };
  const source = new GpioPulse({
    line: 18,
    chip: 'pinctrl-rp1',
    clocks,
    devices: gpio,
    deviceFolder: gpio.folder.path,
  });
  const dispose = () => {
    gpio.folder.dispose();
    assert.is(gpio.openCount, 0, 'every descriptor is closed');
  };
  return {
    gpio,
    clocks,
    source,
    edge: (atNs: bigint) => gpio.edge(atNs),
    keepsOne: false,
    toleranceNs: 0n,
    dispose,
  };
}
const throwsCode = (action: () => void, message: RegExp, remedy: RegExp) =>
  assert.throws(action, (error: unknown) => {
    assert.instance(error, NoonmarkError);
    assert.match((error as NoonmarkError).message, message);
    assert.match((error as NoonmarkError).remedy, remedy);
    return true;
  });

pulseContract('GPIO character device with realtime stamps', () => world(true));
pulseContract('GPIO character device with monotonic stamps', () => world(false));

test('the line is asked for with the edge, the realtime clock and our name', () => {
  const { source, gpio, dispose } = world(true);
  source.open();
  assert.equal(gpio.requests, [{ line: 18, flags: 0b100000010100n, consumer: 'noonmark pps' }]);
  assert.is(source.name, 'gpio 18 (pinctrl-rp1)');
  source.close();
  dispose();
});

test('a chip that is not there, and a line that it has not, are named with those that are', () => {
  const { gpio, clocks, dispose } = world(true);
  const make = (line: number, chip: string | undefined) =>
    new GpioPulse({ line, chip, clocks, devices: gpio, deviceFolder: gpio.folder.path });
  throwsCode(() => make(18, 'pinctrl-bcm2711').open(), /pinctrl-bcm2711/, /pinctrl-rp1/);
  throwsCode(() => make(99, 'pinctrl-rp1').open(), /no line 99/, /number of the GPIO/);
  throwsCode(() => make(18, undefined).open(), /several/, /pinctrl-rp1/);
  dispose();
});

test('the only chip needs no label, and no chip at all is said', () => {
  const one = world(true, [{ label: 'pinctrl-bcm2711', lines: 58 }]);
  const source = new GpioPulse({
    line: 18,
    clocks: one.clocks,
    devices: one.gpio,
    deviceFolder: one.gpio.folder.path,
  });
  source.open();
  assert.is(source.name, 'gpio 18 (pinctrl-bcm2711)');
  source.close();
  one.dispose();
  const none = new GpioPulse({ line: 18, clocks: one.clocks, devices: one.gpio, deviceFolder: '/nowhere' });
  throwsCode(() => none.open(), /gpiochip/, /no GPIO/);
});

test('a line that a driver holds is said to be held', () => {
  const { source, gpio, dispose } = world(true);
  gpio.busy = true;
  throwsCode(() => source.open(), /somebody else/, /\/dev\/pps0/);
  dispose();
});

test('the chip may be named instead of labelled', () => {
  const { gpio, clocks, dispose } = world(true);
  const source = new GpioPulse({
    line: 4,
    chip: 'gpiochip0',
    clocks,
    devices: gpio,
    deviceFolder: gpio.folder.path,
  });
  source.open();
  assert.is(source.name, 'gpio 4 (gpio-brcmstb@107d508500)');
  source.close();
  dispose();
});

test('the configuration chooses the driver', () => {
  const name = (wish: Partial<PulseWish>) => createPulseSource({ edge: 'rising', ...wish }).name;
  assert.is(name({}), '/dev/pps0');
  assert.is(name({ device: '/dev/gpspps1' }), '/dev/gpspps1');
  assert.is(name({ gpio: 18, boardChipLabel: 'pinctrl-rp1' }), 'gpio 18 (pinctrl-rp1)');
  assert.is(name({ gpio: 18, chip: 'gpiochip1', boardChipLabel: 'pinctrl-rp1' }), 'gpio 18 (gpiochip1)');
  assert.match(name({ gpio: 18, access: 'sysfs' }), /sysfs/);
});

test("the pin's resistor is the board's, unless another chip than the header's is named", () => {
  const { gpio, dispose } = world(true);
  const flags = (line: string, pull: PpsWiring['pull']) => {
    const { config } = readConfig(`refclock pps ${line}\n`, 'ntp.conf');
    const board = { ...raspberryPi5, pps: { gpio: 18, headerPin: 12, pull } };
    const wish = pulseWish(config.refclocks[0]!, board);
    const source = createPulseSource({ ...wish, devices: gpio, deviceFolder: gpio.folder.path });
    source.open();
    source.close();
    return gpio.requests.at(-1)?.flags;
  };
  const plain = 0b100000010100n;
  assert.is(flags('gpio 18', 'none'), plain | (1n << 10n));
  assert.is(flags('gpio 18', 'up'), plain | (1n << 8n));
  assert.is(flags('gpio 18', 'down'), plain | (1n << 9n));
  assert.is(flags('gpio 18 chip gpiochip0', 'down'), plain);
  assert.is(flags('gpio 18 edge falling', 'none'), 0b110000100100n);
  dispose();
});

test('one chip under two names is one chip', () => {
  const { gpio, dispose } = world(true);
  symlinkSync(join(gpio.folder.path, 'gpiochip1'), join(gpio.folder.path, 'gpiochip4'));
  assert.equal(
    gpioChips(gpio, gpio.folder.path).map((chip) => chip.label),
    CHIPS.map((chip) => chip.label),
  );
  dispose();
});

test('a chip that goes away is silent, and works again when it comes back', () => {
  const { source, gpio, edge, dispose } = world(true);
  source.open();
  gpio.gone = true;
  assert.equal(source.poll(), []);
  assert.equal(source.poll(), []);
  gpio.gone = false;
  assert.equal(source.poll(), []);
  edge(1n);
  assert.is(source.poll().length, 1);
  source.close();
  dispose();
});

test.run();
