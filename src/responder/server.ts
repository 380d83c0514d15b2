/**
 * The responder as main sees it: starts the thread, feeds it (system variables, rules, keys, sockets), takes what it
 * leaves to main, reads its counters, and stops it; whether it lives is thread-health.ts's to say. It knows neither koffi
 * nor Worker: what belongs to the system comes in as a ResponderPlatform (src/daemon/responder-platform.ts).
 */
import type { KeyMaterial } from '../auth/mac.js';
import type { AccessTables } from '../auth/restrict.js';
import type { InterfaceRule } from '../config/types.js';
import { explain, type NoonmarkError } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { Random } from '../ports/random.js';
import { every, type Scheduler, type Timer } from '../ports/scheduler.js';
import type { ClientView, Counters } from '../status/view.js';
import { planSockets } from './addresses.js';
import {
  CLIENT_ENTRY_BYTES,
  type ClientRecord,
  ClientTableReader,
  createClientTable,
} from './client-table.js';
import { CounterReader, createCounters, type Refusal } from './counters.js';
import { GroupMembers } from './group-members.js';
import { type GroupWishes, groupSockets, memberships, NO_GROUPS } from './group-paths.js';
import {
  type AutokeyDoor,
  CONTROL,
  type Command,
  createControl,
  type Notice,
  type ResponderSettings,
  type SharedMemory,
  type ThreadData,
} from './messages.js';
import type { ResponderPlatform, ThreadEvents, ThreadHandle } from './platform.js';
import { createRing, RingReader, RingWriter } from './ring.js';
import {
  type ForwardedPacket,
  RECORD_BYTES,
  readInbound,
  type SentReport,
  type Transmission,
  writeTransmission,
} from './ring-records.js';
import { type OpenSocket, type SocketFailure, SocketSet } from './socket-set.js';
import { createSystemPage, SystemPageWriter, type SystemVariables } from './system-page.js';
import { ThreadHealth } from './thread-health.js';

export interface ResponderOptions {
  readonly platform: ResponderPlatform;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly port: number;
  readonly interfaces: readonly InterfaceRule[];
  /** broadcasts and multicast groups to hear; absent: none */
  readonly groups?: GroupWishes;
  readonly access: AccessTables;
  /** the trusted keys */
  readonly keys: readonly KeyMaterial[];
  readonly settings: ResponderSettings;
  /** clientCapacity(config.mru) */
  readonly clientCapacity: number;
  /** maps the client table's times to the served clock */
  toServed(kernelNs: bigint): bigint;
  onPacket(packet: ForwardedPacket): void;
  onSent(report: SentReport): void;
  /** The thread is stuck or ends again and again: the daemon should end and be restarted. Called once. */
  onFailure(error: NoonmarkError): void;
}

const RING_SLOTS = 64;
const FOLLOW_SECONDS = 5;
const WATCH_SECONDS = 1;
const STOP_SECONDS = 0.5;
const RESTARTS_FORGOTTEN_SECONDS = 300;
/** Packets handled before other work of main has its turn. */
const PACKETS_A_TURN = 32;

/** Entries of the client table for `mru maxdepth`, `maxmem`. */
export function clientCapacity({
  maxDepth,
  maxMemory,
}: {
  readonly maxDepth: number | undefined;
  /** KiB */
  readonly maxMemory: number;
}): number {
  return maxDepth ?? Math.floor((maxMemory * 1024) / CLIENT_ENTRY_BYTES);
}

export class ResponderThread {
  readonly #options: ResponderOptions;
  readonly #memory: SharedMemory;
  readonly #control: Int32Array;
  readonly #page: SystemPageWriter;
  readonly #counters: CounterReader;
  readonly #clients: ClientTableReader;
  readonly #inbound: RingReader;
  readonly #outbound: RingWriter;
  readonly #waker: number;
  readonly #sockets: SocketSet;
  readonly #timers: Timer[] = [];
  #interfaces: readonly InterfaceRule[];
  readonly #members: GroupMembers;
  #groups: GroupWishes;
  #access: AccessTables;
  #keys: readonly KeyMaterial[];
  #settings: ResponderSettings;
  #autokey: AutokeyDoor | undefined;
  #thread: ThreadHandle | undefined;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #stopped: (() => void) | undefined;
  #draining = false;
  readonly #health = new ThreadHealth();
  #failed = false;

  constructor(options: ResponderOptions) {
    const { platform, random } = options;
    this.#options = options;
    this.#memory = {
      control: createControl(),
      systemPage: createSystemPage(),
      counters: createCounters(),
      clients: createClientTable(options.clientCapacity, seedOf(random)),
      inbound: createRing(RING_SLOTS, RECORD_BYTES),
      outbound: createRing(RING_SLOTS, RECORD_BYTES),
    };
    this.#control = new Int32Array(this.#memory.control);
    this.#page = new SystemPageWriter(this.#memory.systemPage);
    this.#counters = new CounterReader(this.#memory.counters);
    this.#clients = new ClientTableReader(this.#memory.clients);
    this.#inbound = new RingReader(this.#memory.inbound);
    this.#outbound = new RingWriter(this.#memory.outbound);
    this.#waker = platform.openWaker();
    this.#sockets = new SocketSet(platform, options.log, options.port, (serial, sockets) =>
      this.#post({ type: 'sockets', serial, sockets }),
    );
    this.#interfaces = options.interfaces;
    this.#members = new GroupMembers(platform, options.log);
    this.#groups = options.groups ?? NO_GROUPS;
    this.#access = options.access;
    this.#keys = options.keys;
    this.#settings = options.settings;
  }

  /** Starts the thread and opens the sockets; failures() tells which could not be. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.#startThread();
    this.#follow();
    const { scheduler } = this.#options;
    this.#timers.push(
      every(scheduler, FOLLOW_SECONDS, () => this.#follow()),
      every(scheduler, WATCH_SECONDS, () => this.#watch()),
    );
  }

  /** Publishes the system variables; seen by the next packet. */
  publish(variables: SystemVariables): void {
    this.#page.publish(variables);
  }

  setAccess(tables: AccessTables): void {
    this.#access = tables;
    this.#post({ type: 'access', tables });
  }
  setKeys(keys: readonly KeyMaterial[]): void {
    this.#keys = keys;
    this.#post({ type: 'keys', keys });
  }
  setSettings(settings: ResponderSettings): void {
    this.#settings = settings;
    this.#post({ type: 'settings', settings });
  }
  /** What Autokey's packets are answered with; undefined: with a crypto-NAK. */
  setAutokey(autokey: AutokeyDoor | undefined): void {
    this.#autokey = autokey;
    this.#post({ type: 'autokey', autokey });
  }
  setInterfaces(rules: readonly InterfaceRule[]): void {
    this.#interfaces = rules;
    this.#follow();
  }

  setGroups(groups: GroupWishes): void {
    this.#groups = groups;
    this.#follow();
  }

  /** Has the thread send a packet. False: the ring is full or the packet too long; it is not sent. */
  send(transmission: Transmission): boolean {
    const slot = this.#state === 'running' ? this.#outbound.reserve() : -1;
    if (slot < 0 || !writeTransmission(this.#outbound.slots[slot]!, transmission)) return false;
    if (this.#outbound.commit()) this.#options.platform.wake(this.#waker);
    return true;
  }

  /** Sockets in use; main may join groups on them. */
  get sockets(): readonly OpenSocket[] {
    return this.#sockets.open;
  }
  /** Requests are answered: the thread runs and has its sockets. */
  get isServing(): boolean {
    return this.#state === 'running' && this.#sockets.inUse;
  }
  /** Turns of the thread; a living one makes one a second at least. */
  get beats(): number {
    return Atomics.load(this.#control, CONTROL.beats);
  }
  /** Sockets that could not be opened, and why; each was logged once. */
  get failures(): readonly SocketFailure[] {
    return this.#sockets.failures;
  }

  counters(): Counters {
    return this.#counters.counters();
  }
  refusals(): Readonly<Record<Refusal, number>> {
    return this.#counters.refusals();
  }

  /** At most `limit` clients, the latest first. */
  clients(limit: number): ClientView[] {
    const { platform, toServed } = this.#options;
    return this.#clients.clients(limit).map((record: ClientRecord) => ({
      address: platform.formatAddress(record.address, record.scope),
      port: record.port,
      firstNs: toServed(record.firstNs),
      lastNs: toServed(record.lastNs),
      count: record.count,
      mode: record.mode,
      version: record.version,
      restrictions: record.restrictions,
      dropped: record.dropped,
    }));
  }
  /** `oldestSeconds`: how long before the latest packet the entry idle for longest was heard. */
  clientTable(): { readonly entries: number; readonly capacity: number; readonly oldestSeconds: number } {
    const { capacity, entries, spanSeconds } = this.#clients;
    return { entries, capacity, oldestSeconds: spanSeconds };
  }

  /** Ends the thread within 500 ms and closes the sockets. Never rejects; a thread that does not end is logged. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'stopping') return;
    const { platform, scheduler, log } = this.#options;
    const running = this.#thread !== undefined;
    this.#state = 'stopping';
    for (const timer of this.#timers) timer.cancel();
    if (running) {
      const ended = new Promise<boolean>((resolve) => {
        const timer = scheduler.after(STOP_SECONDS, () => resolve(false));
        this.#stopped = () => {
          timer.cancel();
          resolve(true);
        };
      });
      Atomics.store(this.#control, CONTROL.stop, 1);
      platform.wake(this.#waker);
      if (!(await ended)) {
        log.write('warning', 'responder-stuck', 'the responder did not end in time; its sockets stay open');
        return;
      }
    }
    this.#state = 'stopped';
    this.#counters.collect();
    this.#sockets.closeAll();
    platform.closeWaker(this.#waker);
  }

  #startThread(): void {
    const { platform, random } = this.#options;
    const events: ThreadEvents = {
      notice: (notice) => this.#notice(notice),
      ended: (cause) => this.#ended(cause),
    };
    this.#health.started();
    const data: ThreadData = {
      memory: this.#memory,
      eventfd: this.#waker,
      seed: seedOf(random),
      tables: this.#access,
      settings: this.#settings,
    };
    this.#thread = platform.startThread(data, events);
    this.#post({ type: 'keys', keys: this.#keys });
    if (this.#autokey !== undefined) this.#post({ type: 'autokey', autokey: this.#autokey });
  }

  #post(command: Command): void {
    if (this.#thread === undefined || this.#state !== 'running') return;
    this.#thread.post(command);
    Atomics.add(this.#control, CONTROL.mail, 1);
    this.#options.platform.wake(this.#waker);
  }

  #notice(notice: Notice): void {
    if (notice.type === 'inbound') this.#drain();
    else if (notice.type === 'sockets-applied') this.#sockets.applied(notice.serial);
    else this.#options.log.write('error', 'responder-failed', notice.message);
  }

  /** Takes what the responder left to main; a few at a time, because main has other work. */
  #drain(): void {
    if (this.#draining) return;
    for (let n = 0; n < PACKETS_A_TURN; n += 1) {
      const slot = this.#inbound.peek();
      if (slot < 0) return;
      const record = readInbound(this.#inbound.slots[slot]!);
      this.#inbound.release();
      if (record.type === 'packet') this.#options.onPacket(record.packet);
      else this.#options.onSent(record.report);
    }
    this.#draining = true;
    setImmediate(() => {
      this.#draining = false;
      this.#drain();
    });
  }

  #follow(): void {
    if (this.#state !== 'running') return;
    const snapshot = this.#options.platform.interfaces();
    const plans = planSockets(this.#interfaces, snapshot);
    this.#sockets.follow([...plans, ...groupSockets(this.#groups, plans, snapshot)]);
    this.#members.follow(memberships(this.#groups, snapshot), this.#sockets.open);
  }

  #watch(): void {
    this.#counters.collect();
    // A packet whose wake-up was lost with its thread is found here.
    this.#drain();
    if (this.#thread === undefined) return;
    const stuck = this.#health.look(this.beats);
    if (stuck !== undefined) this.#fail(stuck);
  }

  #ended(cause: unknown): void {
    this.#thread = undefined;
    this.#sockets.threadEnded();
    if (this.#state !== 'running') {
      this.#stopped?.();
      return;
    }
    const { log, scheduler } = this.#options;
    const why = cause === undefined ? 'it ended by itself' : explain(cause);
    const wait = this.#health.ended(why, cause);
    if (typeof wait !== 'number') {
      this.#fail(wait);
      return;
    }
    log.write('error', 'responder-ended', `the responder's thread ended (${why}); it is started again`);
    this.#timers.push(
      scheduler.after(wait, () => {
        if (this.#state !== 'running') return;
        this.#startThread();
        this.#sockets.tellAgain();
      }),
      scheduler.after(RESTARTS_FORGOTTEN_SECONDS, () => this.#health.forget()),
    );
  }

  #fail(error: NoonmarkError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
  }
}

const seedOf = (random: Random): number => {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0);
};
