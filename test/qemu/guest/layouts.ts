/** In the guest: are the kernel's structs laid out as drivers/linux thinks on this architecture? */
import { selfTest } from '../../../drivers/linux/selftest.js';
import { claim, end } from './claims.js';

await claim('the self-test of the layouts passes', () => {
  selfTest();
});
end();
