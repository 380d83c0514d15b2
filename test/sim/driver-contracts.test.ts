/** The simulated twins of drivers keep to the drivers' contracts. */
import { SimGpsReceiver } from '../../src/sim/gps-receiver.js';
import { createNoise } from '../../src/sim/noise.js';
import { type OscillatorModel, oscillatorModel, steadyOscillator } from '../../src/sim/oscillator.js';
import { SimPulse } from '../../src/sim/pulse.js';
import type { ReceiverTwin } from '../../src/sim/receiver-twin.js';
import {
  MEAN_CELSIUS,
  PER_DEGREE,
  type Thermometer as SimulatedThermometer,
  thermometerA,
  thermometerB,
} from '../../src/sim/thermometer.js';
import { createTwinLink } from '../../src/sim/twin-link.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { pulseContract } from '../drivers/pps/contract.js';
import { linkContract } from '../drivers/serial/link-contract.js';
import { manualScheduler } from '../drivers/serial/manual-scheduler.js';
import { thermometerContract } from '../drivers/thermal/contract.js';
import { assert, test } from '../support/suite.js';

const SECOND_NS = 1_000_000_000n;

/** A machine whose clock is right. */
function worldAt(startUnixSecond: number) {
  const world = new VirtualWorld({ startUnixSecond });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0), startErrorSeconds: 0 });
  return { world, clock };
}

for (const depth of [16, 1])
  pulseContract(`simulated, ${depth} kept`, () => {
    const startUnixSecond = 1_759_999_999;
    const { world, clock } = worldAt(startUnixSecond);
    // Half a second before the contract's first edge.
    world.runUntil(0.5);
    return {
      source: new SimPulse(world, clock, { noise: createNoise('none', 1), depth }),
      edge: (atNs) => world.runUntil(Number(atNs - BigInt(startUnixSecond) * SECOND_NS) / 1e9),
      keepsOne: depth === 1,
      toleranceNs: 1000n,
    };
  });

let run = (_seconds: number): void => undefined;
async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 300 && !done(); turn += 1) run(0.1);
  assert.ok(done());
}

linkContract(
  'simulated receiver',
  async () => {
    const { world, clock } = worldAt(1_760_000_000);
    run = (seconds) => world.runUntil(world.now() + seconds);
    const link = new SimGpsReceiver(world, clock);
    const says = Buffer.concat(Array.from({ length: 40 }, (_, k) => link.messages(k)));
    return { link, says, send: async () => run(2), cleanup: async () => undefined };
  },
  until,
);

const SILENT: ReceiverTwin = { baud: 9600, receive: () => [], second: () => [], powerCycle: () => undefined };
const CHUNK_BYTES = 512;

linkContract(
  "line to a receiver's twin",
  async (payload) => {
    const scheduler = manualScheduler();
    run = (seconds) => scheduler.advance(seconds);
    const link = createTwinLink({ twin: SILENT, scheduler, now: () => scheduler.monotonic() });
    const send = async () => {
      for (let at = 0; at < payload.length; at += CHUNK_BYTES)
        link.inject(payload.subarray(at, at + CHUNK_BYTES));
    };
    return { link, send, cleanup: async () => undefined };
  },
  until,
);

/** A quarter of it is a crest of the air's cycle, and a second in which B converts. */
const PERIOD_SECONDS = 4 * 64 * 300;

/** In an air whose cycle has the contract's temperature as its crest. */
const atCrest = (make: (model: OscillatorModel) => SimulatedThermometer) => {
  let model = oscillatorModel('T24h', { periodSeconds: PERIOD_SECONDS });
  let at = PERIOD_SECONDS / 4;
  return {
    thermometer: {
      name: 'simulated',
      read() {
        const simulated = make(model);
        for (let k = 0; k < at; k += 1) simulated(k);
        return simulated(at);
      },
    },
    feel(celsius: number) {
      model = { ...model, amplitude: (celsius - MEAN_CELSIUS) * PER_DEGREE };
      at = PERIOD_SECONDS / 4;
    },
    /** Between two conversions. */
    silence() {
      at += 1;
    },
  };
};
thermometerContract('simulated thermometer A', () => ({
  ...atCrest((model) => thermometerA(model, 1)),
  silence: undefined,
  tolerance: 0.25,
}));
thermometerContract('simulated thermometer B', () => ({ ...atCrest(thermometerB), tolerance: 0.13 }));

test.run();
