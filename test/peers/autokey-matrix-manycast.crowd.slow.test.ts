/**
 * The matrix of Autokey, manycast: every scheme, noonmark with itself and with 4.2.8p15 either way, over IPv4 and (GQ) IPv6.
 */
import { claimMatrix } from '../support/peers-autokey-claims.js';
import { groupCells } from '../support/peers-autokey-matrix.js';
import { has, test } from '../support/suite.js';

if (has('the matrix of Autokey: manycast', 'root', 'peers')) {
  claimMatrix({
    ...{ title: 'manycast', cells: groupCells('manycast'), impossible: () => undefined },
    ...{ width: 8, secondsEach: 240, controlSeconds: 60 },
  });
  test.run();
}
