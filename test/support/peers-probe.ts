/**
 * A program for peers-noonmark.ts: sends one datagram to port 123 and prints the answer in hexadecimal. The
 * socket is connected: an answer from another address than was asked is none.
 *   node peers-probe.js ADDRESS HEX
 */
import { createSocket } from 'node:dgram';

const WAIT_MS = 2000;
const [address = '', hex = ''] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
const timer = setTimeout(() => {
  console.log('no answer');
  socket.close();
}, WAIT_MS);
socket.on('message', (message) => {
  console.log(`answer ${message.toString('hex')}`);
  clearTimeout(timer);
  socket.close();
});
socket.connect(123, address, () => socket.send(Buffer.from(hex, 'hex')));
