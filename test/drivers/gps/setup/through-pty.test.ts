/**
 * The set-up over the real serial link, on a pseudo-terminal with a receiver's twin behind it: the contract of the virtual
 * rigs in real time. A pty has no speed of its own, so a change of speed shows only in what both ends believe.
 */
import { createSetupLink } from '../../../../drivers/gps/setup/setup-link.js';
import { realScheduler } from '../../../../drivers/linux/scheduler.js';
import { createSerialLink } from '../../../../drivers/serial/serial-link.js';
import { UbloxTwin } from '../../../../src/sim/ublox-twin.js';
import { openPty } from '../../../support/pty.js';
import { assert, test } from '../../../support/suite.js';
import { assertSet, Lines, stateOf, WISH } from './setup-kit.js';

const LIMIT_MS = 60_000;

for (const generation of [8, 9] as const)
  test(`u-blox ${generation}: set through a serial port of the kernel, speed and all`, async () => {
    const pty = openPty();
    const twin = new UbloxTwin({ generation });
    const log = new Lines();
    const now = () => process.hrtime.bigint();
    const serial = createSerialLink({
      path: pty.path,
      expected: [38_400, 9600],
      now,
      scheduler: realScheduler,
    });
    const link = createSetupLink({
      ...{
        link: serial,
        wish: { ...WISH, baud: 38_400 },
        remembered: undefined,
        scheduler: realScheduler,
        log,
      },
    });
    let seconds = 0;
    const answering = setInterval(() => {
      for (const frame of twin.receive(pty.read())) pty.write(frame);
    }, 5);
    const speaking = setInterval(() => {
      seconds += 1;
      for (const frame of twin.second(1_800_000_000_000_000_000n + BigInt(seconds) * 1_000_000_000n))
        pty.write(frame);
    }, 1000);
    link.open({ bytes() {}, up() {}, down() {} });
    const started = Date.now();
    while (link.setup.view.state !== 'set' && Date.now() - started < LIMIT_MS)
      await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(answering);
    clearInterval(speaking);
    assert.match(stateOf(link), /^set/);
    assertSet(twin, generation);
    assert.equal([twin.baud, serial.speed?.baud], [38_400, 38_400]);
    await link.close();
    pty.close();
  });

test.run();
