/**
 * The matrix of Autokey, symmetric active/active: every scheme, noonmark with itself and with 4.2.8p15, whichever has the clock,
 * with keys of either generator. Two 4.2.8p15 cannot do it (autokey-reference.md section 8).
 */
import { claimMode } from '../support/peers-autokey-claims.js';
import { has, test } from '../support/suite.js';

if (has('the matrix of Autokey: symmetric active/active', 'root', 'peers')) {
  claimMode('symmetric active/active');
  test.run();
}
