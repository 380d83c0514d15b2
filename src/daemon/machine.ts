/**
 * What the daemon runs on: the clock it disciplines, its timers and its network, chosen by `board` and `clock`.
 * The only place that decides between a real and a simulated board; where both stand is the platform's.
 */
import { type DetectedBoard, resolveBoard } from '../../boards/detect.js';
import { type SimulatedHardware, simulatedBoard, simulatedInRealTime } from '../../boards/simulated.js';
import { LinuxClock } from '../clock/linux.js';
import { SoftwareClock } from '../clock/software.js';
import type { Config } from '../config/types.js';
import { NoonmarkError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Network } from '../ports/network.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { Platform } from './platform.js';

export interface Machine {
  readonly board: DetectedBoard;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** the simulated board's receiver and pulse; undefined on a real one */
  readonly simulated: SimulatedHardware | undefined;
  /** Takes the clock over (system clock only): from now on it is ours to steer. */
  takeOver(): void;
}

/** Throws NoonmarkError: ERR_CONFIG when board and clock do not fit, ERR_PERMISSION when the clock may not be set. */
export function createMachine(config: Config, platform: Platform): Machine {
  const board = resolveBoard(config.board);
  const { network, scheduler } = platform;
  const readRealtime = () => platform.realtimeNs();
  const common = { board, scheduler, network };
  const isSimulatedBoard = board.board.id === simulatedBoard.id;
  if (isSimulatedBoard !== (config.clock === 'simulated')) {
    throw new NoonmarkError(
      'ERR_CONFIG',
      `board ${config.board} and clock ${config.clock} do not go together`,
      "write 'board simulated' with 'clock simulated', and a real board with 'clock system' or 'clock none'",
    );
  }
  if (isSimulatedBoard) {
    const simulated = simulatedInRealTime({ truth: readRealtime, scheduler }, { seed: 2 });
    return { ...common, clock: simulated.clock, simulated, takeOver() {} };
  }
  if (config.clock === 'none') {
    const base = { baseNs: readRealtime, monotonicNs: () => scheduler.monotonic() };
    return {
      ...common,
      clock: new SoftwareClock(base, { kind: 'none' }),
      simulated: undefined,
      takeOver() {},
    };
  }
  const clock = new LinuxClock(platform.kernelClock());
  return { ...common, clock, simulated: undefined, takeOver: () => clock.takeOver() };
}
