/**
 * The matrix of Autokey, broadcast: every scheme, noonmark with itself and with 4.2.8p15 either way, with keys of either
 * generator, over IPv4.
 */
import { claimMode } from '../support/peers-autokey-claims.js';
import { has, test } from '../support/suite.js';

if (has('the matrix of Autokey: broadcast', 'root', 'peers')) {
  claimMode('broadcast');
  test.run();
}
