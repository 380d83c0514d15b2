/**
 * noonmark on a real kernel that may be asked for everything: layouts, the steering of its clock, leap seconds.
 * One boot; what runs in the guest is in test/qemu/guest.
 */
import { Guest } from '../support/guest.js';
import { guestFolder, has, record, test } from '../support/suite.js';
import { testScript } from './scripts.js';

if (has('a real kernel in a guest', 'qemu')) {
  const guest = await Guest.boot({ folder: guestFolder ?? '', architecture: 'arm64' });
  try {
    record('guest arm64', { bootSeconds: guest.bootSeconds });
    await testScript(guest, 'layouts', 60);
    await testScript(guest, 'clock', 120);
    await testScript(guest, 'leap', 90);
  } finally {
    await guest.shutdown();
  }
}

test.run();
