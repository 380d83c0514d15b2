/**
 * The matrix of Autokey, modes of many: every scheme over broadcast, multicast and manycast, noonmark with itself and
 * with 4.2.8p15 either way, over IPv4 and (GQ; there is no IPv6 broadcast) IPv6.
 */
import { claimMatrix } from '../../support/peers-autokey-claims.js';
import { SCHEMES } from '../../support/peers-autokey-keys.js';
import type { Cell } from '../../support/peers-autokey-matrix.js';
import { has, test } from '../../support/suite.js';

const PAIRS = [
  { server: 'noonmark', client: 'noonmark' },
  { server: 'noonmark', client: 'p15' },
  { server: 'p15', client: 'noonmark' },
] as const;
const MODES = ['broadcast', 'multicast', 'manycast'] as const;

const cells: readonly Cell[] = MODES.flatMap((mode) => [
  ...SCHEMES.flatMap((scheme) =>
    PAIRS.map((pair) => ({ mode, ...pair, scheme, keys: 'noonmark', family: 4 }) as const),
  ),
  ...(['TC', 'IFF', 'GQ'] as const).flatMap((scheme) =>
    PAIRS.filter(({ server, client }) => server !== client).map(
      (pair) => ({ mode, ...pair, scheme, keys: 'ntp-keygen', family: 4 }) as const,
    ),
  ),
  ...(mode === 'broadcast'
    ? []
    : PAIRS.map((pair) => ({ mode, ...pair, scheme: 'GQ', keys: 'noonmark', family: 6 }) as const)),
]);

if (has('the matrix of Autokey: broadcast, multicast, manycast', 'root', 'peers')) {
  claimMatrix({
    ...{ title: 'broadcast, multicast, manycast', cells, width: 8, secondsEach: 240, controlSeconds: 60 },
    impossible: () => undefined,
  });
  test.run();
}
