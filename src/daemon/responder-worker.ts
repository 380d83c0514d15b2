/**
 * What the responder's thread runs: one synchronous loop over the memory it shares with main. The other end is
 * responder-platform.ts.
 */
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { realtimeStampClock } from '../../drivers/linux/clock.js';
import { LinuxPacketBatch } from '../../drivers/linux/packet-batch.js';
import { LinuxPoller } from '../../drivers/linux/poller.js';
import { makeThreadRealtime } from '../../drivers/linux/priority.js';
import { openSslHasher } from '../../drivers/openssl/hasher.js';
import { useHasher } from '../auth/hashing.js';
import { RateLimiter } from '../auth/rate-limit.js';
import { explain } from '../errors.js';
import { ClientTable } from '../responder/client-table.js';
import { CounterPage } from '../responder/counters.js';
import { DanceDoor } from '../responder/dance-door.js';
import { type LoopParts, ResponderLoop } from '../responder/loop.js';
import type { Command, Notice, ThreadData } from '../responder/messages.js';
import { RingReader, RingWriter } from '../responder/ring.js';
import { SystemPageReader } from '../responder/system-page.js';
import { Xorshift32 } from '../responder/xorshift.js';

/** The least of the real-time ones: before every ordinary thread, behind the kernel's interrupts (50). */
const REALTIME_PRIORITY = 1;

/** The loop of one responder over the memory it shares with main; what it talks to comes in. */
export function responderLoop(
  { memory, seed, tables, settings }: ThreadData,
  parts: Pick<LoopParts, 'batch' | 'poller' | 'clock' | 'takeCommand' | 'notify'>,
): ResponderLoop {
  const limiter = new RateLimiter(settings);
  const random = new Xorshift32(seed);
  const { maxAgeSeconds, discardMonitor } = settings;
  return new ResponderLoop({
    ...parts,
    limiter,
    state: {
      page: new SystemPageReader(memory.systemPage),
      clients: new ClientTable(memory.clients, limiter, random, { maxAgeSeconds, monitor: discardMonitor }),
      counters: new CounterPage(memory.counters),
      random,
      access: tables,
      keys: new Map(),
      monitor: settings.monitor,
      averageLog2: settings.averageLog2,
      autokey: undefined,
      danceDoor: new DanceDoor(seed),
      manycast: settings.manycast,
    },
    control: new Int32Array(memory.control),
    inbound: new RingWriter(memory.inbound),
    outbound: new RingReader(memory.outbound),
  });
}

/** The worker's life: one synchronous loop until the stop flag is set. */
function runThread(
  data: ThreadData,
  parts: Pick<LoopParts, 'batch' | 'clock' | 'takeCommand' | 'notify'>,
): void {
  const loop = responderLoop(data, { ...parts, poller: new LinuxPoller(data.eventfd) });
  // Where it may not be, replies are merely as prompt as the machine is idle.
  makeThreadRealtime(REALTIME_PRIORITY);
  try {
    loop.run();
  } catch (error) {
    parts.notify({ type: 'failed', message: explain(error) });
    throw error;
  }
}

/** All that can be had before there is work, which comes as the first message; commands follow once the loop runs. */
function prepareThread(port: MessagePort): void {
  useHasher(openSslHasher());
  const parts = {
    batch: new LinuxPacketBatch(),
    clock: realtimeStampClock(),
    takeCommand: () => receiveMessageOnPort(port)?.message as Command | undefined,
    notify: (notice: Notice) => port.postMessage(notice),
  };
  port.once('message', (data: ThreadData) => runThread(data, parts));
}

if (parentPort !== null) prepareThread(parentPort);
