/** The engines this process has, for tests that run against both; a missing one is said. */
import { openSslEngine } from '../../../drivers/openssl/modular.js';
import { bigIntEngine } from '../../../src/autokey/powers/bigint-modular.js';
import type { ModularEngine } from '../../../src/autokey/powers/modular.js';
import { skip } from '../../support/suite.js';

export function engines(): ModularEngine[] {
  const openssl = openSslEngine();
  if (openssl.ok) return [bigIntEngine, openssl.engine];
  skip('OpenSSL beside BigInt', openssl.reason, 'a node binary that exports libcrypto, and koffi');
  return [bigIntEngine];
}
