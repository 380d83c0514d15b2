/**
 * What the responder's main side needs of the system: sockets, groups, a waker, a thread, interfaces. The interface alone; the
 * real one is src/daemon/responder-platform.ts, the tests' is scripted.
 */
import type { InterfaceSnapshot } from './addresses.js';
import type { GroupDoor } from './group-members.js';
import type { Command, Notice, ThreadData } from './messages.js';
import type { SocketOpener } from './socket-set.js';

/** A started thread. */
export interface ThreadHandle {
  post(command: Command): void;
}

export interface ThreadEvents {
  notice(notice: Notice): void;
  /** `cause`: what it threw, if it did */
  ended(cause: unknown): void;
}

export interface ResponderPlatform extends SocketOpener, GroupDoor {
  /** An eventfd and its signal, from any thread. */
  openWaker(): number;
  wake(waker: number): void;
  closeWaker(waker: number): void;
  startThread(data: ThreadData, events: ThreadEvents): ThreadHandle;
  interfaces(): InterfaceSnapshot;
  /** undefined: there is none of that name */
  interfaceIndex(device: string): number | undefined;
  /** `scope`: interface index of a link-local address, else 0 */
  formatAddress(bytes: Uint8Array, scope: number): string;
}
