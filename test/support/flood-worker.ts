/**
 * A thread that asks a port of 127.0.0.1 as fast as it can, for a time and up to a count; then tells how often it asked
 * and how many answers it saw.
 */
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { DatagramSender, loopbackAddress } from './datagram-sender.js';
import { clientRequest } from './ntp-client.js';

export interface Flood {
  readonly sent: number;
  readonly answered: number;
}

interface FloodOrder {
  readonly floodPort: number;
  readonly seconds: number;
  readonly most: number;
}

/** Begins at once; resolves when it is over. */
export function flood(floodPort: number, seconds: number, most = 3_000_000): Promise<Flood> {
  const order: FloodOrder = { floodPort, seconds, most };
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: order });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function run({ floodPort, seconds, most }: FloodOrder): Flood {
  const sender = new DatagramSender(floodPort);
  const request = clientRequest(0x1234_5678n);
  const until = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
  let sent = 0;
  let answered = 0;
  try {
    while (sent < most && process.hrtime.bigint() < until) {
      for (let i = 0; i < 64; i += 1) if (sender.send(request, loopbackAddress(sent % 50_000))) sent += 1;
      answered += sender.drain();
    }
  } finally {
    sender.close();
  }
  return { sent, answered };
}

const isOrder = (data: unknown): data is FloodOrder =>
  typeof data === 'object' && data !== null && 'floodPort' in data;

if (!isMainThread && isOrder(workerData)) parentPort?.postMessage(run(workerData));
