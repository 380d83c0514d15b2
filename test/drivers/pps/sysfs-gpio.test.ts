import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptedPulse } from '../../../drivers/pps/scripted.js';
import { type OnoffLine, SysfsGpioPulse, sysfsLineNumber } from '../../../drivers/pps/sysfs-gpio.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';
import { pulseContract } from './contract.js';
import { ScriptedFolder } from './scripted-devices.js';

function sysfs(): ScriptedFolder {
  const folder = new ScriptedFolder();
  for (const [name, label, base, lines] of [
    ['gpiochip512', 'pinctrl-bcm2711', 512, 58],
    ['gpiochip570', 'raspberrypi-exp-gpio', 570, 8],
  ] as const) {
    mkdirSync(join(folder.path, name));
    folder.write(`${name}/label`, `${label}\n`);
    folder.write(`${name}/base`, `${base}\n`);
    folder.write(`${name}/ngpio`, `${lines}\n`);
  }
  return folder;
}

function world(lateNs: () => bigint = () => 60_000n) {
  const folder = sysfs();
  let now = 0n;
  const lines: number[] = [];
  let watcher: ((error: null, value: number) => void) | undefined;
  class Gpio implements OnoffLine {
    constructor(number: number, direction: 'in', edge: string) {
      assert.is(direction, 'in');
      assert.is(edge, 'rising');
      lines.push(number);
    }
    watch(callback: (error: null, value: number) => void): void {
      watcher = callback;
    }
    unwatchAll(): void {
      watcher = undefined;
    }
    unexport(): void {}
  }
  const source = new SysfsGpioPulse({
    line: 18,
    chip: 'pinctrl-bcm2711',
    realtimeNs: () => now,
    sysfs: folder.path,
    load: () => ({ Gpio }),
  });
  const edge = (atNs: bigint) => {
    now = atNs + lateNs();
    watcher?.(null, 1);
  };
  return { source, edge, lines, keepsOne: false, toleranceNs: 100_000n, dispose: () => folder.dispose() };
}

pulseContract('GPIO sysfs through onoff', () => world());
pulseContract('scripted', () => {
  const source = new ScriptedPulse();
  return { source, edge: (atNs) => source.edge(atNs), keepsOne: false, toleranceNs: 0n };
});

test("the line's number is the chip's base plus the offset, the base found by label", () => {
  const one = world();
  one.source.open();
  assert.equal(one.lines, [530]);
  const folder = sysfs();
  assert.is(sysfsLineNumber(3, 'raspberrypi-exp-gpio', folder.path), 573);
  for (const [line, label] of [
    [58, 'pinctrl-bcm2711'],
    [1, 'pinctrl-rp1'],
    [1, undefined],
  ] as const) {
    assert.throws(
      () => sysfsLineNumber(line, label, folder.path),
      (error: unknown) => error instanceof NoonmarkError && /pinctrl-bcm2711/.test(error.remedy),
    );
  }
  assert.throws(() => sysfsLineNumber(1, undefined, '/nowhere'), /no single GPIO chip/);
  folder.dispose();
  one.dispose();
});

test('the measured jitter is shown once there are enough edges', () => {
  let turn = 0;
  const one = world(() => {
    turn += 1;
    return turn % 2 === 0 ? 50_000n : 250_000n;
  });
  one.source.open();
  for (let i = 0n; i < 3n; i += 1n) one.edge(i * 1_000_000_000n);
  assert.is(one.source.jitterSeconds, undefined);
  for (let i = 3n; i < 20n; i += 1n) one.edge(i * 1_000_000_000n);
  assert.ok(Math.abs((one.source.jitterSeconds ?? 0) - 200e-6) < 1e-9, String(one.source.jitterSeconds));
  one.source.close();
  one.dispose();
});

test('without onoff the error names what to run', () => {
  const source = new SysfsGpioPulse({
    line: 18,
    realtimeNs: () => 0n,
    load: () => {
      throw new Error("Cannot find module 'onoff'");
    },
  });
  assert.throws(
    () => source.open(),
    (error: unknown) =>
      error instanceof NoonmarkError &&
      error.code === 'ERR_OPTIONAL_MODULE' &&
      /npm install onoff.*npm rebuild epoll/.test(error.remedy),
  );
});

test('a scripted source counts edges that were lost, and refuses to open when told', () => {
  const source = new ScriptedPulse('x', 0xffffffff);
  source.open();
  source.edge(1n);
  source.edge(2n, false);
  source.edge(3n);
  assert.equal(
    source.poll().map((edge) => edge.sequence),
    [0, 2],
  );
  source.refusal = new NoonmarkError('ERR_DEVICE', 'no', 'none');
  assert.throws(() => source.open(), /no/);
});

test.run();
