/**
 * The matrix of Autokey, broadcast: every scheme, noonmark with itself and with 4.2.8p15 either way, over IPv4.
 */
import { claimMatrix } from '../support/peers-autokey-claims.js';
import { groupCells } from '../support/peers-autokey-matrix.js';
import { has, test } from '../support/suite.js';

if (has('the matrix of Autokey: broadcast', 'root', 'peers')) {
  claimMatrix({
    ...{ title: 'broadcast', cells: groupCells('broadcast'), impossible: () => undefined },
    ...{ width: 8, secondsEach: 240, controlSeconds: 60 },
  });
  test.run();
}
