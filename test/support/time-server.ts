/**
 * An NTP server of the test's own on loopback: stratum 1, and the time it is told to tell.
 */
import { createSocket } from 'node:dgram';
import { unixNsToNtp } from '../../src/units/time.js';
import { decodeHeader, encodeHeader, HEADER_LENGTH, MODE } from '../../src/wire/header.js';

export interface TimeServer {
  readonly port: number;
  /** requests answered so far */
  answered(): number;
  close(): void;
}

/** `nowNs`: the time to tell, Unix ns; undefined: it does not answer just now. */
export async function startTimeServer(nowNs: () => bigint | undefined): Promise<TimeServer> {
  const socket = createSocket('udp4');
  let answered = 0;
  socket.on('message', (message, from) => {
    const receivedNs = nowNs();
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const request = decodeHeader(view, message.length);
    if (receivedNs === undefined || !request.ok || request.value.mode !== MODE.client) return;
    const reply = Buffer.alloc(HEADER_LENGTH);
    const header = {
      leap: 0,
      version: request.value.version,
      mode: MODE.server,
      stratum: 1,
      poll: request.value.poll,
      precision: -20,
      rootDelay: 0,
      rootDispersion: 66,
      refid: 0x54455354, // TEST
      referenceTime: unixNsToNtp(receivedNs - 1_000_000_000n),
      originTime: request.value.transmitTime,
      receiveTime: unixNsToNtp(receivedNs),
      transmitTime: unixNsToNtp(nowNs() ?? receivedNs),
    };
    encodeHeader(header, new DataView(reply.buffer, reply.byteOffset, HEADER_LENGTH));
    answered += 1;
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, answered: () => answered, close: () => socket.close() };
}
