/**
 * The same on 32-bit arm, where structs and system calls are others (64-bit time on a 32-bit machine): layouts,
 * datagrams with their stamps, the clock, pulses, GPIO, I2C and the modules that are compiled for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Guest } from '../support/guest.js';
import { guestFolder, has, record, skip, test } from '../support/suite.js';
import { testI2c } from './i2c-claims.js';
import { testPulses } from './pulse-claims.js';
import { KERNEL_TESTS, testFiles, testScript } from './scripts.js';

const what = 'a real 32-bit kernel in a guest';
const folder = guestFolder ?? '';
if (!has(what, 'qemu')) {
  // has() has said why.
} else if (!existsSync(join(folder, 'armhf', 'vmlinuz'))) {
  skip(what, 'needs a guest to boot', `scripts/guest.sh ${folder} armhf`);
} else {
  const guest = await Guest.boot({ folder, architecture: 'armhf' });
  try {
    record('guest armhf', { bootSeconds: guest.bootSeconds });
    await testScript(guest, 'layouts', 60);
    await testFiles(guest, KERNEL_TESTS, 90);
    await testScript(guest, 'rtc', 120);
    await testI2c(guest);
    await testScript(guest, 'clock', 120);
    await testPulses(guest);
  } finally {
    await guest.shutdown();
  }
}

test.run();
