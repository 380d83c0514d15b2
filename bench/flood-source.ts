/**
 * The flood: a worker that sends ready-made packets at a fixed rate from many loopback addresses, and counts what comes back.
 * Precomputed, so that it takes little of the processor from those who are measured; in quiet the same packets go
 * to a socket that nobody reads, so that what the sender itself takes is the same in both.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { LinuxPacketBatch } from '../drivers/linux/packet-batch.js';
import { closeSocket, openServerSocket } from '../drivers/linux/server-socket.js';
import { AT } from '../src/wire/header.js';
import { type FloodSender, repeatIn, SERVER } from './flood-packets.js';

/** Words of the page that both sides see. */
export const FLOOD = { command: 0, sent: 1, sentBytes: 2, answers: 3, answerBytes: 4, real: 5 } as const;
/** hello: each sender asks a short question, and takes note of the answer as a client does; quiet: nobody gets the packets */
export const FLOOD_COMMAND = { rest: 0, flood: 1, end: 2, hello: 3, quiet: 4 } as const;
export const FLOOD_WORDS = 8;

export interface FloodData {
  readonly flood: true;
  readonly page: SharedArrayBuffer;
  readonly senders: readonly FloodSender[];
  readonly perSecond: number;
  readonly port: number;
  /** of a socket that nobody reads */
  readonly sinkPort: number;
}

const TICK_MS = 1;
/** Packets behind schedule are given up beyond so many. */
const MOST_AT_ONCE = 64;

const HELLOS_A_SECOND = 150;

function run({ page, senders, perSecond, port, sinkPort }: FloodData): void {
  const words = new Int32Array(page);
  const batch = new LinuxPacketBatch();
  const socket = openServerSocket({ family: 4, port: 0, receiveBuffer: 1 << 20 });
  const sink = openServerSocket({ family: 4, address: '127.0.0.1', port: sinkPort });
  const byAddress = new Map(senders.map((sender) => [sender.source.join('.'), sender]));
  const real = new Set<FloodSender>();
  let next = 0;
  let sent = 0;
  let started = process.hrtime.bigint();
  try {
    for (;;) {
      const command = Atomics.load(words, FLOOD.command);
      if (command === FLOOD_COMMAND.end) return;
      for (let count = batch.receive(socket); count > 0; count = batch.receive(socket)) {
        Atomics.add(words, FLOOD.answers, count);
        for (let i = 0; i < count; i += 1) {
          Atomics.add(words, FLOOD.answerBytes, batch.length(i));
          const sender = byAddress.get(batch.destination(i).join('.'));
          if (sender === undefined || real.has(sender)) continue;
          // Once proven it is so for an hour.
          real.add(sender);
          Atomics.store(words, FLOOD.real, real.size);
          const transmitTime = batch.input(i).getBigUint64(AT.transmitTime);
          for (const bytes of sender.requests) repeatIn(bytes, sender.source, transmitTime);
        }
      }
      if (command === FLOOD_COMMAND.rest) {
        Atomics.wait(words, FLOOD.command, FLOOD_COMMAND.rest, 20);
        started = process.hrtime.bigint();
        sent = 0;
        continue;
      }
      const isHello = command === FLOOD_COMMAND.hello;
      const rate = isHello ? HELLOS_A_SECOND : perSecond;
      const due = Math.floor((Number(process.hrtime.bigint() - started) / 1e9) * rate);
      if (due - sent > MOST_AT_ONCE) sent = due - MOST_AT_ONCE;
      for (; sent < due; sent += 1) {
        const { source, hello, requests } = senders[next % senders.length]!;
        // Each request of all senders in turn.
        const bytes = isHello ? hello : requests[Math.floor(next / senders.length) % requests.length]!;
        next += 1;
        const isQuiet = command === FLOOD_COMMAND.quiet;
        batch.sendTo(socket, bytes, bytes.length, SERVER, isQuiet ? sinkPort : port, source, 0);
        if (isQuiet) continue;
        Atomics.add(words, FLOOD.sent, 1);
        Atomics.add(words, FLOOD.sentBytes, bytes.length);
      }
      Atomics.wait(words, FLOOD.command, command, TICK_MS);
    }
  } finally {
    closeSocket(socket);
    closeSocket(sink);
  }
}

const isFloodData = (data: unknown): data is FloodData =>
  typeof data === 'object' && data !== null && 'flood' in data && data.flood === true;

if (!isMainThread && isFloodData(workerData)) run(workerData);
