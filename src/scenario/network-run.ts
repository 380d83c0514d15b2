/**
 * A network client in the virtual world: the daemon's engine, associations and selection, a configuration text, and
 * servers at the addresses that it names. Nothing of it is a copy.
 * Source of the model: shared/reference/discipline-baselines.md §2.5.
 */
import { readConfig } from '../config/read.js';
import { Engine } from '../daemon/engine.js';
import { SourceSet } from '../daemon/source-set.js';
import { LeapKeeper } from '../discipline/leap.js';
import { NoonmarkError } from '../errors.js';
import { silentLog } from '../ports/log.js';
import { type PathModel, SimNetwork } from '../sim/network.js';
import { SimServer } from '../sim/ntp-server.js';
import { createOscillator, type OscillatorModel } from '../sim/oscillator.js';
import { RandomStream, STREAM } from '../sim/random.js';
import { VirtualWorld } from '../sim/virtual-world.js';
import { createNetworkSource } from '../source/association/create.js';
import { type Point, pointOf } from './scenario.js';

export interface NetworkRunOptions {
  readonly oscillator: OscillatorModel | string;
  readonly seed: number;
  readonly seconds: number;
  /** of ntp.conf, with `server` lines that name the addresses of `servers` */
  readonly config: string;
  readonly servers: Readonly<Record<string, PathModel>>;
  readonly startErrorSeconds?: number;
  readonly observe: (point: Point) => void;
}

const START = 1_767_225_600;

export function runNetworkClient(options: NetworkRunOptions): void {
  const { seed, seconds, observe } = options;
  const { config, problems } = readConfig(options.config, 'scenario');
  const wrong = problems.find(({ severity }) => severity === 'error');
  if (wrong !== undefined)
    throw new NoonmarkError('ERR_USAGE', `scenario: ${wrong.message}`, 'this is a bug: report it');
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock, scheduler } = world.addHost({
    oscillator: createOscillator(options.oscillator, seed),
    startErrorSeconds: options.startErrorSeconds ?? 0.05,
    stamps: 'served',
  });
  const log = silentLog;
  const { step, panic, stepout } = config.tinker;
  const engine: Engine = new Engine({
    firstId: 1,
    clock,
    scheduler,
    log,
    tos: config.tos,
    policy: { stepSeconds: step, panicSeconds: panic, stepoutSeconds: stepout, firstMayExceedPanic: true },
    drift: undefined,
    leap: new LeapKeeper(log),
    publish: () => undefined,
    onFarStep: () => scheduler.after(0, () => sources.remake()),
    rivals: () => [],
    onPanic: () => undefined,
  });
  const network = new SimNetwork(world, clock, seed);
  for (const [address, path] of Object.entries(options.servers))
    network.addServer(address, new SimServer(world), path);
  const own: ReadonlySet<string> = new Set(['192.0.2.1']);
  const sources = new SourceSet(engine, {
    refclocks: () => [],
    association: (line) =>
      createNetworkSource(
        line,
        {
          clock,
          scheduler,
          network,
          random: new RandomStream(seed, STREAM.servers),
          log,
          phase: engine.discipline,
          sink: engine,
          tos: config.tos,
          servedPort: 123,
          keys: () => new Map(),
          system: () => engine.system(),
          ownAddresses: () => own,
        },
        engine,
        undefined,
      ),
  });
  sources.apply(config);
  engine.start();
  world.onSecond((k) => {
    if (k >= seconds) return;
    observe(pointOf(k, clock.errorSeconds(), engine.state(), clock.frequencyError()));
  });
  world.runUntil(seconds);
  engine.stop();
}
