/**
 * A program for the peer tests: asks a server for a certificate from every address of a /24 in turn, at a fixed rate, and
 * prints what came back. The addresses are routed to this host, so the answers can be counted; it never takes note of
 * them, as a forger could not.
 *   node autokey-spoofer.js SERVER PREFIX(a.b.c) NAME PER-SECOND SECONDS
 */
import { LinuxPacketBatch } from '../../drivers/linux/packet-batch.js';
import { openServerSocket } from '../../drivers/linux/server-socket.js';
import { fieldBytes, requestHeader } from '../../src/autokey/dance/field.js';
import { appendSessionMac, sessionKey } from '../../src/autokey/session-key.js';
import { unsignedValue } from '../../src/autokey/value.js';
import { parseAddress } from '../../src/source/address.js';
import { HEADER_LENGTH } from '../../src/wire/header.js';

const [server = '', prefix = '', name = '', perSecond = '', seconds = ''] = process.argv.slice(2);
const to = parseAddress(server) ?? new Uint8Array(4);
const batch = new LinuxPacketBatch();
const socket = openServerSocket({ family: 4, port: 0, receiveBuffer: 1 << 20 });
const field = fieldBytes(requestHeader('cert', 7), unsignedValue(0, 0, Buffer.from(name)));
const KEY_ID = 70_000;

const packets = Array.from({ length: 254 }, (_, i) => {
  const source = Uint8Array.from([...prefix.split('.').map(Number), i + 1]);
  const bytes = new Uint8Array(2120);
  bytes[0] = 0x23;
  bytes.set(field, HEADER_LENGTH);
  bytes.fill(1, 40, 48);
  const key = sessionKey('MD5', source, to, KEY_ID, 0);
  const length = appendSessionMac('MD5', key, KEY_ID, bytes, HEADER_LENGTH + field.length);
  return { source, bytes: bytes.slice(0, length) };
});

const found = { requests: 0, bytesIn: 0, answers: 0, bytesOut: 0 };
const take = (): void => {
  for (let count = batch.receive(socket); count > 0; count = batch.receive(socket))
    for (let i = 0; i < count; i += 1) {
      found.answers += 1;
      found.bytesOut += batch.length(i);
    }
};
const started = process.hrtime.bigint();
const timer = setInterval(() => {
  const elapsed = Number(process.hrtime.bigint() - started) / 1e9;
  take();
  if (elapsed > Number(seconds) + 2) {
    clearInterval(timer);
    console.log(JSON.stringify(found));
    process.exit(0);
  }
  const due = Math.min(elapsed, Number(seconds)) * Number(perSecond);
  for (; found.requests < due; found.requests += 1) {
    const { source, bytes } = packets[found.requests % packets.length]!;
    batch.sendTo(socket, bytes, bytes.length, to, 123, source, 0);
    found.bytesIn += bytes.length;
  }
}, 5);
