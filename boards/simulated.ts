/**
 * The simulated board: a Pi-like computer with a wandering crystal, a GPS on its serial line and a noisy pulse, in real
 * time (truth is the clock of the machine it runs on) for `npm start`, or in virtual time for tests.
 * Composes src/sim; what the daemon gets are the same interfaces that a real board gives.
 */
import type { Scheduler } from '../src/ports/scheduler.js';
import { type GpsReceiverOptions, SimGpsReceiver } from '../src/sim/gps-receiver.js';
import { createNoise, type NoiseModel } from '../src/sim/noise.js';
import { createOscillator, type OscillatorModel, oscillatorModel } from '../src/sim/oscillator.js';
import { type PulseOptions, SimPulse } from '../src/sim/pulse.js';
import { type RealTimeOptions, RealTimeWorld } from '../src/sim/real-time-world.js';
import { sawtooth } from '../src/sim/sawtooth.js';
import { SimClock, type SimClockOptions } from '../src/sim/sim-clock.js';
import type { World } from '../src/sim/utc-scale.js';
import type { VirtualWorld } from '../src/sim/virtual-world.js';
import type { BoardDefinition } from './board.js';

export const simulatedBoard: BoardDefinition = {
  id: 'simulated',
  name: 'a simulated board',
  models: [],
  compatible: [],
  gpioChipLabel: 'simulated',
  pps: { gpio: 18, headerPin: 12, pull: 'none' },
  gpsUart: {
    device: 'simulated',
    configLines: [],
    consoleLines: [],
    debugTty: undefined,
    conflicts: [],
  },
  i2cBus: undefined,
  thermalZone: undefined,
  cores: 4,
  memoryMegabytes: 1024,
  cryptoBudgetPercent: 10,
  powersBytes: 2 * 1024 * 1024,
  v8Options: [],
  debian: undefined,
  noImage: 'a simulated board has no card',
  verifiedAgainst: { against: 'none', note: 'there is no such hardware' },
  quirks: [],
};

export interface SimulatedHardwareOptions {
  /** default 1 */
  readonly seed?: number;
  /** default: W9, a PC crystal in moving air, 20 ppm fast */
  readonly oscillator?: OscillatorModel | string;
  /** default 50 ms */
  readonly startErrorSeconds?: number;
  /** of the pulse; default 300 ns, one in 200 late by 5 to 50 us */
  readonly noise?: NoiseModel | string;
  readonly pulse?: Partial<PulseOptions>;
  readonly gps?: GpsReceiverOptions;
}

export interface SimulatedHardware {
  readonly world: World;
  readonly clock: SimClock;
  readonly scheduler: Scheduler;
  /** the serial line of the GPS */
  readonly gps: SimGpsReceiver;
  readonly pulse: SimPulse;
}

const NOISE: NoiseModel = {
  sigma: 3e-7,
  outlierProbability: 0.005,
  outlierBase: 5e-6,
  outlierSpan: 45e-6,
};

/**
 * A fix after 1 s, UTC known after 2; messages from 0.28 s to about 0.42 s behind the second; nine satellites.
 * NMEA and UBX are mixed, as from a u-blox that was told to: plain NMEA cannot say that its UTC is right.
 */
const GPS: GpsReceiverOptions = {
  fixAfter: 1,
  utcAfter: 2,
  satellites: 9,
  delaySeconds: 0.28,
  jitterSeconds: 0.006,
  baud: 38_400,
  messages: ['RMC', 'GGA', 'GSA', 'GSV', 'ZDA', 'NAV-TIMEUTC', 'NAV-TIMELS', 'TIM-TP'],
};

/** In real time. `truth` and `scheduler` are this machine's; the clock's monotonic reading is the scheduler's. */
export function simulatedInRealTime(
  machine: RealTimeOptions,
  options: SimulatedHardwareOptions = {},
): SimulatedHardware {
  const world = new RealTimeWorld(machine);
  const { scheduler } = machine;
  const clock = new SimClock(world, {
    ...clockOptions(options),
    monotonic: () => scheduler.monotonic(),
  });
  return { world, clock, scheduler, ...attach(world, clock, options) };
}

/** In virtual time: a host of its own in `world`, with stamps as asked for (default 'truth'). */
export function simulatedInVirtualTime(
  world: VirtualWorld,
  options: SimulatedHardwareOptions & Pick<SimClockOptions, 'stamps' | 'maxFrequency'> = {},
): SimulatedHardware {
  const { stamps = 'truth', maxFrequency = 500e-6 } = options;
  const { clock, scheduler } = world.addHost({ ...clockOptions(options), stamps, maxFrequency });
  return { world, clock, scheduler, ...attach(world, clock, options) };
}

function clockOptions(options: SimulatedHardwareOptions): SimClockOptions {
  return {
    oscillator: createOscillator(options.oscillator ?? oscillatorModel('W9'), options.seed ?? 1),
    startErrorSeconds: options.startErrorSeconds ?? 0.05,
  };
}

/** Times in the options count from the start of the world, which in real time is a whole second up to 1 s ago. */
function attach(world: World, clock: SimClock, options: SimulatedHardwareOptions) {
  const { seed = 1 } = options;
  const teeth = sawtooth();
  const gps = new SimGpsReceiver(world, clock, { seed, quantisation: teeth, ...GPS, ...options.gps });
  const pulse = new SimPulse(world, clock, {
    noise: createNoise(options.noise ?? NOISE, seed),
    seed,
    quantisation: teeth,
    active: (k) => gps.model.fixed(k),
    ...options.pulse,
  });
  return { gps, pulse };
}
