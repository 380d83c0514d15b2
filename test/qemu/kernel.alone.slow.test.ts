/**
 * noonmark on a real kernel that may be asked for everything: layouts, the steering of its clock, leap seconds.
 * One boot; what runs in the guest is in test/qemu/guest.
 */
import { Guest } from '../support/guest.js';
import { Pulses } from '../support/pulses.js';
import { guestFolder, has, record, test } from '../support/suite.js';
import { testScript } from './scripts.js';

if (has('a real kernel in a guest', 'qemu')) {
  const guest = await Guest.boot({ folder: guestFolder ?? '', architecture: 'arm64' });
  try {
    record('guest arm64', { bootSeconds: guest.bootSeconds });
    await testScript(guest, 'layouts', 60);
    await testScript(guest, 'clock', 120);
    await testScript(guest, 'leap', 90);
    console.log(guest.hurry());
    const pulses = new Pulses(guest, 1_000_000_000n, (r) => console.log(JSON.stringify(r)));
    console.log((await testScript(guest, 'pulses', 60, '20')).join('\n'));
    console.log((await testScript(guest, 'gpio', 90, '10')).join('\n'));
    pulses.stop();
  } finally {
    await guest.shutdown();
  }
}

test.run();
