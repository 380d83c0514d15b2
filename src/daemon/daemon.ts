/**
 * noonmarkd put together: machine, engine, responder, sources, saved state; start, reload, stop.
 * Owns the life cycle and the wiring; every rule is elsewhere.
 */
import { formatIp } from '../../drivers/linux/addresses.js';
import { readSmallFile } from '../../drivers/linux/device.js';
import { findThermometer } from '../../drivers/thermal/sysfs.js';
import { findRivals } from '../clock/rivals.js';
import { loadConfig, refuseErrors } from '../config/load.js';
import type { Config } from '../config/types.js';
import type { ReloadReport } from '../control/local-socket.js';
import { ControlService } from '../control/service.js';
import { LeapKeeper } from '../discipline/leap.js';
import { explain, NoonmarkError } from '../errors.js';
import { every, type Timer } from '../ports/scheduler.js';
import { CLIENT_ENTRY_BYTES } from '../responder/client-table.js';
import { clientCapacity, ResponderThread } from '../responder/server.js';
import { PassiveAssociations } from '../source/association/passive.js';
import { SymmetricRouter } from '../source/association/symmetric-router.js';
import { PHI } from '../source/constants.js';
import type { SystemVariables } from '../source/system.js';
import type { StatisticsWriter } from '../status/statistics/writer.js';
import type { DaemonView } from '../status/view.js';
import { builtAtNs } from '../version.js';
import { AccessRules } from './access-rules.js';
import { AutokeyRoom } from './autokey-room.js';
import { BatteryKeeper } from './battery.js';
import { Engine } from './engine.js';
import { Groupcast } from './groupcast.js';
import { type LifeSigns, serviceLine } from './heart.js';
import { KeyRing } from './key-ring.js';
import { LeapSource } from './leap-source.js';
import type { Logger } from './logger.js';
import { createMachine, type Machine } from './machine.js';
import { type OpenedBattery, openBattery } from './open-battery.js';
import type { DaemonOptions } from './options.js';
import { Persistence } from './persistence.js';
import type { Platform } from './platform.js';
import { needsRestart } from './reload.js';
import { responderSettings } from './responder-settings.js';
import { createServedNetwork, type ServedNetwork } from './served-network.js';
import { SourceFactory } from './source-factory.js';
import { SourceSet } from './source-set.js';
import { FileStateStore, MemoryStateStore, type StateStore } from './state-store.js';
import { createStatistics } from './statistics.js';
import { systemRandom } from './system-random.js';
import { createDaemonView } from './view.js';

const SAVE_SECONDS = 3600;
const NEWS_SECONDS = 60;
const FOLLOW_ADDRESSES_SECONDS = 16;
const TEMPERATURE_SECONDS = 4;
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
  private readonly sources: SourceSet;
  private readonly groupcast: Groupcast;
  private readonly control: ControlService;
  private readonly statistics: StatisticsWriter;
  private readonly persistence: Persistence;
  private readonly leapSource: LeapSource;
  private readonly leap: LeapKeeper;
  private readonly keys: KeyRing;
  private readonly autokey: AutokeyRoom;
  private readonly opened: OpenedBattery;
  private readonly battery: BatteryKeeper | undefined;
  private readonly timers: Timer[] = [];
  private readonly store: StateStore;
  private readonly access: AccessRules;

  constructor(
    private readonly options: DaemonOptions,
    private config: Config,
    private readonly log: Logger,
    events: DaemonEvents,
    platform: Platform,
  ) {
    const machine = createMachine(config, platform);
    this.machine = machine;
    const { clock, scheduler } = machine;
    // What a simulated clock was like is no matter for the real one, unless a folder is named for it.
    const isPassing = platform.simulation !== undefined || config.clock === 'simulated';
    this.store =
      isPassing && config.stateDirectory === undefined
        ? new MemoryStateStore()
        : new FileStateStore(config.stateDirectory ?? DEFAULT_STATE);
    this.persistence = new Persistence(this.store, options.driftFile ?? config.driftFile ?? 'drift', log);
    this.statistics = createStatistics(config, clock, log);
    this.leap = new LeapKeeper(log);
    this.leapSource = new LeapSource(this.leap, log);
    this.leapSource.refresh(config.leapFile, config.leapFileCheckHash);
    this.keys = new KeyRing(log);
    this.loadKeys();
    // A simulated world has no battery of this machine's.
    const isReal = clock.kind === 'system' && platform.simulation === undefined;
    this.opened = isReal ? openBattery(config.rtc, rtcIsLocal(), log) : {};
    const { battery } = this.opened;
    if (battery !== undefined) this.battery = new BatteryKeeper({ battery, clock, scheduler, log });
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
        // A clock that shows a time before this program was made has never been set, and a battery clock that it is set
        // forward from may be wrong by as much.
        firstMayExceedPanic:
          options.firstMayExceedPanic ||
          clock.now() < builtAtNs ||
          this.battery?.forwardNs(this.persistence.floorNs) !== undefined,
      },
      drift: this.persistence.readDrift(),
      leap: this.leap,
      firstId: 1 + Math.floor(systemRandom.uniform() * 0xffff),
      publish: (system) => this.publish(system),
      onFarStep: () => scheduler.after(0, () => this.sources.remake()),
      rivals: () => findRivals(),
      onPanic: (seconds) =>
        events.failed(undefined, `the offset of ${seconds.toFixed(0)} s exceeds the panic threshold`),
    });
    this.autokey = new AutokeyRoom(config, {
      ...{ clock, scheduler, log, store: this.store, leap: this.leap, board: machine.board.board },
      system: () => this.engine.system(),
      note: (address, line) => this.statistics.crypto(address, line, clock.now()),
      responder: () => this.responder,
      port: () => this.served.port,
    });
    const factory = new SourceFactory({
      ...{ engine: this.engine, machine, platform, log, keys: this.keys, autokey: this.autokey },
      ...{ persistence: this.persistence, statistics: this.statistics },
      config: () => this.config,
      served: () => this.served,
      router: () => this.router,
      groupcast: () => this.groupcast,
    });
    this.sources = new SourceSet(this.engine, factory);
    this.groupcast = new Groupcast({
      context: () => factory.context(),
      host: this.engine,
      port: () => this.served.port,
    });
    this.access = new AccessRules({
      sources: () => this.engine.all().map((source) => source.view().address),
      interfaces: () => platform.responder.interfaces(),
    });
    this.responder = new ResponderThread({
      platform: platform.responder,
      scheduler,
      random: systemRandom,
      log,
      port: config.port,
      interfaces: config.interfaces,
      access: this.access.tables(config),
      keys: this.keys.trusted,
      settings: responderSettings(config),
      clientCapacity: clientCapacity(config.mru),
      toServed: (kernelNs) => clock.toServed(kernelNs),
      onPacket: (packet) => this.served.receive(packet),
      onSent: (report) => this.served.sent(report),
      onFailure: (error) => events.failed(error, explain(error)),
    });
    this.served = createServedNetwork({
      responder: () => this.responder,
      localAddressFor: (address) => platform.localAddressFor(address),
      symmetric: (packet) =>
        this.router.receive({
          bytes: packet.bytes,
          kernelNs: packet.kernelNs,
          address: formatIp(packet.address),
          port: packet.port,
          localAddress: formatIp(packet.localAddress),
          way: packet,
          restrictions: packet.restrictions,
        }),
      dance: (packet) => this.autokey.server?.receive(packet),
      control: ({ bytes, address, port, restrictions }) =>
        this.control.answer(bytes, { address, port }, restrictions),
      groups: (packet, mode) => this.groupcast.receive(packet, mode),
      interfaces: () => platform.responder.interfaces(),
      interfaceIndex: (device) => platform.responder.interfaceIndex(device),
      monotonic: () => clock.monotonic(),
    });
    this.router = new SymmetricRouter(
      { clock, keys: () => this.keys.byId, system: () => this.engine.system() },
      this.served.port,
    );
    const { port } = this.served;
    this.router.passive = new PassiveAssociations(() => factory.context(), this.engine, {
      port,
      router: this.router,
    });
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
      autokey: () => this.autokey.service,
      dances: () => this.autokey.server?.view(),
      keys: () => ({ loaded: this.keys.count, trusted: this.keys.trusted.length }),
    });
    this.control = new ControlService({
      view: this.view,
      random: systemRandom,
      log,
      monotonic: () => clock.monotonic(),
      keys: () => this.keys.byId,
      mru: () => ({
        enabled: this.config.enable.monitor,
        minDepth: this.config.mru.minDepth,
        maxAgeSeconds: this.config.mru.maxAge,
        entryBytes: CLIENT_ENTRY_BYTES,
      }),
    });
  }

  /** Serves and disciplines from now on. Throws NoonmarkError when no socket at all can be had; then stop() it. */
  start(): void {
    const { scheduler } = this.machine;
    for (const line of this.machine.board.missing) this.log.write('debug', 'board-unknown', line);
    this.machine.takeOver();
    this.battery?.start(this.persistence.floorNs);
    this.listenToGroups();
    this.sources.apply(this.config);
    this.responder.start();
    this.autokey.start();
    const [failure] = this.responder.failures;
    if (failure !== undefined && this.responder.sockets.length === 0) throw failure.error;
    this.engine.start();
    this.battery?.keep(() => this.engine.system().state === 'synchronised');
    this.timers.push(
      every(scheduler, SAVE_SECONDS, () => {
        this.persistence.save(this.engine, this.machine.clock.now());
        this.leapSource.refresh(this.config.leapFile, this.config.leapFileCheckHash);
      }),
      every(scheduler, NEWS_SECONDS, () => this.persistence.saveNews(this.engine, this.machine.clock.now())),
      ...this.feelTemperature(),
      every(scheduler, FOLLOW_ADDRESSES_SECONDS, () => {
        const tables = this.access.changed(this.config);
        if (tables !== undefined) this.responder.setAccess(tables);
      }),
      every(scheduler, 1, () => {
        this.autokey.service?.observe();
        // What clients may want later is begun once there is time for it.
        if (this.responder.isServing) this.autokey.service?.crypto.fill();
        this.statistics.observe(this.view);
      }),
    );
  }

  /** A real board's thermometer is told to the discipline, which finds out itself what it is worth. */
  private feelTemperature(): readonly Timer[] {
    const { board, scheduler, simulated } = this.machine;
    const thermometer =
      this.opened.thermometer ??
      (simulated === undefined ? findThermometer(board.board.thermalZone) : undefined);
    if (thermometer === undefined) return [];
    const feel = () => {
      const celsius = thermometer.read();
      if (celsius !== undefined) this.engine.discipline.feel(celsius);
    };
    return [every(scheduler, TEMPERATURE_SECONDS, feel)];
  }

  /** Ends within half a second, state saved. */
  async stop(): Promise<void> {
    for (const timer of this.timers) timer.cancel();
    this.battery?.stop();
    this.autokey.server?.stop();
    this.persistence.save(this.engine, this.machine.clock.now());
    this.engine.stop();
    await Promise.all([this.responder.stop(), this.statistics.close(), this.autokey.service?.stop()]);
  }

  /** Whether the way of time moves, and what a service manager may say of it (heart.ts). */
  lifeSigns(): LifeSigns {
    return {
      isServing: this.responder.isServing,
      responderBeats: this.responder.beats,
      disciplineNs: this.engine.system().monoNs,
    };
  }
  serviceLine(): string {
    return serviceLine(this.engine, this.responder.clientTable().entries, this.view.system().summary);
  }

  /** Throws NoonmarkError when this daemon has no Autokey. */
  rotateCookie(): void {
    const { service } = this.autokey;
    if (service?.end() === undefined)
      throw new NoonmarkError(
        'ERR_CONFIG',
        'this daemon has no Autokey, so there are no cookies',
        "a 'crypto' line in its configuration, and keys: noonmark keygen --help",
      );
    service.rotateCookies();
  }

  /** Takes a changed configuration as far as a running daemon can; never throws. */
  reload(): ReloadReport {
    const { log } = this;
    const report = this.takeConfig();
    for (const text of report.problems) log.write('error', 'reload', text);
    for (const text of report.applied) log.write('notice', 'reload', text);
    for (const word of report.needsRestart)
      log.write('warning', 'reload', `'${word}' has changed; restart noonmarkd for it`);
    return report;
  }

  private takeConfig(): ReloadReport {
    let after: Config;
    try {
      const { config, problems } = loadConfig(this.options.configFile);
      refuseErrors(this.options.configFile, problems);
      after = config;
    } catch (error) {
      return {
        applied: [],
        needsRestart: [],
        problems: [`${explain(error)}; the old configuration stays in force`],
      };
    }
    const before = this.config;
    this.config = after;
    this.loadKeys();
    this.autokey.load(after);
    this.responder.setKeys(this.keys.trusted);
    this.responder.setAccess(this.access.tables(after));
    this.responder.setSettings(responderSettings(after));
    this.responder.setInterfaces(after.interfaces);
    this.statistics.reopen();
    this.log.configure({ file: this.options.logFile ?? after.logFile });
    this.leapSource.refresh(after.leapFile, after.leapFileCheckHash);
    this.listenToGroups();
    const applied = [
      'keys, access rules, interfaces, log and leap second file taken',
      ...this.sources.apply(after),
    ];
    return { applied, needsRestart: needsRestart(before, after), problems: [] };
  }

  private listenToGroups(): void {
    this.groupcast.configure(this.config);
    this.responder.setGroups(this.groupcast.wishes);
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
    this.keys.load(this.options.keysFile ?? this.config.keysFile, this.config.trustedKeys);
  }
}

/** hwclock(8): the third line of /etc/adjtime. */
const rtcIsLocal = (): boolean => readSmallFile('/etc/adjtime')?.split('\n')[2]?.trim() === 'LOCAL';
