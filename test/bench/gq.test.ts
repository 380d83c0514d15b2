import { run, table } from '../../bench/gq.js';
import { libcrypto } from '../../drivers/openssl/libcrypto.js';
import { assert, skip, test } from '../support/suite.js';

const bound = libcrypto();
if (!bound.ok) skip('bench gq', bound.reason, 'a node binary that exports libcrypto');
else {
  test('bench gq measures both ways in one run, within 2 MiB, and its answers verify', async () => {
    const [figures] = await run({ bits: [512], rounds: 9 });
    assert.ok(figures !== undefined && figures.bits === 512 && figures.engine === 'openssl');
    for (const value of Object.values(figures)) assert.ok(typeof value === 'string' || value > 0);
    assert.ok(figures.tableBytes + figures.poolBytes <= 2 * 1024 * 1024);
    // Far from the figure aimed at (1/4): a test run shares its cores.
    assert.ok(figures.ratio < 1, `${figures.ratio}`);
    assert.match(table([figures]), /512 openssl/);
  });
}

test.run();
