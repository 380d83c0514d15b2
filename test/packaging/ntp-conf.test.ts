import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { assert, projectRoot, test } from '../support/suite.js';

const file = join(projectRoot, 'packaging', 'ntp.conf');

test('the default configuration has no mistake, and reads receiver and pulse by their stable names', () => {
  const { config, problems } = loadConfig(file);
  assert.equal(problems, []);
  assert.equal(
    config.refclocks.map(({ kind, device, baud }) => [kind, device, baud]),
    [
      ['gps', '/dev/gps0', undefined],
      ['pps', '/dev/pps-gps', undefined],
    ],
  );
  assert.is(config.clock, 'system');
  assert.is(config.board, 'auto');
});

test('by the default configuration everybody is answered, limited, and nobody may look inside or change anything', () => {
  const { config } = loadConfig(file);
  const everybody = config.restrict.filter((rule) => rule.flags.length > 0);
  assert.ok(everybody.length > 0);
  for (const { flags } of everybody)
    for (const flag of ['limited', 'kod', 'nomodify', 'noquery'] as const)
      assert.ok(flags.includes(flag), flag);
  for (const { flags } of config.restrict)
    for (const flag of ['ignore', 'noserve'] as const) assert.not.ok(flags.includes(flag), flag);
});

test.run();
