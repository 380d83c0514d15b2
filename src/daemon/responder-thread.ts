/**
 * Both ends of the responder's thread: what main hands to ResponderThread (responderPlatform), and the worker's entry.
 * The only place where the responder meets the drivers and node's Worker.
 */
import { networkInterfaces } from 'node:os';
import { isMainThread, parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads';
import { formatIp, interfaceIndex } from '../../drivers/linux/addresses.js';
import { realtimeStampClock } from '../../drivers/linux/clock.js';
import { closeEventfd, openEventfd, signalEventfd } from '../../drivers/linux/eventfd.js';
import { LinuxPacketBatch } from '../../drivers/linux/packet-batch.js';
import { LinuxPoller } from '../../drivers/linux/poller.js';
import { makeThreadRealtime } from '../../drivers/linux/priority.js';
import { closeSocket, joinGroup, leaveGroup, openServerSocket } from '../../drivers/linux/server-socket.js';
import { openSslHasher } from '../../drivers/openssl/hasher.js';
import { useHasher } from '../auth/hashing.js';
import { RateLimiter } from '../auth/rate-limit.js';
import { explain } from '../errors.js';
import { ClientTable } from '../responder/client-table.js';
import { CounterPage } from '../responder/counters.js';
import { DanceDoor } from '../responder/dance-door.js';
import { type LoopParts, ResponderLoop } from '../responder/loop.js';
import type { Command, Notice, ThreadData } from '../responder/messages.js';
import type { ResponderPlatform, ThreadEvents, ThreadHandle } from '../responder/platform.js';
import { RingReader, RingWriter } from '../responder/ring.js';
import { SystemPageReader } from '../responder/system-page.js';
import { Xorshift32 } from '../responder/xorshift.js';

/** Enough for the code and its tables many times over; a leak ends the thread, which is started again. */
const HEAP_MEGABYTES = 48;
const YOUNG_MEGABYTES = 4;
/** Expedited forwarding (RFC 4594 gives time no class; chrony's and ntpd's custom is 46). */
const DSCP = 46;
/** The least of the real-time ones: before every ordinary thread, behind the kernel's interrupts (50). */
const REALTIME_PRIORITY = 1;

/** What ResponderThread needs of this machine. */
export function responderPlatform(): ResponderPlatform {
  return {
    openSocket: (plan, port) =>
      openServerSocket({
        family: plan.family,
        port,
        broadcast: true,
        dscp: DSCP,
        ...(plan.address === undefined ? {} : { address: plan.address }),
      }),
    closeSocket,
    joinGroup: (handle, group, device) => joinGroup(handle, group, interfaceIndex(device)),
    leaveGroup: (handle, group, device) => {
      const index = indexOf(device);
      // Of an interface that is gone there is nothing to leave.
      if (index !== undefined) leaveGroup(handle, group, index);
    },
    interfaceIndex: indexOf,
    openWaker: openEventfd,
    wake: signalEventfd,
    closeWaker: closeEventfd,
    startThread,
    interfaces: networkInterfaces,
    formatAddress: (bytes, scope) => (scope === 0 ? formatIp(bytes) : `${formatIp(bytes)}%${scope}`),
  };
}

function indexOf(device: string): number | undefined {
  try {
    return interfaceIndex(device);
  } catch {
    return undefined;
  }
}

function startThread(data: ThreadData, events: ThreadEvents): ThreadHandle {
  const worker = new Worker(new URL('./responder-thread.js', import.meta.url), {
    workerData: data,
    name: 'responder',
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  let cause: unknown;
  worker.on('message', (notice: Notice) => events.notice(notice));
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', () => events.ended(cause));
  return { post: (command) => worker.postMessage(command) };
}

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
function runThread(data: ThreadData): void {
  const port = parentPort;
  if (port === null) return;
  const notify = (notice: Notice) => port.postMessage(notice);
  useHasher(openSslHasher());
  const loop = responderLoop(data, {
    batch: new LinuxPacketBatch(),
    poller: new LinuxPoller(data.eventfd),
    clock: realtimeStampClock(),
    takeCommand: () => receiveMessageOnPort(port)?.message as Command | undefined,
    notify,
  });
  // Where it may not be, replies are merely as prompt as the machine is idle.
  makeThreadRealtime(REALTIME_PRIORITY);
  try {
    loop.run();
  } catch (error) {
    notify({ type: 'failed', message: explain(error) });
    throw error;
  }
}

const isThreadData = (data: unknown): data is ThreadData =>
  typeof data === 'object' && data !== null && 'responder' in data && data.responder === true;

if (!isMainThread && isThreadData(workerData)) runThread(workerData);
