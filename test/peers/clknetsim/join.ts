/**
 * Takes noonmarkd into a run of clknetsim as one of its nodes, beside unmodified chronyd and ntpd: clock, timers, NTP
 * shared memory and network are the simulator's. Loaded by src/daemon/platform.ts when CLKNETSIM_SOCKET and
 * CLKNETSIM_NODE are set. Reads clknetsim's other variables too: CLKNETSIM_START_DATE (Unix seconds at simulated time 0)
 * and CLKNETSIM_CONNECT_TIMEOUT (s). Source: shared/reference/discipline-baselines.md §10; clknetsim(README).
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { abi } from '../../../drivers/linux/abi.js';
import { packTimex, unpackTimex } from '../../../drivers/linux/clock.js';
import type { KernelClock, TimexChange } from '../../../src/clock/kernel-clock.js';
import type { Environment, Platform } from '../../../src/daemon/platform.js';
import { EXIT, explain, NoonmarkError } from '../../../src/errors.js';
import type { Scheduler } from '../../../src/ports/scheduler.js';
import type { SharedSegment } from '../../../src/ports/shared-segment.js';
import { EventQueue } from '../../../src/sim/event-queue.js';
import { SimLink } from './messages.js';
import { type SimNetwork, simNetwork } from './network.js';

/** 2010-01-01, as in clknetsim's own library */
const START_DATE = 1_262_304_000;
const CONNECT_TIMEOUT = 10;
/** Seconds of the monotonic clock are doubles: a timer is due this much before. */
const GRAIN = 1e-9;
/** What clknetsim's library tells chronyd and ntpd of its samples, log2 s */
const SHM_PRECISION = -20;

export async function join(path: string, node: string, environment: Environment): Promise<Platform> {
  const number = integerOf('CLKNETSIM_NODE', node, 1);
  const start = integerOf('CLKNETSIM_START_DATE', environment['CLKNETSIM_START_DATE'], 0, START_DATE);
  const patience = environment['CLKNETSIM_CONNECT_TIMEOUT'];
  const link = await SimLink.open(
    path,
    number - 1,
    integerOf('CLKNETSIM_CONNECT_TIMEOUT', patience, 0, CONNECT_TIMEOUT),
  );
  process.once('exit', () => link.leave());
  const unixNs = (seconds: number) => BigInt(start) * 1_000_000_000n + toNs(seconds);
  const realtimeNs = () => unixNs(link.realSeconds);
  const net = simNetwork(link, number - 1, realtimeNs);
  const { network, responder, localAddressFor } = net;
  return {
    simulation: `node ${number} of the simulation at ${path}`,
    scheduler: scheduler(link, net, realtimeNs),
    network,
    responder,
    realtimeNs,
    kernelClock: () => kernelClock(link, realtimeNs),
    localAddressFor,
    segment: (unit) => segment(link, unit, unixNs),
  };
}

const toNs = (seconds: number) => BigInt(Math.round(seconds * 1e9));

function kernelClock(link: SimLink, realtimeNs: () => bigint): KernelClock {
  const call = (change: TimexChange) => {
    const { timex, result } = link.adjtimex((view) => packTimex(view, change));
    if (change.stepNs !== undefined) link.readClock();
    return unpackTimex(timex, result);
  };
  return {
    realtimeNs,
    monotonicNs: () => toNs(link.monotonicSeconds),
    read: () => call({}),
    adjust: call,
  };
}

/** Timers of this node. Time goes on only while none is due and nothing is left to settle. */
function scheduler(link: SimLink, net: SimNetwork, realtimeNs: () => bigint): Scheduler {
  const queue = new EventQueue();
  let running = false;
  const run = async () => {
    for (;;) {
      // Promises, and what was put off by setImmediate: all of it happens at this instant.
      await turn();
      net.beat();
      if (queue.nextKey() <= link.monotonicSeconds + GRAIN) {
        queue.take()();
        continue;
      }
      // Without timers the daemon is about to end: time has nothing to go on for.
      if (queue.nextKey() === Number.POSITIVE_INFINITY) {
        await sleep(1);
        continue;
      }
      const wake = await link.select(queue.nextKey() - link.monotonicSeconds);
      if (wake === 'end') break;
      const packet = wake === 'packet' ? link.receive() : undefined;
      if (packet !== undefined) net.deliver(packet, realtimeNs());
    }
    process.kill(process.pid, 'SIGTERM');
    for (;;) {
      await sleep(1);
      net.beat();
    }
  };
  return {
    monotonic: () => toNs(link.monotonicSeconds),
    after(seconds, action) {
      const timer = queue.add(link.monotonicSeconds + Math.max(0, seconds), action);
      if (!running) {
        running = true;
        run().catch((error) => {
          process.stderr.write(`noonmarkd: ${explain(error)}\n`);
          process.exit(EXIT.failure);
        });
      }
      return {
        cancel() {
          timer.action = undefined;
        },
      };
    },
  };
}

/** NTP shared memory with the reference clock's latest sample in it; every unit has the same. */
function segment(link: SimLink, unit: number, unixNs: (seconds: number) => bigint): SharedSegment {
  const { at, size } = abi().struct.shmTime;
  const memory = new DataView(new ArrayBuffer(size));
  let last: number | undefined;
  const write = (ns: bigint, seconds: number, micros: number, nanos: number) => {
    const fraction = Number(ns % 1_000_000_000n);
    memory.setBigInt64(seconds, ns / 1_000_000_000n, true);
    memory.setInt32(micros, Math.floor(fraction / 1000), true);
    memory.setUint32(nanos, fraction, true);
  };
  const refresh = () => {
    const sample = link.refSample();
    if (sample === undefined || sample.local === last) return;
    last = sample.local;
    write(unixNs(sample.reference), at.clockSec, at.clockUsec, at.clockNsec);
    write(unixNs(sample.local), at.receiveSec, at.receiveUsec, at.receiveNsec);
    memory.setInt32(at.count, memory.getInt32(at.count, true) + 1, true);
    memory.setInt32(at.precision, SHM_PRECISION, true);
    memory.setInt32(at.valid, 1, true);
  };
  return {
    name: `NTP${unit} (clknetsim)`,
    timeBits: 64,
    open: () => memory.setInt32(at.mode, 1, true),
    readInt32(offset) {
      if (offset === at.valid) refresh();
      return memory.getInt32(offset, true);
    },
    writeInt32: (offset, value) => memory.setInt32(offset, value, true),
    readInt64: (offset) => memory.getBigInt64(offset, true),
    close: () => {},
  };
}

function integerOf(name: string, text: string | undefined, least: number, standard?: number): number {
  const value = text === undefined ? standard : Number(text);
  if (value !== undefined && Number.isInteger(value) && value >= least) return value;
  throw new NoonmarkError(
    'ERR_USAGE',
    `${name}=${text} is no whole number from ${least} on`,
    `correct ${name}`,
  );
}
