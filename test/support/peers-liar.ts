/**
 * A program for the peer tests: an SNTP server whose clock is wrong by a constant, and which claims stratum 1.
 *   node peers-liar.js SECONDS
 */
import { createSocket } from 'node:dgram';
import { unixNsToNtp } from '../../src/units/time.js';
import { decodeHeader, encodeHeader, HEADER_LENGTH, MODE } from '../../src/wire/header.js';

const errorMs = 1000 * Number(process.argv[2]);
const LIE = 0x4c494521; // "LIE!"

const now = () =>
  unixNsToNtp(BigInt(Math.round((performance.timeOrigin + performance.now() + errorMs) * 1e6)));

for (const type of ['udp4', 'udp6'] as const) {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  socket.on('message', (message, from) => {
    const receiveTime = now();
    const request = decodeHeader(
      new DataView(message.buffer, message.byteOffset, message.length),
      message.length,
    );
    if (!request.ok || request.value.mode !== MODE.client) return;
    const reply = new Uint8Array(HEADER_LENGTH);
    encodeHeader(
      {
        ...request.value,
        leap: 0,
        mode: MODE.server,
        stratum: 1,
        precision: -20,
        rootDelay: 0,
        rootDispersion: 1,
        refid: LIE,
        referenceTime: receiveTime - (1n << 32n),
        originTime: request.value.transmitTime,
        receiveTime,
        transmitTime: now(),
      },
      new DataView(reply.buffer),
    );
    socket.send(reply, from.port, from.address);
  });
  socket.bind(123);
}
