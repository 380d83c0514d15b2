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
import { Engine } from '../../src/daemon/engine.js';
import { createRefclocks } from '../../src/daemon/refclocks.js';
import { LeapKeeper } from '../../src/discipline/leap.js';
import type { LeapTable } from '../../src/discipline/leap-file.js';
import type { ByteLink } from '../../src/ports/byte-link.js';
import type { LogLevel } from '../../src/ports/log.js';
import type { PlacedLeap } from '../../src/sim/utc-scale.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
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
  const { config, problems } = readConfig(options.config ?? CONFIG, 'test.conf');
  if (problems.some((problem) => problem.severity === 'error')) throw new Error(JSON.stringify(problems));
  const leap = new LeapKeeper(log);
  leap.setTable(options.leapTable);
  const panics: number[] = [];
  const engine: Engine = new Engine({
    clock,
    scheduler,
    log,
    tos: config.tos,
    policy: { stepSeconds: 0.128, panicSeconds: 1000, stepoutSeconds: 300, firstMayExceedPanic: true },
    drift: undefined,
    leap,
    publish: () => {},
    onFarStep: () =>
      scheduler.after(0, () => {
        engine.removeAll();
        makeSources();
      }),
    rivals: () => ['chronyd: stop it'],
    onPanic: (seconds) => panics.push(seconds),
  });
  const makeSources = () => {
    const sources = createRefclocks(config.refclocks, {
      environment: {
        clock,
        scheduler,
        phase: engine.discipline,
        sink: engine,
        log,
        reference: (id) => engine.reference(id),
        armedLeap: () => engine.armedLeap(),
      },
      devices: { ...unused, link: () => link, pulse: () => hardware.pulse },
      log,
      nextId: () => engine.nextId(),
      floorNs: options.floorNs ?? BigInt(startUnixSecond - 365 * 86_400) * 1_000_000_000n,
      saved: {},
    });
    for (const source of sources) engine.add(source);
  };
  makeSources();
  engine.start();
  return {
    ...hardware,
    world,
    engine,
    events,
    panics,
    /** Runs to true second `end` and looks at each whole second, half a second after it. */
    run(end: number, look: (look: Look) => void): void {
      for (let k = Math.ceil(world.now()); k < end; k += 1) {
        world.runUntil(k + 0.5);
        look({
          k,
          errorSeconds: clock.errorSeconds(),
          system: engine.system(),
          boundSeconds: engine.state().boundSeconds,
        });
      }
    },
  };
}
