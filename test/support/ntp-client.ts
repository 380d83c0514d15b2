/**
 * A plain mode 3 client over UDP for end-to-end tests: what the served time is against this machine's clock.
 */
import { createSocket, type Socket } from 'node:dgram';
import { CLOCK } from '../../drivers/linux/abi.js';
import { TimespecReader } from '../../drivers/linux/clock.js';
import { ntpDifferenceSeconds, ntpToUnixNs, unixNsToNtp } from '../../src/units/time.js';
import { decodeHeader, encodeHeader, HEADER_LENGTH, MODE, type NtpHeader } from '../../src/wire/header.js';

export interface Answer {
  readonly leap: number;
  readonly stratum: number;
  /** the four bytes as text, zeros left out */
  readonly refid: string;
  readonly rootDispersionSeconds: number;
  /** served minus this machine's clock, seconds, within half of `delaySeconds`; exact to a ns only near zero */
  readonly offsetSeconds: number;
  /** the same without loss: Unix ns */
  readonly offsetNs: bigint;
  readonly delaySeconds: number;
  /** this machine's clock when the answer came, Unix ns */
  readonly atNs: bigint;
}

const reader = new TimespecReader(CLOCK.realtime);
/** CLOCK_REALTIME, Unix ns. */
export const realtimeNs = (): bigint => reader.readNs();

const EMPTY: NtpHeader = {
  leap: 0,
  version: 4,
  mode: MODE.client,
  stratum: 0,
  poll: 3,
  precision: -20,
  rootDelay: 0,
  rootDispersion: 0,
  refid: 0,
  referenceTime: 0n,
  originTime: 0n,
  receiveTime: 0n,
  transmitTime: 0n,
};

export function clientRequest(transmitTime: bigint): Buffer {
  const bytes = Buffer.alloc(HEADER_LENGTH);
  encodeHeader({ ...EMPTY, transmitTime }, new DataView(bytes.buffer, bytes.byteOffset, HEADER_LENGTH));
  return bytes;
}

const refidText = (refid: number): string =>
  [24, 16, 8, 0]
    .map((shift) => (refid >>> shift) & 0xff)
    .filter((byte) => byte !== 0)
    .map((byte) => String.fromCharCode(byte))
    .join('');

/** One exchange from `socket` (bound by its first use); undefined: no answer to it within a quarter of a second. */
export async function exchange(
  socket: Socket,
  port: number,
  host = '127.0.0.1',
): Promise<Answer | undefined> {
  const sentNs = realtimeNs();
  const origin = unixNsToNtp(sentNs);
  const request = clientRequest(origin);
  return new Promise((resolve) => {
    const finish = (answer: Answer | undefined) => {
      clearTimeout(timer);
      socket.off('message', take);
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), 250);
    const take = (message: Buffer) => {
      const atNs = realtimeNs();
      const view = new DataView(message.buffer, message.byteOffset, message.length);
      const decoded = decodeHeader(view, message.length);
      if (!decoded.ok || decoded.value.originTime !== origin) return;
      const { value } = decoded;
      const receiveNs = ntpToUnixNs(value.receiveTime, atNs);
      const transmitNs = ntpToUnixNs(value.transmitTime, atNs);
      const offsetNs = (receiveNs - sentNs + (transmitNs - atNs)) / 2n;
      finish({
        leap: value.leap,
        stratum: value.stratum,
        refid: refidText(value.refid),
        rootDispersionSeconds: value.rootDispersion / 65536,
        offsetSeconds: Number(offsetNs) / 1e9,
        offsetNs,
        delaySeconds:
          Number(atNs - sentNs) / 1e9 - ntpDifferenceSeconds(value.transmitTime, value.receiveTime),
        atNs,
      });
    };
    socket.on('message', take);
    socket.send(request, port, host, (error) => {
      if (error !== null) finish(undefined);
    });
  });
}

/** The exchange with the least delay of `count`; undefined: none was answered. `from`: the address to ask from. */
export async function askBest(
  port: number,
  count: number,
  host = '127.0.0.1',
  from?: string,
): Promise<Answer | undefined> {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  if (from !== undefined) await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  try {
    let best: Answer | undefined;
    for (let i = 0; i < count; i += 1) {
      const answer = await exchange(socket, port, host);
      if (answer !== undefined && (best === undefined || answer.delaySeconds < best.delaySeconds))
        best = answer;
    }
    return best;
  } finally {
    socket.close();
  }
}
