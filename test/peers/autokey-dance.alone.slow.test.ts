/**
 * How long a full dance between two noonmarkds takes with iburst, on a quiet machine: from the client's start to 0x7f00, the
 * start of the program and up to 2 s until the test looks again included. The reference takes 33 to 55 s.
 */
import { Matrix, nameOf, rowOf } from '../support/peers-autokey-matrix.js';
import { assert, has, record, test } from '../support/suite.js';

const MOST_SECONDS = 10;
const WATCHED_SECONDS = 60;
const LOOK_SECONDS = 0.5;

if (has('a dance between two noonmarkds in less than 10 s', 'root', 'peers')) {
  const matrix = new Matrix(WATCHED_SECONDS, LOOK_SECONDS);
  test.after(() => matrix.close());

  for (const scheme of ['TC', 'IFF', 'GQ', 'MV'] as const)
    test(`${scheme}: the whole dance in less than ${MOST_SECONDS} s`, async () => {
      const cell = {
        ...({ scheme, mode: 'client-server', family: 4, keys: 'noonmark' } as const),
        ...({ server: 'noonmark', client: 'noonmark' } as const),
      };
      const result = await matrix.run(cell);
      assert.ok(
        result.seconds !== undefined && result.seconds < MOST_SECONDS,
        `${rowOf(result)}\n${result.report}`,
      );
      record(`autokey-dance/${nameOf(cell)}`, { seconds: result.seconds });
    });
  test.run();
}
