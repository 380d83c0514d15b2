import { createSetupLink } from '../../../drivers/gps/setup/setup-link.js';
import { openI2cBus } from '../../../drivers/i2c/bus.js';
import { createDdcLink } from '../../../drivers/i2c/ddc-link.js';
import { every } from '../../../src/ports/scheduler.js';
import { DdcTwin } from '../../../src/sim/ddc-twin.js';
import { UbloxTwin } from '../../../src/sim/ublox-twin.js';
import { assert, test } from '../../support/suite.js';
import { assertSet, Lines, stateOf, WISH } from '../gps/setup/setup-kit.js';
import { linkContract } from '../serial/link-contract.js';
import { manualScheduler } from '../serial/manual-scheduler.js';

let contractTime = manualScheduler();

function rig(written?: (bytes: Uint8Array) => void) {
  const scheduler = manualScheduler();
  const twin = new DdcTwin(written);
  const link = createDdcLink({
    name: '/dev/i2c-1',
    open: () => openI2cBus(1, () => twin.module),
    now: () => scheduler.monotonic(),
    scheduler,
  });
  const heard = { bytes: [] as number[], up: 0, down: [] as string[] };
  const handler = {
    bytes: (chunk: Uint8Array) => heard.bytes.push(...chunk),
    up: () => {
      heard.up += 1;
    },
    down: (reason: string) => heard.down.push(reason),
  };
  return { scheduler, twin, link, heard, handler };
}

linkContract(
  'DDC',
  async (payload) => {
    const { scheduler, twin, link } = rig();
    contractTime = scheduler;
    const send = async () => {
      // It holds 4 kB at most.
      for (let at = 0; at < payload.length; at += 4000) {
        twin.say(payload.subarray(at, at + 4000));
        scheduler.advance(5);
      }
    };
    return { link, send, cleanup: async () => undefined };
  },
  async (done) => {
    for (let i = 0; i < 200 && !done(); i += 1) contractTime.advance(0.1);
    assert.ok(done());
  },
);

test('what is written arrives whole, and no piece of one byte chooses a register', () => {
  const pieces: number[] = [];
  const got: number[] = [];
  const { link, handler, scheduler } = rig((bytes) => {
    pieces.push(bytes.length);
    got.push(...bytes);
  });
  link.open(handler);
  for (const length of [2, 8, 32, 33, 34, 64, 65, 97]) {
    got.length = 0;
    const frame = Uint8Array.from({ length }, (_, i) => i);
    link.write(frame);
    scheduler.advance(0.2);
    assert.equal(got, [...frame]);
  }
  assert.ok(pieces.every((length) => length >= 2 && length <= 32));
});

test('a receiver that goes away is missed after a second, told once, and found again', () => {
  const { link, handler, scheduler, twin, heard } = rig();
  link.open(handler);
  twin.present = false;
  scheduler.advance(0.5);
  assert.equal(heard.down, [], 'a short silence is no loss');
  scheduler.advance(60);
  assert.is(heard.down.length, 1);
  assert.match(heard.down[0] ?? '', /0x42 on i2c-1/);
  twin.present = true;
  scheduler.advance(31);
  assert.is(heard.up, 2);
  twin.say(Uint8Array.of(1, 2, 3));
  scheduler.advance(0.2);
  assert.equal(heard.bytes, [1, 2, 3]);
});

test('a bus that reads as all ones is no stream', () => {
  const { link, handler, scheduler, twin, heard } = rig();
  link.open(handler);
  twin.waiting = { length: 0xffff, shift: () => 0xff } as unknown as number[];
  scheduler.advance(5);
  assert.equal(heard.bytes, []);
});

test('a bus that cannot be opened says why, with the remedy', () => {
  const scheduler = manualScheduler();
  const missing = () => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  };
  const link = createDdcLink({
    ...{ name: '/dev/i2c-1', open: () => openI2cBus(1, missing), now: () => 0n, scheduler },
  });
  const { handler, heard } = rig();
  link.open(handler);
  assert.match(heard.down[0] ?? '', /optional module i2c-bus.*npm install i2c-bus/);
});

for (const generation of [8, 9] as const)
  test(`u-blox ${generation}: set over DDC as over a serial line`, () => {
    const receiver = new UbloxTwin({ generation, port: 'i2c' });
    const { scheduler, twin, link } = rig((bytes) => {
      for (const frame of receiver.receive(bytes)) twin.say(frame);
    });
    const log = new Lines();
    const setup = createSetupLink({
      link,
      wish: { ...WISH, baud: 115_200 },
      remembered: undefined,
      scheduler,
      log,
    });
    const heard = { bytes: 0 };
    setup.open({
      bytes: (chunk) => {
        heard.bytes += chunk.length;
      },
      up() {},
      down() {},
    });
    every(scheduler, 1, () => {
      for (const frame of receiver.second(1_800_000_000_000_000_000n + scheduler.monotonic()))
        twin.say(frame);
    });
    scheduler.advance(60);
    assert.match(stateOf(setup), /^set/);
    assertSet(receiver, generation, 'i2c');
    assert.is(receiver.baud, 9600);
    assert.ok(heard.bytes > 5000);
  });

test.run();
