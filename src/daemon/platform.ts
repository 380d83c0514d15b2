/**
 * What noonmarkd stands on: this machine's kernel, or a simulator of machines that an adapter joins. Owns the choice.
 * The one simulator is clknetsim, in which chronyd and ntpd run too; its own variables say that a run is to be joined.
 * Its adapter is a part of the tests (test/peers/clknetsim), which no installation needs: it is loaded by name, and
 * nothing here or elsewhere in the daemon knows what it does.
 */

import { shmSegment } from '../../drivers/handover/shm-segment.js';
import { CLOCK } from '../../drivers/linux/abi.js';
import { steeringKernelClock, TimespecReader } from '../../drivers/linux/clock.js';
import { LinuxNetwork, localAddressFor } from '../../drivers/linux/network.js';
import { realScheduler } from '../../drivers/linux/scheduler.js';
import type { KernelClock } from '../clock/kernel-clock.js';
import { NoonmarkError } from '../errors.js';
import type { Network } from '../ports/network.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { SharedSegment } from '../ports/shared-segment.js';
import type { ResponderPlatform } from '../responder/platform.js';
import { responderPlatform } from './responder-platform.js';

export interface Platform {
  /** where the time is not this machine's, for the log; undefined: it is */
  readonly simulation: string | undefined;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly responder: ResponderPlatform;
  /** CLOCK_REALTIME, Unix ns */
  realtimeNs(): bigint;
  /** For steering; throws NoonmarkError where that is refused. */
  kernelClock(): KernelClock;
  /** The address from which a packet to that one would leave; undefined: there is no route. */
  localAddressFor(address: string): string | undefined;
  /** NTP shared memory; not open yet. `unit` 0 .. 255 */
  segment(unit: number): SharedSegment;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the adapter's module exports. */
export interface Adapter {
  /** Joins a run as its node (from 1) and answers once that has begun. Rejects with NoonmarkError. */
  join(socketPath: string, node: string, environment: Environment): Promise<Platform>;
}

const ADAPTER = new URL('../../test/peers/clknetsim/join.js', import.meta.url);

/** Rejects with NoonmarkError when a simulation is asked for that cannot be joined. */
export async function choosePlatform(environment: Environment): Promise<Platform> {
  const { CLKNETSIM_SOCKET: socketPath, CLKNETSIM_NODE: node } = environment;
  if (socketPath === undefined || node === undefined) return linuxPlatform();
  let adapter: unknown;
  try {
    adapter = await import(ADAPTER.href);
  } catch (error) {
    throw missing(error);
  }
  if (!isAdapter(adapter)) throw missing(undefined);
  return adapter.join(socketPath, node, environment);
}

function linuxPlatform(): Platform {
  const realtime = new TimespecReader(CLOCK.realtime);
  return {
    simulation: undefined,
    scheduler: realScheduler,
    network: new LinuxNetwork({}),
    responder: responderPlatform({ ahead: true }),
    realtimeNs: () => realtime.readNs(),
    kernelClock: steeringKernelClock,
    localAddressFor,
    segment: shmSegment,
  };
}

const isAdapter = (module: unknown): module is Adapter =>
  typeof module === 'object' && module !== null && 'join' in module && typeof module.join === 'function';

const missing = (cause: unknown) =>
  new NoonmarkError(
    'ERR_UNSUPPORTED',
    'CLKNETSIM_SOCKET and CLKNETSIM_NODE are set, but this installation has no adapter for clknetsim',
    "run noonmarkd from a checkout that has 'test/peers/clknetsim', or unset them to run on this machine",
    { cause },
  );
