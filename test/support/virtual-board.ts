/**
 * A whole simulated board in virtual time: receiver, pulse, clock, and the daemon's own engine and sources over them.
 * What a test asks for is the truth: the true error of the served time, and what the board said of itself meanwhile.
 */
import {
  type SimulatedHardware,
  type SimulatedHardwareOptions,
  simulatedInVirtualTime,
} from '../../boards/simulated.js';
import { readConfig } from '../../src/config/read.js';
import type { RefclockConfig } from '../../src/config/types.js';
import { Engine } from '../../src/daemon/engine.js';
import { createRefclocks } from '../../src/daemon/refclocks.js';
import { SourceSet } from '../../src/daemon/source-set.js';
import { LeapKeeper } from '../../src/discipline/leap.js';
import type { LeapTable } from '../../src/discipline/leap-file.js';
import type { DriftState } from '../../src/discipline/types.js';
import type { ByteLink } from '../../src/ports/byte-link.js';
import type { LogLevel } from '../../src/ports/log.js';
import { type GpsReceiverOptions, SimGpsReceiver } from '../../src/sim/gps-receiver.js';
import { SimNetwork } from '../../src/sim/network.js';
import { createNoise } from '../../src/sim/noise.js';
import { SimPulse } from '../../src/sim/pulse.js';
import { RandomStream } from '../../src/sim/random.js';
import type { PlacedLeap } from '../../src/sim/utc-scale.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import type { AssociationContext } from '../../src/source/association/context.js';
import { createNetworkSource } from '../../src/source/association/create.js';
import { PHI } from '../../src/source/constants.js';
import type { SystemVariables } from '../../src/source/system.js';

export interface VirtualBoardOptions {
  readonly startUnixSecond: number;
  readonly leaps?: readonly PlacedLeap[];
  readonly leapTable?: LeapTable;
  readonly hardware?: SimulatedHardwareOptions;
  /** Unix ns; default: a year before the start */
  readonly floorNs?: bigint;
  readonly config?: string;
  /** the serial line; default: the simulated receiver's */
  readonly link?: (hardware: SimulatedHardware) => ByteLink;
  readonly drift?: DriftState;
  /** another receiver with a pulse, for the refclock lines of unit 1 */
  readonly second?: GpsReceiverOptions;
  /** puts servers at the addresses that `config` names */
  readonly network?: (network: SimNetwork, world: VirtualWorld) => void;
}

export interface LoggedEvent {
  readonly at: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly text: string;
}

/** One look a second. */
export interface Look {
  /** true second */
  readonly k: number;
  /** served minus true, s */
  readonly errorSeconds: number;
  readonly system: SystemVariables;
  readonly boundSeconds: number;
  /** as a client reckons it at this instant, its own part apart */
  readonly rootDistanceSeconds: number;
}

const CONFIG =
  'board simulated\nclock simulated\nrefclock gps device simulated\nrefclock pps device simulated\n';

const absent = (): never => {
  throw new Error('this board has no such device');
};
const unused = { segment: absent, inbox: absent };

export function virtualBoard(options: VirtualBoardOptions) {
  const { startUnixSecond, leaps = [] } = options;
  const world = new VirtualWorld({ startUnixSecond, leaps });
  const hardware = simulatedInVirtualTime(world, {
    stamps: 'served',
    maxFrequency: 0.1,
    ...options.hardware,
  });
  const { clock, scheduler } = hardware;
  const link = options.link?.(hardware) ?? hardware.gps;
  const events: LoggedEvent[] = [];
  const log = {
    write: (level: LogLevel, event: string, text: string) =>
      events.push({ at: world.now(), level, event, text }),
  };
  const configOf = (text: string) => {
    const { config, problems } = readConfig(text, 'test.conf');
    if (problems.some((problem) => problem.severity === 'error')) throw new Error(JSON.stringify(problems));
    return config;
  };
  const config = configOf(options.config ?? CONFIG);
  const leap = new LeapKeeper(log);
  leap.setTable(options.leapTable);
  const panics: number[] = [];
  const engine: Engine = new Engine({
    firstId: 1,
    clock,
    scheduler,
    log,
    tos: config.tos,
    policy: {
      stepSeconds: config.tinker.step,
      panicSeconds: config.tinker.panic,
      stepoutSeconds: config.tinker.stepout,
      firstMayExceedPanic: true,
    },
    drift: options.drift,
    leap,
    publish: () => {},
    onFarStep: () => scheduler.after(0, () => sources.remake()),
    rivals: () => ['chronyd: stop it'],
    onPanic: (seconds) => panics.push(seconds),
  });
  const network = new SimNetwork(world, clock, options.hardware?.seed ?? 1);
  options.network?.(network, world);
  const context: AssociationContext = {
    clock,
    scheduler,
    network,
    random: new RandomStream(options.hardware?.seed ?? 1, 77),
    log,
    phase: engine.discipline,
    sink: engine,
    tos: config.tos,
    servedPort: 123,
    keys: () => new Map(),
    system: () => engine.system(),
    ownAddresses: () => new Set(['192.0.2.1']),
  };
  const { second } = options;
  const others =
    second === undefined
      ? undefined
      : {
          gps: new SimGpsReceiver(world, clock, { seed: 9, ...second }),
          pulse: new SimPulse(world, clock, { noise: createNoise('N1u', 9), seed: 9 }),
        };
  const hardwareOf = ({ unit }: RefclockConfig) => (unit === 1 && others !== undefined ? others : hardware);
  const sources = new SourceSet(engine, {
    refclocks: (configs) =>
      createRefclocks(configs, {
        environment: {
          clock,
          scheduler,
          phase: engine.discipline,
          sink: engine,
          log,
          reference: (id) => engine.reference(id),
          armedLeap: () => engine.armedLeap(),
        },
        devices: {
          ...unused,
          link: (line) => (hardwareOf(line) === hardware ? link : hardwareOf(line).gps),
          pulse: (line) => hardwareOf(line).pulse,
        },
        log,
        nextId: () => engine.nextId(),
        floorNs: options.floorNs ?? BigInt(startUnixSecond - 365 * 86_400) * 1_000_000_000n,
        saved: {},
      }),
    association: (line) => createNetworkSource(line, context, engine, undefined),
  });
  sources.apply(config);
  engine.start();
  return {
    ...hardware,
    world,
    engine,
    events,
    panics,
    network,
    /** As a reload of the daemon does. */
    reload: (text: string) => sources.apply(configOf(text)),
    /** Runs to true second `end` and looks at each whole second, half a second after it. */
    run(end: number, look: (look: Look) => void): void {
      for (let k = Math.ceil(world.now()); k < end; k += 1) {
        world.runUntil(k + 0.5);
        const system = engine.system();
        const since = Number(clock.now() - system.nowNs) / 1e9;
        look({
          k,
          errorSeconds: clock.errorSeconds(),
          system,
          rootDistanceSeconds: system.rootDelaySeconds / 2 + system.rootDispersionSeconds + PHI * since,
          boundSeconds: engine.state().boundSeconds,
        });
      }
    },
  };
}
