/**
 * The matrix of Autokey, symmetric modes: every scheme, active/active and active/passive, noonmark with itself and with
 * 4.2.8p15, whichever has the clock. Two 4.2.8p15 cannot do it: they are the control.
 */
import { claimMatrix } from '../support/peers-autokey-claims.js';
import { SCHEMES } from '../support/peers-autokey-keys.js';
import type { Cell } from '../support/peers-autokey-matrix.js';
import { has, test } from '../support/suite.js';

const PAIRS = [
  { server: 'noonmark', client: 'noonmark' },
  { server: 'noonmark', client: 'p15' },
  { server: 'p15', client: 'noonmark' },
] as const;
const MODES = ['symmetric active/active', 'symmetric active/passive'] as const;

const cells: readonly Cell[] = MODES.flatMap((mode) => [
  ...SCHEMES.flatMap((scheme) =>
    PAIRS.map((pair) => ({ mode, ...pair, scheme, keys: 'noonmark', family: 4 }) as const),
  ),
  ...(['TC', 'IFF', 'GQ'] as const).flatMap((scheme) =>
    PAIRS.filter(({ server, client }) => server !== client).map(
      (pair) => ({ mode, ...pair, scheme, keys: 'ntp-keygen', family: 4 }) as const,
    ),
  ),
  ...PAIRS.map((pair) => ({ mode, ...pair, scheme: 'GQ', keys: 'noonmark', family: 6 }) as const),
]);

if (has('the matrix of Autokey: symmetric modes', 'root', 'peers')) {
  claimMatrix({
    ...{ title: 'symmetric modes', cells, width: 8, secondsEach: 240, controlSeconds: 60 },
    impossible: () => undefined,
  });
  test.run();
}
