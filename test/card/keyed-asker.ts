/**
 * A program in a host of the lab: asks a time server with a symmetric key, once, and prints what came: "authentic" with that
 * key's MAC, "refused" (crypto-NAK), "other" or "silence".
 *   node keyed-asker.js ADDRESS KEYS-FILE NUMBER
 */
import { createSocket } from 'node:dgram';
import { loadKeysFile } from '../../src/auth/load-keys.js';
import { appendMac, keyTable, verifyMac } from '../../src/auth/mac.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { decodeHeader, HEADER_LENGTH } from '../../src/wire/header.js';
import { isCryptoNak, newTail, scanTail } from '../../src/wire/mac-trailer.js';
import { clientRequest, realtimeNs } from '../support/ntp-client.js';

const PATIENCE_MS = 3000;
const [address = '', file = '', number = ''] = process.argv.slice(2);
const key = keyTable(loadKeysFile(file).keys).get(Number(number));
if (key === undefined) throw new Error(`${file} has no key ${number}`);

const origin = unixNsToNtp(realtimeNs());
const request = new Uint8Array(HEADER_LENGTH + 4 + key.macLength);
request.set(clientRequest(origin));
appendMac(key, request, HEADER_LENGTH);

/** Undefined: no answer to this request. */
function verdictOn(packet: Buffer): string | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const header = decodeHeader(view, packet.length);
  if (!header.ok || header.value.originTime !== origin) return undefined;
  const tail = newTail();
  if (scanTail(view, packet.length, tail) !== undefined) return 'other';
  if (isCryptoNak(tail)) return 'refused';
  const isOurs = key !== undefined && tail.keyId === key.id;
  return isOurs && verifyMac(key, packet, tail.macAt, tail.macLength) ? 'authentic' : 'other';
}

const socket = createSocket('udp4');
const end = (verdict: string) => process.stdout.write(`${verdict}\n`, () => process.exit(0));
socket.on('error', () => undefined);
socket.on('message', (packet) => {
  const verdict = verdictOn(packet);
  if (verdict !== undefined) end(verdict);
});
setTimeout(() => end('silence'), PATIENCE_MS);
socket.send(request, 123, address);
