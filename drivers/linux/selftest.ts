/**
 * Run at start, before anything is believed: compares what libc answers through our layouts with what the runtime
 * knows without them. A wrong layout would otherwise show as a wrong time. Sends a datagram over a socketpair and over
 * loopback, reads adjtimex, sets nothing. Takes about a millisecond.
 */
import { networkInterfaces } from 'node:os';
import type { KernelClock } from '../../src/clock/kernel-clock.js';
import { NoonmarkError } from '../../src/errors.js';
import { AF, abi, CLOCK, MSG, POLL, SOCK } from './abi.js';
import { formatIp } from './addresses.js';
import { Arena } from './arena.js';
import { readOnlyKernelClock, TimespecReader } from './clock.js';
import { errno, libc, syscallError } from './libc.js';
import { LinuxPacketBatch } from './packet-batch.js';
import { openServerSocket } from './server-socket.js';
import { boundAddress, closeSocket } from './socket.js';

/** What the self-test compares with; replaced in tests to see it fail. */
export interface Known {
  /** Unix milliseconds */
  readonly wallMs: () => number;
  /** CLOCK_MONOTONIC, ns */
  readonly monotonicNs: () => bigint;
  readonly kernelClock: () => KernelClock;
}

const runtime: Known = {
  wallMs: () => Date.now(),
  monotonicNs: () => process.hrtime.bigint(),
  kernelClock: readOnlyKernelClock,
};

function wrong(what: string): NoonmarkError {
  return new NoonmarkError(
    'ERR_UNSUPPORTED',
    `the kernel's structs are not laid out as expected on ${process.arch}: ${what}`,
    'do not serve time from this machine; report this line with the output of `uname -a` and `node -p process.versions`',
  );
}

/** Throws ERR_UNSUPPORTED with what was found; answers when all is right. Safe at any time, needs no privileges. */
export function selfTest(known: Known = runtime): void {
  checkClocks(known);
  checkAdjtimex(known);
  checkSocketpair();
  checkLoopback(known);
}

function checkRealtime(known: Known): string | undefined {
  const before = known.wallMs();
  const read = Number(new TimespecReader(CLOCK.realtime).readNs()) / 1e6;
  const after = known.wallMs();
  // A millisecond for rounding, one for the clock being slewed.
  if (read >= before - 2 && read <= after + 2) return undefined;
  return `clock_gettime says ${read} ms, and the runtime between ${before} and ${after} ms`;
}

function checkClocks(known: Known): void {
  // The clock may be stepped between the readings: then the second try is right.
  const fault = checkRealtime(known) && checkRealtime(known);
  if (fault !== undefined) throw wrong(fault);
  const start = known.monotonicNs();
  const monotonic = new TimespecReader(CLOCK.monotonic).readNs();
  const end = known.monotonicNs();
  if (monotonic < start || monotonic > end) {
    throw wrong(`CLOCK_MONOTONIC is ${monotonic} ns, and the runtime's between ${start} and ${end} ns`);
  }
}

function checkAdjtimex(known: Known): void {
  const timex = known.kernelClock().read();
  const sane =
    timex.tickUs >= 9000 &&
    timex.tickUs <= 11_000 &&
    Math.abs(timex.scaledFrequency) <= 500 * 65536 &&
    timex.state >= 0 &&
    timex.state <= 5 &&
    timex.maxErrorUs >= 0 &&
    timex.estimatedErrorUs >= 0;
  if (!sane) throw wrong(`adjtimex says ${JSON.stringify(timex)}`);
}

/** Four bytes through a socketpair, announced by poll(). */
function checkSocketpair(): void {
  const { pollfd } = abi().struct;
  const arena = new Arena(64);
  const pair = arena.take(8);
  if (libc().socketpair(AF.unix, SOCK.dgram | SOCK.cloexec, 0, pair.bytes) < 0) {
    throw syscallError('the self-test cannot make a socketpair', 'socketpair', errno(), 'see `ulimit -n`');
  }
  const [left, right] = [pair.view.getInt32(0, true), pair.view.getInt32(4, true)];
  try {
    const poll = arena.take(pollfd.size);
    poll.view.setInt32(pollfd.at.fd, right, true);
    poll.view.setInt16(pollfd.at.events, POLL.in, true);
    const quiet = libc().poll(poll.bytes, 1, 0);
    libc().send(left, Uint8Array.of(1, 2, 3, 4), 4, MSG.dontwait);
    const announced = libc().poll(poll.bytes, 1, 0);
    const received = new Uint8Array(8);
    const length = libc().recv(right, received, 8, MSG.dontwait);
    const events = poll.view.getInt16(pollfd.at.revents, true);
    if (quiet !== 0 || announced !== 1 || events !== POLL.in || length !== 4 || received[3] !== 4) {
      throw wrong(`a socketpair: poll ${quiet}, ${announced}, events ${events}, received ${length} bytes`);
    }
  } finally {
    closeSocket(left);
    closeSocket(right);
  }
}

/** Loopback delivers before send returns, unless the machine is busy: a second at most. */
function awaitReadable(socket: number): void {
  const { pollfd } = abi().struct;
  const poll = new Arena(pollfd.size).take(pollfd.size);
  poll.view.setInt32(pollfd.at.fd, socket, true);
  poll.view.setInt16(pollfd.at.events, POLL.in, true);
  libc().poll(poll.bytes, 1, 1000);
}

/** A datagram to ourselves over loopback: sockaddr, msghdr, control messages, stamp. */
function checkLoopback(known: Known): void {
  const loopback = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((one) => one.internal && one.family === 'IPv4');
  // A network namespace whose loopback is down has nothing to compare with; nor has it anything to serve.
  if (loopback === undefined) return;
  const socket = openServerSocket({ family: 4, address: loopback.address, port: 0 });
  try {
    const bound = boundAddress(socket);
    if (formatIp(bound.address.bytes) !== loopback.address || bound.port === 0) {
      throw wrong(`getsockname says ${formatIp(bound.address.bytes)}:${bound.port} for ${loopback.address}`);
    }
    const batch = new LinuxPacketBatch(1);
    const before = known.wallMs();
    batch.sendTo(socket, Uint8Array.of(1, 2, 3, 4), 4, bound.address.bytes, bound.port, undefined, 0);
    awaitReadable(socket);
    const count = batch.receive(socket);
    const after = known.wallMs();
    if (count !== 1 || batch.length(0) !== 4 || batch.input(0).getUint32(0) !== 0x01020304) {
      throw wrong(`${count} datagrams came back over loopback, the first of ${batch.length(0)} bytes`);
    }
    const from = `${formatIp(batch.source(0))}:${batch.sourcePort(0)}`;
    const to = formatIp(batch.destination(0));
    if (from !== `${loopback.address}:${bound.port}` || to !== loopback.address) {
      throw wrong(
        `a datagram from and to ${loopback.address}:${bound.port} is said to be from ${from} to ${to}`,
      );
    }
    // The very first datagrams may be without a stamp, until the kernel has switched stamping on.
    const stamp = batch.stampSeconds(0) * 1000 + batch.stampNanoseconds(0) / 1e6;
    if (stamp !== 0 && (stamp < before - 2 || stamp > after + 2)) {
      throw wrong(`a datagram sent between ${before} and ${after} ms has the stamp ${stamp} ms`);
    }
  } finally {
    closeSocket(socket);
  }
}
