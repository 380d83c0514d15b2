/**
 * The matrix of Autokey, symmetric active/active: every scheme, noonmark with itself and with 4.2.8p15, whichever has the clock. Two
 * 4.2.8p15 cannot do it (autokey-reference.md section 8).
 */
import { claimMatrix } from '../support/peers-autokey-claims.js';
import { symmetricCells } from '../support/peers-autokey-matrix.js';
import { has, test } from '../support/suite.js';

if (has('the matrix of Autokey: symmetric active/active', 'root', 'peers')) {
  claimMatrix({
    ...{
      title: 'symmetric active/active',
      cells: symmetricCells('symmetric active/active'),
      impossible: () => undefined,
    },
    ...{ width: 8, secondsEach: 240, controlSeconds: 60 },
  });
  test.run();
}
