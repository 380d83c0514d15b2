/**
 * noonmark on a real kernel that may be asked for everything: layouts, datagrams with their stamps, steering of the
 * clock, leap seconds, pulses, GPIO, I2C, and the whole daemon on them. One boot; what runs there is in test/qemu/guest.
 */
import { Guest } from '../support/guest.js';
import { guestFolder, has, record, test } from '../support/suite.js';
import { testDaemonRun } from './daemon-claims.js';
import { daemonFiles, runDaemon } from './daemon-run.js';
import { testI2c } from './i2c-claims.js';
import { testPulses } from './pulse-claims.js';
import { KERNEL_TESTS, testFiles, testScript } from './scripts.js';

if (has('a real kernel in a guest', 'qemu')) {
  const guest = await Guest.boot({
    folder: guestFolder ?? '',
    architecture: 'arm64',
    files: daemonFiles(),
  });
  try {
    record('guest arm64', { bootSeconds: guest.bootSeconds });
    await testScript(guest, 'layouts', 60);
    await testFiles(guest, KERNEL_TESTS, 90);
    await testScript(guest, 'rtc', 120);
    await testI2c(guest);
    await testScript(guest, 'clock', 120);
    await testScript(guest, 'leap', 90);
    await testPulses(guest);
    testDaemonRun('arm64', await runDaemon(guest));
  } finally {
    await guest.shutdown();
  }
}

test.run();
