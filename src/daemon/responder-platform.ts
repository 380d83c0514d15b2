/**
 * What the responder's main side stands on: this machine's sockets and groups, and a thread (responder-worker.ts).
 * The only place where that side meets the drivers and node's Worker.
 */
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { formatIp, interfaceIndex } from '../../drivers/linux/addresses.js';
import { closeEventfd, openEventfd, signalEventfd } from '../../drivers/linux/eventfd.js';
import { closeSocket, joinGroup, leaveGroup, openServerSocket } from '../../drivers/linux/server-socket.js';
import type { Notice, ThreadData } from '../responder/messages.js';
import type { ResponderPlatform, ThreadEvents, ThreadHandle } from '../responder/platform.js';

/** Enough for the code and its tables many times over; a leak ends the thread, which is started again. */
const HEAP_MEGABYTES = 48;
const YOUNG_MEGABYTES = 4;
/** Expedited forwarding (RFC 4594 gives time no class; chrony's and ntpd's custom is 46). */
const DSCP = 46;

/**
 * What ResponderThread needs of this machine. `ahead`: a thread is started now, and waits for its work; the rest of a
 * daemon's start takes about as long as that.
 */
export function responderPlatform({ ahead = false } = {}): ResponderPlatform {
  let waiting = ahead ? new ThreadWorker() : undefined;
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
    startThread: (data, events) => {
      const thread = waiting?.isAlive ? waiting : new ThreadWorker();
      waiting = undefined;
      return thread.begin(data, events);
    },
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

/** A thread from its start on; it lets the process end until it has work. */
class ThreadWorker {
  readonly #worker = new Worker(new URL('./responder-worker.js', import.meta.url), {
    name: 'responder',
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  #cause: unknown;
  isAlive = true;

  constructor() {
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      this.#cause = error;
    });
    this.#worker.on('exit', () => {
      this.isAlive = false;
    });
  }

  begin(data: ThreadData, events: ThreadEvents): ThreadHandle {
    const worker = this.#worker;
    worker.ref();
    worker.on('message', (notice: Notice) => events.notice(notice));
    worker.on('exit', () => events.ended(this.#cause));
    worker.postMessage(data);
    return { post: (command) => worker.postMessage(command) };
  }
}
