/**
 * The matrix of Autokey, client-server: every scheme, noonmark with itself and with 4.2.8p15 either way, with keys of
 * either generator, over IPv4 and (GQ) IPv6.
 */
import { claimMatrix, type Impossible } from '../support/peers-autokey-claims.js';
import { SCHEMES } from '../support/peers-autokey-keys.js';
import type { Cell } from '../support/peers-autokey-matrix.js';
import { has, test } from '../support/suite.js';

const PAIRS = [
  { server: 'noonmark', client: 'noonmark' },
  { server: 'noonmark', client: 'p15' },
  { server: 'p15', client: 'noonmark' },
] as const;
const MODE = { mode: 'client-server' } as const;

const cells: readonly Cell[] = [
  ...(['noonmark', 'ntp-keygen'] as const).flatMap((keys) =>
    SCHEMES.flatMap((scheme) =>
      PAIRS.map((pair) => ({ ...MODE, ...pair, scheme, keys, family: 4 }) as const),
    ),
  ),
  ...PAIRS.map((pair) => ({ ...MODE, ...pair, scheme: 'GQ', keys: 'noonmark', family: 6 }) as const),
];

/** ntp-keygen's files lose numbers that only the generator had (autokey-reference.md section 6.6). */
const impossible = ({ scheme, keys }: Cell): Impossible | undefined =>
  scheme === 'MV' && keys === 'ntp-keygen'
    ? {
        reason:
          "ntp-keygen 4.2.8p15 writes MV keys as PKCS#8, which has no place for the servers' ghat and the clients' xhat",
      }
    : undefined;

if (has('the matrix of Autokey: client-server', 'root', 'peers')) {
  claimMatrix({
    ...{ title: 'client-server', cells, impossible, width: 8, secondsEach: 240, controlSeconds: 60 },
  });
  test.run();
}
