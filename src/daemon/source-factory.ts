/**
 * What the daemon's sources are made with: devices, the floor of time and what was saved for reference clocks; sockets, keys,
 * Autokey and the served port for associations. Owns that outfit, by the configuration in force; which sources there are is
 * source-set.ts's.
 */
import type { AssociationConfig, Config, RefclockConfig } from '../config/types.js';
import type { AssociationContext } from '../source/association/context.js';
import { createNetworkSource } from '../source/association/create.js';
import type { SymmetricSide } from '../source/association/symmetric.js';
import type { Source } from '../source/types.js';
import type { StatisticsWriter } from '../status/statistics/writer.js';
import type { AutokeyRoom } from './autokey-room.js';
import { createDevices } from './devices.js';
import type { Engine } from './engine.js';
import type { Groupcast } from './groupcast.js';
import type { KeyRing } from './key-ring.js';
import type { Logger } from './logger.js';
import type { Machine } from './machine.js';
import type { Persistence } from './persistence.js';
import type { Platform } from './platform.js';
import { createRefclocks } from './refclocks.js';
import type { ServedNetwork } from './served-network.js';
import type { SourceMakers } from './source-set.js';
import { rawRecordOf } from './statistics.js';
import { systemRandom } from './system-random.js';

export interface SourceFactoryParts {
  readonly engine: Engine;
  readonly machine: Machine;
  readonly platform: Pick<Platform, 'segment'>;
  readonly log: Logger;
  readonly keys: Pick<KeyRing, 'byId'>;
  readonly autokey: Pick<AutokeyRoom, 'service'>;
  readonly persistence: Pick<Persistence, 'saved' | 'floorNs'>;
  readonly statistics: Pick<StatisticsWriter, 'raw'>;
  /** the one in force */
  config(): Config;
  served(): ServedNetwork;
  router(): SymmetricSide['router'];
  groupcast(): Groupcast;
}

export class SourceFactory implements SourceMakers {
  readonly #parts: SourceFactoryParts;

  constructor(parts: SourceFactoryParts) {
    this.#parts = parts;
  }

  refclocks(configs: readonly RefclockConfig[]): readonly Source[] {
    const { engine, log, machine, platform, persistence } = this.#parts;
    const { clock, scheduler, simulated, board } = machine;
    return createRefclocks(configs, {
      environment: {
        clock,
        scheduler,
        phase: engine.discipline,
        sink: engine,
        log,
        reference: (id) => engine.reference(id),
        armedLeap: () => engine.armedLeap(),
      },
      devices: createDevices({
        clock,
        scheduler,
        log,
        board: board.board,
        simulated,
        segment: (unit) => platform.segment(unit),
      }),
      log,
      nextId: () => engine.nextId(),
      floorNs: persistence.floorNs,
      saved: persistence.saved.refclocks,
    });
  }

  association(config: AssociationConfig): Source {
    const { engine, served, router, groupcast } = this.#parts;
    const symmetric = { port: served().port, router: router() };
    return createNetworkSource(config, this.context(), engine, symmetric, groupcast());
  }

  /** Of an association that is made now. */
  context(): AssociationContext {
    const { engine, log, machine, keys, autokey, statistics, served } = this.#parts;
    const config = this.#parts.config();
    return {
      clock: machine.clock,
      scheduler: machine.scheduler,
      network: machine.network,
      random: systemRandom,
      log,
      phase: engine.discipline,
      sink: engine,
      tos: config.tos,
      servedPort: config.port,
      keys: () => keys.byId,
      system: () => engine.system(),
      ownAddresses: () => served().ownAddresses(),
      autokey: autokey.service,
      onRaw: (exchange) => statistics.raw(rawRecordOf(exchange), exchange.destinationNs),
    };
  }
}
