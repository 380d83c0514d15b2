/**
 * `-M`: a file of symmetric keys, ten MD5 and ten SHA1 as ntp-keygen makes them, and ten for AES-CMAC (RFC 8573), which
 * its newer daemons read too. The file's language is auth/keys-file.ts.
 * Source: ntp-keygen(8) 4.2.8 (-M); run of 4.2.8p15 (names, columns).
 */
import type { Random } from '../../ports/random.js';
import { stampedName } from '../files/names.js';
import { writeArmour } from '../files/pem.js';
import { drawInteger } from '../powers/random-number.js';
import type { NewFile } from './new-file.js';

const KEYS_OF_EACH = 10;
const MD5_LENGTH = 20;
const SHA1_BYTES = 20;
const AES_BYTES = 16;

/** `ntpkey_MD5key_HOST.FILESTAMP` with the link `ntp.keys`. */
export function symmetricKeysFile(random: Random, hostName: string, filestamp: number): NewFile {
  const name = stampedName('MD5key', hostName, filestamp);
  const line = (id: number, type: string, secret: string) =>
    `${String(id).padStart(2, ' ')} ${type} ${secret}  # ${type} key\n`;
  const ids = Array.from({ length: KEYS_OF_EACH }, (_, index) => index + 1);
  const hex = (bytes: number) => Buffer.from(random.bytes(bytes)).toString('hex');
  const lines = [
    ...ids.map((id) => line(id, 'MD5', printableSecret(random))),
    ...ids.map((id) => line(id + KEYS_OF_EACH, 'SHA1', hex(SHA1_BYTES))),
    ...ids.map((id) => line(id + 2 * KEYS_OF_EACH, 'AES128CMAC', hex(AES_BYTES))),
  ];
  return { name, mode: 0o600, text: writeArmour(name, filestamp, lines), links: ['ntp.keys'] };
}

/** Printable ASCII without blank and '#', which begins a comment. */
function printableSecret(random: Random): string {
  const draw = () => Number(drawInteger(random, 0x21n, 0x7en, (code) => code !== 0x23n));
  return String.fromCharCode(...Array.from({ length: MD5_LENGTH }, draw));
}
