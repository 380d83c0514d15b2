/**
 * A program in a host of the lab: asks a time server every half second, and prints each answer, or that there was none, as
 * one line of JSON.
 *   node looker.js ADDRESS
 */
import { createSocket } from 'node:dgram';
import { exchange, realtimeNs } from '../support/ntp-client.js';

const EVERY_MS = 500;
const [address = ''] = process.argv.slice(2);
const socket = createSocket('udp4');
// A machine that has no address yet is unreachable.
socket.on('error', () => undefined);
for (;;) {
  const answer = await exchange(socket, 123, address);
  if (answer === undefined) process.stdout.write('null\n');
  else {
    const { offsetNs, atNs, ...rest } = answer;
    const monotonicNs = process.hrtime.bigint() - (realtimeNs() - atNs);
    const line = { ...rest, offset: `${offsetNs}`, at: `${atNs}`, monotonic: `${monotonicNs}` };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
