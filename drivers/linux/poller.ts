/**
 * Poller: one poll() over all sockets of a thread and an eventfd. Error queues and pending errors are emptied here,
 * because poll() would otherwise report them for ever. Nothing is allocated by wait().
 */
import type { Poller, SocketHandle } from '../../src/ports/packet-batch.js';
import { abi, MSG, POLL } from './abi.js';
import { Arena, type Region, writeWord } from './arena.js';
import { drainEventfd } from './eventfd.js';
import { libc } from './libc.js';
import { takeSocketError } from './socket.js';

const MOST_SOCKETS = 512;
/** An error message with its ICMP header copy fits. */
const ERROR_ROOM = 1024;
const MOST_ERRORS_A_TURN = 64;

export class LinuxPoller implements Poller {
  readonly #eventfd: number;
  readonly #size = abi().struct.pollfd.size;
  readonly #fdAt = abi().struct.pollfd.at.fd;
  readonly #eventsAt = abi().struct.pollfd.at.events;
  readonly #reventsAt = abi().struct.pollfd.at.revents;
  readonly #fds: Region;
  readonly #errorHeader: Region;
  readonly #errorControlLength = ERROR_ROOM;
  readonly #index = new Map<SocketHandle, number>();
  #count = 1;
  /** what woke the last wait(): the eventfd was signalled */
  woken = false;

  /** `eventfd`: see eventfd.ts; it stays the caller's to close. */
  constructor(eventfd: number) {
    this.#eventfd = eventfd;
    const { msghdr, pollfd, iovec } = abi().struct;
    const arena = new Arena(pollfd.size * (MOST_SOCKETS + 1) + 2 * ERROR_ROOM + 256);
    this.#fds = arena.take(pollfd.size * (MOST_SOCKETS + 1));
    this.#errorHeader = arena.take(msghdr.size);
    const vector = arena.take(iovec.size);
    const data = arena.take(ERROR_ROOM);
    const control = arena.take(ERROR_ROOM);
    writeWord(vector.view, iovec.at.base, data.address);
    writeWord(vector.view, iovec.at.length, ERROR_ROOM);
    writeWord(this.#errorHeader.view, msghdr.at.iov, vector.address);
    writeWord(this.#errorHeader.view, msghdr.at.iovLength, 1);
    writeWord(this.#errorHeader.view, msghdr.at.control, control.address);
    this.setSockets([]);
  }

  setSockets(sockets: readonly SocketHandle[]): void {
    if (sockets.length > MOST_SOCKETS) throw new RangeError(`at most ${MOST_SOCKETS} sockets in one poller`);
    this.#index.clear();
    this.#set(0, this.#eventfd);
    for (const [i, socket] of sockets.entries()) {
      this.#set(i + 1, socket);
      this.#index.set(socket, i + 1);
    }
    this.#count = sockets.length + 1;
  }

  wait(milliseconds: number): void {
    this.woken = false;
    const ready = libc().poll(this.#fds.bytes, this.#count, Math.max(0, Math.ceil(milliseconds)));
    if (ready <= 0) {
      // Time over, or a signal: nothing is readable, and what stands in revents may be of the turn before.
      for (let i = 0; i < this.#count; i += 1) this.#setEvents(i, 0);
      return;
    }
    if ((this.#events(0) & POLL.in) !== 0) this.woken = drainEventfd(this.#eventfd);
    for (let i = 1; i < this.#count; i += 1) {
      const events = this.#events(i);
      if ((events & POLL.err) !== 0) this.#drainErrors(this.#fd(i));
      // A descriptor that was closed under us would wake poll() at once, for ever.
      if ((events & POLL.nval) !== 0) this.#set(i, -1);
    }
  }

  readable(socket: SocketHandle): boolean {
    const i = this.#index.get(socket);
    return i !== undefined && (this.#events(i) & POLL.in) !== 0;
  }

  #fd(i: number): number {
    return this.#fds.view.getInt32(i * this.#size + this.#fdAt, true);
  }

  #events(i: number): number {
    return this.#fds.view.getInt16(i * this.#size + this.#reventsAt, true);
  }

  #setEvents(i: number, value: number): void {
    this.#fds.view.setInt16(i * this.#size + this.#reventsAt, value, true);
  }

  #set(i: number, fd: number): void {
    this.#fds.view.setInt32(i * this.#size + this.#fdAt, fd, true);
    this.#fds.view.setInt16(i * this.#size + this.#eventsAt, POLL.in, true);
    this.#setEvents(i, 0);
  }

  #drainErrors(fd: number): void {
    takeSocketError(fd);
    for (let turn = 0; turn < MOST_ERRORS_A_TURN; turn += 1) {
      writeWord(this.#errorHeader.view, abi().struct.msghdr.at.controlLength, this.#errorControlLength);
      if (libc().recvmsg(fd, this.#errorHeader.bytes, MSG.errqueue | MSG.dontwait) < 0) return;
    }
  }
}
