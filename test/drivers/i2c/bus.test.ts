import { type I2cBusModule, openI2cBus } from '../../../drivers/i2c/bus.js';
import { lateI2cBus } from '../../../drivers/i2c/late-bus.js';
import { probeI2c } from '../../../drivers/i2c/probe.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

const errno = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
const throwsCode = (action: () => void, code: string, remedy: RegExp) =>
  assert.throws(
    action,
    (error: unknown) => error instanceof NoonmarkError && error.code === code && remedy.test(error.remedy),
  );

/** A bus with one device at 0x68 that keeps what was written to it. */
function scripted() {
  const memory = Buffer.from([1, 2, 3, 4]);
  const state = { closed: false, written: [] as number[] };
  const guard = (address: number) => {
    if (address !== 0x68) throw errno('ENXIO');
  };
  const module: I2cBusModule = {
    openSync: (bus) => {
      if (bus === 7) throw errno('ENOENT');
      if (bus === 8) throw errno('EACCES');
      return {
        i2cReadSync: (address, length, buffer) => {
          guard(address);
          return memory.copy(buffer, 0, 0, length);
        },
        i2cWriteSync: (address, length, buffer) => {
          guard(address);
          state.written = [...buffer.subarray(0, length)];
          return length;
        },
        closeSync: () => {
          state.closed = true;
        },
      };
    },
  };
  return { module, state };
}

test('bytes are read from and written to a device', () => {
  const { module, state } = scripted();
  const bus = openI2cBus(1, () => module);
  assert.is(bus.name, 'i2c-1');
  assert.equal([...bus.readBytes(0x68, 3)], [1, 2, 3]);
  bus.writeBytes(0x68, Uint8Array.of(0x0f, 0));
  assert.equal(state.written, [0x0f, 0]);
  bus.close();
  assert.is(state.closed, true);
});

test('a device that does not answer, a bus that is not there and one that may not be opened are told apart', () => {
  const { module } = scripted();
  const bus = openI2cBus(1, () => module);
  throwsCode(() => bus.readBytes(0x42, 1), 'ERR_DEVICE', /i2cdetect -y 1/);
  throwsCode(() => bus.writeBytes(0x42, Uint8Array.of(1)), 'ERR_DEVICE', /i2cdetect/);
  throwsCode(() => openI2cBus(7, () => module), 'ERR_DEVICE', /noonmark doctor/);
  throwsCode(() => openI2cBus(8, () => module), 'ERR_PERMISSION', /group i2c/);
});

test('a device that the kernel has is not taken for one that does not answer', () => {
  const opened: number[] = [];
  const closed: number[] = [];
  const module: I2cBusModule = {
    openSync: (bus) => {
      opened.push(bus);
      const busy = () => {
        throw errno('EBUSY');
      };
      return { i2cReadSync: busy, i2cWriteSync: busy, closeSync: () => void closed.push(bus) };
    },
  };
  const bus = openI2cBus(1, () => module);
  throwsCode(() => bus.readBytes(0x68, 1), 'ERR_DEVICE', /"rtc auto"/);
  assert.throws(
    () => bus.writeBytes(0x68, Uint8Array.of(0)),
    /0x68 on i2c-1 .*a driver of the kernel has it/,
  );
  // Each refusal leaves the module with a file that it must not use again.
  assert.equal(
    [opened, closed],
    [
      [1, 1],
      [1, 1],
    ],
  );
  bus.close();
  assert.equal(closed, [1, 1]);
});

test('a module that was compiled for another Node.js is not taken for one that is missing', () => {
  const wrong = () => {
    throw errno('ERR_DLOPEN_FAILED');
  };
  throwsCode(() => openI2cBus(1, wrong), 'ERR_OPTIONAL_MODULE', /Debian's nodejs/);
});

test('without the module the error names what to run', () => {
  throwsCode(
    () =>
      openI2cBus(1, () => {
        throw errno('MODULE_NOT_FOUND');
      }),
    'ERR_OPTIONAL_MODULE',
    /npm rebuild i2c-bus/,
  );
});

test('a bus that comes late is opened when it is used, once it is there, and once', () => {
  const { module, state } = scripted();
  let opened = 0;
  let isThere = false;
  const bus = lateI2cBus(1, () => {
    if (!isThere) return openI2cBus(7, () => module);
    opened += 1;
    return openI2cBus(1, () => module);
  });
  assert.is(bus.name, 'i2c-1');
  bus.close();
  throwsCode(() => bus.readBytes(0x68, 1), 'ERR_DEVICE', /noonmark doctor/);
  isThere = true;
  assert.equal([...bus.readBytes(0x68, 2)], [1, 2]);
  bus.writeBytes(0x68, Uint8Array.of(3));
  assert.equal([opened, state.written[0]], [1, 3]);
  bus.close();
  assert.is(state.closed, true);
});

test('a device that is looked for is there, silent, or a driver’s; nothing is written to it', () => {
  const { module, state } = scripted();
  const open = (bus: number) => openI2cBus(bus, () => module);
  assert.is(probeI2c(1, 0x68, open), 'there');
  assert.is(state.closed, true);
  assert.is(probeI2c(1, 0x52, open), 'silent');
  for (const bus of [7, 8]) assert.is(probeI2c(bus, 0x68, open), 'unknown');
  const failing = (code: string) =>
    probeI2c(1, 0x68, (bus) =>
      openI2cBus(bus, () => ({
        openSync: () => ({
          ...module.openSync(1),
          i2cReadSync: () => {
            throw errno(code);
          },
        }),
      })),
    );
  assert.is(failing('EBUSY'), 'taken');
  assert.is(failing('EACCES'), 'unknown');
  assert.is(failing('EREMOTEIO'), 'silent');
  assert.equal(state.written, []);
});

test.run();
