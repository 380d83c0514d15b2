/**
 * noonmarkd put together: machine, engine, responder, sources, saved state; start, reload, stop.
 * Owns the life cycle and the wiring; every rule is elsewhere.
 */
import { formatIp } from '../../drivers/linux/addresses.js';
import { loadKeysFile } from '../auth/load-keys.js';
import type { KeyMaterial, SymmetricKey } from '../auth/mac.js';
import { keyTable } from '../auth/mac.js';
import { compileAccess } from '../auth/restrict.js';
import type { Config } from '../config/types.js';
import { decodeDriftFile, encodeDriftFile } from '../discipline/drift-file.js';
import { LeapKeeper } from '../discipline/leap.js';
import { explain, type NoonmarkError } from '../errors.js';
import { every, type Timer } from '../ports/scheduler.js';
import type { ResponderSettings } from '../responder/messages.js';
import { clientCapacity, ResponderThread } from '../responder/server.js';
import type { AssociationContext } from '../source/association/context.js';
import { createNetworkSource } from '../source/association/create.js';
import { SymmetricRouter } from '../source/association/symmetric-router.js';
import { PHI } from '../source/constants.js';
import { GpsSource } from '../source/refclock/gps-source.js';
import type { SystemVariables } from '../source/system.js';
import type { DaemonView } from '../status/view.js';
import { builtAtNs } from '../version.js';
import { createDevices } from './devices.js';
import { Engine } from './engine.js';
import { LeapSource } from './leap-source.js';
import type { Logger } from './logger.js';
import { createMachine, type Machine } from './machine.js';
import type { DaemonOptions } from './options.js';
import { createRefclocks } from './refclocks.js';
import { responderPlatform } from './responder-thread.js';
import { loadState, type SavedState, saveState } from './saved-state.js';
import { createServedNetwork, type ServedNetwork } from './served-network.js';
import { FileStateStore, MemoryStateStore, type StateStore } from './state-store.js';
import { systemRandom } from './system-random.js';
import { createDaemonView } from './view.js';

const SAVE_SECONDS = 3600;
const DEFAULT_STATE = '/var/lib/noonmark';

export interface DaemonEvents {
  /** The daemon can not go on; the exit code is the caller's to choose. */
  failed(error: NoonmarkError | undefined, text: string): void;
}

export class Daemon {
  readonly machine: Machine;
  readonly engine: Engine;
  readonly view: DaemonView;
  private readonly responder: ResponderThread;
  private readonly served: ServedNetwork;
  private readonly router: SymmetricRouter;
  private readonly store: StateStore;
  private readonly saved: SavedState;
  private readonly leapSource: LeapSource;
  private readonly leap: LeapKeeper;
  private keys: readonly KeyMaterial[] = [];
  private loadedKeys = 0;
  private keysById: ReadonlyMap<number, SymmetricKey> = new Map();
  private saveTimer: Timer | undefined;

  constructor(
    private readonly options: DaemonOptions,
    private config: Config,
    private readonly log: Logger,
    events: DaemonEvents,
  ) {
    const machine = createMachine(config);
    this.machine = machine;
    const { clock, scheduler } = machine;
    this.store =
      config.clock === 'simulated'
        ? new MemoryStateStore()
        : new FileStateStore(config.stateDirectory ?? DEFAULT_STATE);
    this.saved = loadState(this.store, log);
    this.leap = new LeapKeeper(log);
    this.leapSource = new LeapSource(this.leap, log);
    this.leapSource.refresh(config.leapFile, config.leapFileCheckHash);
    this.loadKeys();
    const { tinker } = config;
    this.engine = new Engine({
      clock,
      scheduler,
      log,
      tos: config.tos,
      policy: {
        stepSeconds: tinker.step,
        panicSeconds: tinker.panic,
        stepoutSeconds: tinker.stepout,
        // A clock that shows a time before this program was made has never been set.
        firstMayExceedPanic: options.firstMayExceedPanic || clock.now() < builtAtNs,
      },
      drift: this.readDrift(),
      leap: this.leap,
      publish: (system) => this.publish(system),
      onFarStep: () => scheduler.after(0, () => this.remakeSources()),
      onPanic: (seconds) =>
        events.failed(undefined, `the offset of ${seconds.toFixed(0)} s exceeds the panic threshold`),
    });
    this.responder = new ResponderThread({
      platform: responderPlatform(),
      scheduler,
      random: systemRandom,
      log,
      port: config.port,
      interfaces: config.interfaces,
      access: compileAccess({ rules: config.restrict, source: config.restrictSource, sources: [] }),
      keys: this.keys,
      settings: responderSettings(config),
      clientCapacity: clientCapacity(config.mru),
      toServed: (kernelNs) => clock.toServed(kernelNs),
      onPacket: (packet) => this.served.receive(packet),
      onSent: () => {},
      onFailure: (error) => events.failed(error, explain(error)),
    });
    this.served = createServedNetwork({
      responder: () => this.responder,
      formatAddress: formatIp,
      symmetric: (packet) =>
        this.router.receive({
          bytes: packet.bytes,
          kernelNs: packet.kernelNs,
          address: formatIp(packet.address),
          port: packet.port,
          localAddress: formatIp(packet.localAddress),
        }),
      control: () => [],
      monotonic: () => clock.monotonic(),
    });
    this.router = new SymmetricRouter(
      { clock, keys: () => this.keysById, system: () => this.engine.system() },
      this.served.port,
    );
    this.view = createDaemonView({
      engine: this.engine,
      clock,
      board: machine.board.board.name,
      minimumPollLog2: Math.min(
        ...config.associations.map((a) => a.minpoll),
        ...config.refclocks.map((r) => r.minpoll),
        6,
      ),
      service: this.responder,
      keys: () => ({ loaded: this.loadedKeys, trusted: this.keys.length }),
      receiver: () => {
        const gps = this.engine.all().find((source) => source instanceof GpsSource);
        return gps instanceof GpsSource
          ? { identity: gps.identity, health: gps.health, satellites: gps.satellites }
          : { satellites: [] };
      },
    });
  }

  /** Serves and disciplines from now on. */
  start(): void {
    const { scheduler } = this.machine;
    for (const line of this.machine.board.missing) this.log.write('debug', 'board-unknown', line);
    this.machine.takeOver();
    this.makeSources();
    this.responder.start();
    this.engine.start();
    this.saveTimer = every(scheduler, SAVE_SECONDS, () => {
      this.save();
      this.leapSource.refresh(this.config.leapFile, this.config.leapFileCheckHash);
    });
  }

  /** Ends within half a second, state saved. */
  async stop(): Promise<void> {
    this.saveTimer?.cancel();
    this.save();
    this.engine.stop();
    await this.responder.stop();
  }

  private makeSources(): void {
    const { config, engine, log, machine } = this;
    const { clock, scheduler, network, simulated } = machine;
    const refclocks = createRefclocks(config.refclocks, {
      environment: {
        clock,
        scheduler,
        phase: engine.discipline,
        sink: engine,
        log,
        reference: (id) => engine.reference(id),
        armedLeap: () => engine.armedLeap(),
      },
      devices: createDevices({ clock, scheduler, log, board: machine.board.board, simulated }),
      log,
      nextId: () => engine.nextId(),
      floorNs: this.saved.lastRightNs > builtAtNs ? this.saved.lastRightNs : builtAtNs,
      saved: this.saved.refclocks,
    });
    for (const source of refclocks) engine.add(source);
    for (const association of config.associations) {
      const context: AssociationContext = {
        clock,
        scheduler,
        network,
        random: systemRandom,
        log,
        phase: engine.discipline,
        sink: engine,
        tos: config.tos,
        servedPort: config.port,
        keys: () => this.keysById,
        system: () => engine.system(),
        ownAddresses: () => this.served.ownAddresses(),
      };
      const symmetric = { port: this.served.port, router: this.router };
      engine.add(createNetworkSource(association, context, engine, symmetric));
    }
  }

  /** After a step over years nothing that was measured before means anything. */
  private remakeSources(): void {
    this.engine.removeAll();
    this.makeSources();
  }

  private publish(system: SystemVariables): void {
    this.responder.publish({
      leap: system.leap,
      stratum: system.stratum,
      precisionLog2: system.precisionLog2,
      rootDelaySeconds: system.rootDelaySeconds,
      rootDispersionSeconds: system.rootDispersionSeconds,
      dispersionGrowth: PHI,
      dispersionAtNs: system.nowNs,
      refid: system.refid,
      referenceTimeNs: system.referenceTimeNs,
      stampMap: this.machine.clock.stampMap(),
    });
  }

  private loadKeys(): void {
    const file = this.options.keysFile ?? this.config.keysFile;
    if (file === undefined) return;
    try {
      const { keys, problems } = loadKeysFile(file);
      for (const problem of problems) {
        this.log.write(
          problem.severity,
          'keys-file',
          `${problem.file}:${problem.line}:${problem.column}: ${problem.message}; ${problem.remedy}`,
        );
      }
      const trusted = new Set(this.config.trustedKeys);
      this.loadedKeys = keys.length;
      this.keys = keys.filter((key) => trusted.has(key.id));
      this.keysById = keyTable(this.keys);
    } catch (error) {
      this.log.write('error', 'keys-file', `${explain(error)}; nothing that needs a key works until then`);
    }
  }

  private driftPath(): string {
    return this.options.driftFile ?? this.config.driftFile ?? 'drift';
  }

  private readDrift() {
    try {
      const text = this.store.read(this.driftPath());
      const drift = text === undefined ? undefined : decodeDriftFile(text);
      if (text !== undefined && drift === undefined) {
        this.log.write(
          'warning',
          'drift-file-bad',
          `${this.driftPath()} holds no frequency; it is learned anew`,
        );
      }
      return drift;
    } catch (error) {
      this.log.write('warning', 'drift-file-unreadable', explain(error));
      return undefined;
    }
  }

  private save(): void {
    const now = this.machine.clock.now();
    const drift = this.engine.discipline.drift(now);
    try {
      if (drift !== undefined) this.store.write(this.driftPath(), encodeDriftFile(drift));
    } catch (error) {
      this.log.write('warning', 'drift-file-unwritten', explain(error));
    }
    const refclocks: Record<string, unknown> = { ...this.saved.refclocks };
    for (const source of this.engine.all()) {
      if (source instanceof GpsSource) refclocks[source.view().address] = source.exportState();
    }
    const right = this.engine.system().state === 'synchronised';
    saveState(this.store, { lastRightNs: right ? now : this.saved.lastRightNs, refclocks }, this.log);
  }
}

const responderSettings = (config: Config): ResponderSettings => ({
  averageLog2: config.discard.average,
  minimumSeconds: config.discard.minimum,
  discardMonitor: config.discard.monitor,
  maxAgeSeconds: config.mru.maxAge,
  monitor: config.enable.monitor,
  autokey: false,
  manycast: false,
});
