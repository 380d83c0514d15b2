/**
 * The matrix of Autokey, manycast: every scheme, noonmark with itself and with 4.2.8p15 either way, with keys of either
 * generator, over IPv4 and (GQ) IPv6.
 */
import { claimMode } from '../support/peers-autokey-claims.js';
import { has, test } from '../support/suite.js';

if (has('the matrix of Autokey: manycast', 'root', 'peers')) {
  claimMode('manycast');
  test.run();
}
