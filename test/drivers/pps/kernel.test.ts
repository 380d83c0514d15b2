import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { KernelPulse, parsePpsText } from '../../../drivers/pps/kernel.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';
import { pulseContract } from './contract.js';
import { ScriptedFolder, ScriptedPpsDevice } from './scripted-devices.js';

const T0 = 1_760_000_000_000_000_000n;
const throwsCode = (action: () => void, code: string, remedy: RegExp) =>
  assert.throws(action, (error: unknown) => {
    assert.instance(error, NoonmarkError);
    assert.is((error as NoonmarkError).code, code);
    assert.match((error as NoonmarkError).remedy, remedy);
    return true;
  });

pulseContract('kernel PPS by ioctl', () => {
  const device = new ScriptedPpsDevice();
  return {
    source: new KernelPulse({ path: '/dev/pps0', devices: device, sysfs: '/nowhere' }),
    edge: (atNs) => device.edge(atNs),
    keepsOne: true,
    toleranceNs: 0n,
    dispose: () => assert.is(device.openCount, 0, 'every descriptor is closed'),
  };
});

function sysfsWorld() {
  const folder = new ScriptedFolder();
  mkdirSync(join(folder.path, 'pps0'));
  let sequence = 7;
  folder.write('pps0/assert', '0.000000000#0\n');
  folder.write('pps0/clear', '');
  const device = new ScriptedPpsDevice();
  device.permitted = false;
  return {
    folder,
    source: new KernelPulse({ path: '/dev/pps0', devices: device, sysfs: folder.path }),
    edge: (atNs: bigint) => {
      sequence += 1;
      const nanoseconds = String(atNs % 1_000_000_000n).padStart(9, '0');
      folder.write('pps0/assert', `${atNs / 1_000_000_000n}.${nanoseconds}#${sequence}\n`);
    },
    keepsOne: true,
    toleranceNs: 0n,
    dispose: () => folder.dispose(),
  };
}

pulseContract('kernel PPS by sysfs', sysfsWorld);

test('the pulse is fetched with a zero timeout, so that nothing waits', () => {
  const device = new ScriptedPpsDevice();
  const source = new KernelPulse({ path: '/dev/pps0', devices: device });
  source.open();
  source.poll();
  assert.equal(device.lastTimeout, { sec: 0n, nsec: 0, flags: 0 });
});

test('the falling edge is the clear edge, captured on request', () => {
  const device = new ScriptedPpsDevice();
  device.capabilities = 0x1153;
  const source = new KernelPulse({ path: '/dev/pps0', edge: 'falling', devices: device });
  source.open();
  assert.is(device.mode & 0x02, 0x02);
  device.edge(T0);
  assert.is(source.poll()[0]?.assertNs, T0);
});

test('an edge that the driver does not capture is refused, also where sysfs has an empty file for it', () => {
  const world = sysfsWorld();
  const device = new ScriptedPpsDevice();
  const source = new KernelPulse({
    path: '/dev/pps0',
    edge: 'falling',
    devices: device,
    sysfs: world.folder.path,
  });
  throwsCode(() => source.open(), 'ERR_DEVICE', /pps-gpio/);
  assert.is(device.openCount, 0);
  world.dispose();
});

test('a missing device says how to get one, and one that may not be opened names the right', () => {
  const device = new ScriptedPpsDevice();
  device.present = false;
  const source = new KernelPulse({ path: '/dev/pps0', devices: device, sysfs: '/nowhere' });
  throwsCode(() => source.open(), 'ERR_DEVICE', /dtoverlay=pps-gpio/);
  device.present = true;
  device.permitted = false;
  throwsCode(() => source.open(), 'ERR_PERMISSION', /udev/);
});

test('setting the mode is not tried when the edge is captured already: it would take CAP_SYS_TIME', () => {
  const device = new ScriptedPpsDevice();
  device.privileged = false;
  new KernelPulse({ path: '/dev/pps0', devices: device }).open();
});

test('a device that goes away is silent, and works again when it comes back', () => {
  const device = new ScriptedPpsDevice();
  const source = new KernelPulse({ path: '/dev/pps0', devices: device, sysfs: '/nowhere' });
  source.open();
  device.edge(T0);
  assert.is(source.poll().length, 1);
  device.present = false;
  assert.equal(source.poll(), []);
  assert.equal(source.poll(), []);
  device.present = true;
  device.edge(T0 + 5_000_000_000n);
  assert.is(source.poll().length, 1);
  source.close();
  assert.is(device.openCount, 0);
});

test('a device that goes on answering after its driver was reloaded is left for the new one of its name', () => {
  const folder = new ScriptedFolder();
  const path = join(folder.path, 'pps0');
  folder.write('pps0', '');
  const device = new ScriptedPpsDevice();
  const source = new KernelPulse({ path, devices: device, sysfs: '/nowhere' });
  source.open();
  device.edge(T0);
  assert.is(source.poll().length, 1);
  assert.equal(source.poll(), []);
  assert.is(device.openings, 1);
  folder.write('pps1', '');
  renameSync(join(folder.path, 'pps1'), path);
  assert.equal(source.poll(), []);
  device.edge(T0 + 1_000_000_000n);
  assert.is(source.poll().length, 1);
  assert.is(device.openings, 2);
  assert.is(device.openCount, 1);
  source.close();
  folder.dispose();
});

test('a sequence number that wraps at 2^32 is a new edge', () => {
  const device = new ScriptedPpsDevice();
  device.sequence = 0xffffffff;
  device.lastNs = T0;
  const source = new KernelPulse({ path: '/dev/pps0', devices: device });
  source.open();
  device.edge(T0 + 1n);
  assert.equal(source.poll(), [{ sequence: 0, assertNs: T0 + 1n }]);
});

test("the kernel's text is read to the nanosecond, and other text is no edge", () => {
  assert.equal(parsePpsText('1760000000.000000123#4294967295'), {
    sequence: 4_294_967_295,
    assertNs: 1_760_000_000_000_000_123n,
  });
  for (const text of [
    '',
    '0.000000000#0',
    '1760000000.123#5',
    '1760000000.000000123',
    '-1.000000000#1',
    'x',
  ]) {
    assert.is(parsePpsText(text), undefined, text);
  }
  fc.assert(fc.property(fc.string(), (text) => void parsePpsText(text)));
});

test.run();
