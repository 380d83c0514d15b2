/** The names of mode 6 are relied on: those listed in the repository, and those that ntpd itself was seen to answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOCK_VARIABLES, defaultClockVariables } from '../../src/control/clock-variables.js';
import { DEFAULT_PEER_VARIABLES, PEER_VARIABLES } from '../../src/control/peer-variables.js';
import { DEFAULT_SYSTEM_VARIABLES, SYSTEM_VARIABLES } from '../../src/control/system-variables.js';
import { assert, has, projectRoot, sharedFolder, test } from '../support/suite.js';
import { refclockView } from './fixture.js';

const TABLES = { system: SYSTEM_VARIABLES, peer: PEER_VARIABLES, clock: CLOCK_VARIABLES };

test('every variable stands in test/contracts/mode6-variables.txt, and nothing else does', () => {
  const listed = readFileSync(join(projectRoot, 'test/contracts/mode6-variables.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const known = Object.entries(TABLES).flatMap(([table, variables]) =>
    Object.keys(variables).map((name) => `${table} ${name}`),
  );
  assert.equal(listed, known.sort());
});

test('what is shown by default is known', () => {
  for (const name of DEFAULT_SYSTEM_VARIABLES) assert.ok(Object.hasOwn(SYSTEM_VARIABLES, name), name);
  for (const name of DEFAULT_PEER_VARIABLES) assert.ok(Object.hasOwn(PEER_VARIABLES, name), name);
  for (const name of defaultClockVariables(refclockView()))
    assert.ok(Object.hasOwn(CLOCK_VARIABLES, name), name);
});

/** With Autokey, with a clock that was set, with a broadcast; xleave only where the path is measured so. */
const AUTOKEY = ['host', 'ident', 'flags', 'digest', 'signature', 'update', 'cert'];
const OF_PEER = ['initsequence', 'initkey', 'timestamp'];
const OPTIONAL = [
  ...AUTOKEY,
  ...OF_PEER,
  'tai',
  'leapsec',
  'expire',
  'ttl',
  'srchost',
  'xleave',
  'bias',
  'in',
  'out',
];

/** The names in the order in which ntpq printed them, of a block that begins with `associd=`. */
const namesIn = (block: string): string[] =>
  [...block.matchAll(/(?:^|[,\n]\s*)([a-z_]+)=/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'associd');

if (has('the order of variables that ntpd 4.2.8p15 was seen to give', 'shared')) {
  test('our defaults have the names and the order of every answer recorded from ntpd 4.2.8p15', () => {
    const vectors = join(sharedFolder, 'reference/vectors');
    let blocks = 0;
    const files = readdirSync(vectors, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('ntpq.txt'),
    );
    for (const file of files) {
      for (const block of readFileSync(join(vectors, file), 'utf8')
        .split(/^(?=associd=)/m)
        .slice(1)) {
        const isSystem = block.startsWith('associd=0 ');
        const ours = isSystem ? DEFAULT_SYSTEM_VARIABLES : DEFAULT_PEER_VARIABLES;
        const text = block.split(/\n\s*\n/)[0] ?? '';
        // pairs of cert and until, as many as there are
        const theirs = [...new Set(namesIn(text))].filter((name) => name !== 'until');
        const common = theirs.filter((name) => ours.includes(name));
        assert.equal(
          theirs.filter((name) => !ours.includes(name) && !OPTIONAL.includes(name)),
          [],
          file,
        );
        assert.equal(
          common,
          ours.filter((name) => !OPTIONAL.includes(name) || theirs.includes(name)),
          file,
        );
        blocks += 1;
      }
    }
    assert.ok(blocks > 100, `${blocks}`);
  });
}

test.run();
