/**
 * A host in the virtual world with network sources, selection and the real discipline, and nothing else of the daemon;
 * a network that can be tampered with; and what tests want to look at.
 */
import { type KeyMaterial, keyTable, type SymmetricKey } from '../../src/auth/mac.js';
import type { AssociationConfig, TosConfig } from '../../src/config/types.js';
import { Discipline } from '../../src/discipline/discipline.js';
import type { ClientSocket, Network, ReceivedPacket } from '../../src/ports/network.js';
import { every } from '../../src/ports/scheduler.js';
import { SimNetwork } from '../../src/sim/network.js';
import { SimServer, type SimServerOptions } from '../../src/sim/ntp-server.js';
import { createOscillator } from '../../src/sim/oscillator.js';
import { RandomStream } from '../../src/sim/random.js';
import type { SimClock } from '../../src/sim/sim-clock.js';
import { type VirtualHost, VirtualWorld } from '../../src/sim/virtual-world.js';
import type { AutokeyPort } from '../../src/source/association/autokey-port.js';
import type {
  AssociationContext,
  RawExchange,
  ServedPort,
  SourceHost,
} from '../../src/source/association/context.js';
import { createNetworkSource } from '../../src/source/association/create.js';
import { SymmetricRouter } from '../../src/source/association/symmetric-router.js';
import { servedRefid } from '../../src/source/refid.js';
import { selectSources } from '../../src/source/select.js';
import { initialSystem, nextSystem, type SystemVariables } from '../../src/source/system.js';
import type {
  Sample,
  SelectionFate,
  SelectionResult,
  Source,
  SourceSink,
  SourceView,
} from '../../src/source/types.js';
import { tos as defaultTos } from './support.js';

export const START = Date.UTC(2026, 0, 1) / 1000;

export const line = (host: string, more: Partial<AssociationConfig> = {}): AssociationConfig => ({
  kind: 'server',
  host,
  family: 0,
  port: 123,
  version: 4,
  minpoll: 6,
  maxpoll: 10,
  iburst: true,
  burst: false,
  prefer: false,
  noselect: false,
  alwaysTrue: false,
  xleave: false,
  key: undefined,
  autokey: false,
  ident: undefined,
  compat: false,
  ttl: 0,
  origin: { file: 'ntp.conf', line: 1, column: 1 },
  ...more,
});

/** Datagrams that reach a client's socket beside, or instead of, the honest ones. */
export type Tamper = (
  honest: readonly ReceivedPacket[],
  sent: { readonly request: Uint8Array; readonly address: string; readonly exchange: number },
) => readonly ReceivedPacket[];

/** Passes a Network through; counts the ports and lets a test tamper with what arrives. */
export class TamperedNetwork implements Network {
  tamper: Tamper = (honest) => honest;
  readonly ports: number[] = [];
  readonly requests: Uint8Array[] = [];
  resolutions = 0;
  open = 0;

  constructor(private readonly inner: Network) {}

  connect(address: string, port: number): ClientSocket {
    const socket = this.inner.connect(address, port);
    this.ports.push(socket.localPort);
    this.open += 1;
    const exchange = this.ports.length;
    let request = new Uint8Array(0);
    let waiting: ReceivedPacket[] = [];
    let closed = false;
    return {
      localAddress: socket.localAddress,
      localPort: socket.localPort,
      send: (bytes) => {
        request = bytes.slice();
        this.requests.push(request);
        return socket.send(bytes);
      },
      receive: () => {
        if (waiting.length === 0) {
          const honest: ReceivedPacket[] = [];
          for (let packet = socket.receive(); packet !== undefined; packet = socket.receive())
            honest.push(packet);
          waiting = [...this.tamper(honest, { request, address, exchange })];
          if (waiting.length === 0) return undefined;
          // One look sees them once.
          waiting.push(END);
        }
        const next = waiting.shift();
        return next === END ? undefined : next;
      },
      close: () => {
        if (!closed) this.open -= 1;
        closed = true;
        socket.close();
      },
    };
  }

  resolve(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    this.resolutions += 1;
    return this.inner.resolve(host, family);
  }
}
const END: ReceivedPacket = { bytes: new Uint8Array(0), kernelNs: 0n };

export interface RigOptions {
  readonly startErrorSeconds?: number;
  readonly startUnixSecond?: number;
  readonly tos?: Partial<TosConfig>;
  readonly keys?: readonly KeyMaterial[];
  readonly seed?: number;
  /** false: the clock is left alone (`clock none` without its correction) */
  readonly disciplined?: boolean;
  readonly ownAddresses?: readonly string[];
  readonly world?: VirtualWorld;
  readonly servedPort?: ServedPort;
  /** every timer of the sources fires this much late: a main thread that is busy; default 0 */
  readonly lateSeconds?: number;
  /** makes the host's Autokey; default: there is none */
  readonly autokey?: (rig: Rig) => AutokeyPort;
  /** oscillator model's name, default W10 */
  readonly oscillator?: string;
}

export class Rig implements SourceSink, SourceHost {
  readonly world: VirtualWorld;
  readonly host: VirtualHost;
  readonly clock: SimClock;
  readonly sim: SimNetwork;
  readonly network: TamperedNetwork;
  readonly discipline: Discipline;
  readonly context: AssociationContext;
  readonly router: SymmetricRouter;
  readonly tos: TosConfig;
  readonly sources = new Map<number, Source>();
  readonly samples: { readonly id: number; readonly sample: Sample }[] = [];
  readonly log: string[] = [];
  readonly raw: RawExchange[] = [];
  keys: ReadonlyMap<number, SymmetricKey>;
  steps = 0;
  selection: SelectionResult = {
    fates: new Map(),
    systemPeer: undefined,
    survivors: [],
    offsetSeconds: 0,
    jitterSeconds: 0,
  };
  system: SystemVariables;
  #ids = 0;

  constructor(options: RigOptions = {}) {
    const seed = options.seed ?? 1;
    this.world = options.world ?? new VirtualWorld({ startUnixSecond: options.startUnixSecond ?? START });
    this.host = this.world.addHost({
      oscillator: createOscillator(options.oscillator ?? 'W10', seed),
      startErrorSeconds: options.startErrorSeconds ?? 0.05,
    });
    const { clock, scheduler } = this.host;
    this.clock = clock;
    this.sim = new SimNetwork(this.world, clock, seed);
    this.network = new TamperedNetwork(this.sim);
    this.tos = { ...defaultTos, ...options.tos };
    this.keys = keyTable(options.keys ?? []);
    const log = {
      write: (_level: string, event: string, text: string) => void this.log.push(`${event}: ${text}`),
    };
    const policy = { stepSeconds: 0.128, panicSeconds: 0, stepoutSeconds: 300, firstMayExceedPanic: true };
    this.discipline = new Discipline(clock, policy, undefined, log);
    this.system = initialSystem(clock.monotonic(), clock.now(), clock.precisionLog2);
    const own: ReadonlySet<string> = new Set(options.ownAddresses ?? ['192.0.2.1']);
    this.context = {
      clock,
      scheduler: {
        monotonic: () => scheduler.monotonic(),
        after: (seconds, action) => scheduler.after(seconds + (options.lateSeconds ?? 0), action),
      },
      network: this.network,
      random: new RandomStream(seed, 77),
      log,
      phase: this.discipline,
      sink: this,
      tos: this.tos,
      servedPort: 123,
      keys: () => this.keys,
      system: () => this.system,
      ownAddresses: () => own,
      onRaw: (exchange) => void this.raw.push(exchange),
      autokey: options.autokey?.(this),
    };
    const port = options.servedPort ?? { send: () => false, localAddressFor: () => undefined };
    this.router = new SymmetricRouter(this.context, port);
    this.#port = port;
    this.#disciplined = options.disciplined ?? true;
    every(scheduler, 1, () => {
      if (this.#disciplined) this.discipline.tick();
      this.#reselect();
    });
  }
  readonly #port: ServedPort;
  readonly #disciplined: boolean;

  /** A source for the line, started. */
  mobilise(config: AssociationConfig): Source {
    const source = createNetworkSource(config, this.context, this, { port: this.#port, router: this.router });
    this.add(source);
    return source;
  }

  server(
    address: string,
    options: SimServerOptions = {},
    path?: Parameters<SimNetwork['addServer']>[2],
  ): SimServer {
    const server = new SimServer(this.world, options);
    this.sim.addServer(address, server, path);
    return server;
  }

  run(untilSeconds: number): Promise<void> {
    return this.world.runSettling(untilSeconds);
  }

  /** Views of all sources but pools. */
  views(): SourceView[] {
    return this.all()
      .map((source) => source.view())
      .filter((view) => !(view.kind === 'pool' && view.configured));
  }

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }
  add(source: Source): void {
    this.sources.set(source.id, source);
    source.start();
  }
  remove(id: number): void {
    this.sources.get(id)?.stop();
    this.sources.delete(id);
  }
  fateOf(id: number): SelectionFate {
    return this.selection.fates.get(id) ?? 'reject';
  }
  all(): readonly Source[] {
    return [...this.sources.values()];
  }

  sample(id: number, sample: Sample): void {
    this.samples.push({ id, sample });
    this.#reselect();
    if (id === this.selection.systemPeer) this.#measure(id, sample);
  }
  changed(): void {
    this.#reselect();
    this.#takeLastWord();
  }

  /** As the engine does: a source elected after it spoke sets the clock by its last word. */
  #takeLastWord(): void {
    const id = this.selection.systemPeer;
    if (id === undefined || this.discipline.state().phase !== 'unset') return;
    const candidate = this.sources.get(id)?.candidate();
    if (candidate === undefined) return;
    this.#measure(id, {
      offsetSeconds: candidate.offsetSeconds,
      delaySeconds: candidate.rootDelaySeconds,
      dispersionSeconds: candidate.jitterSeconds,
      monoNs: this.clock.monotonic(),
      atNs: this.clock.now(),
      movedSeconds: this.discipline.movedSeconds(),
    });
  }

  #measure(id: number, sample: Sample): void {
    if (!this.#disciplined) return;
    const candidate = this.sources.get(id)?.candidate();
    const action = this.discipline.update({
      offsetSeconds: sample.offsetSeconds,
      monoNs: sample.monoNs,
      movedSeconds: sample.movedSeconds,
      noiseSeconds: Math.max(candidate?.jitterSeconds ?? 0, sample.delaySeconds / 10, 1e-7),
      sourceId: id,
      kind: 'network',
    });
    if (action.type === 'stepped') this.steps += 1;
    this.#reselect();
  }

  #reselect(): void {
    const { clock } = this;
    const candidates = this.all().map((source) => source.candidate());
    this.selection = selectSources(candidates, this.tos, this.selection.systemPeer);
    const peer = this.selection.systemPeer;
    const view = peer === undefined ? undefined : this.sources.get(peer)?.view();
    this.system = nextSystem(this.system, {
      monoNs: clock.monotonic(),
      nowNs: clock.now(),
      precisionLog2: clock.precisionLog2,
      candidates,
      selection: this.selection,
      peer:
        view === undefined
          ? undefined
          : { id: view.id, refid: servedRefid(view), updatedNs: view.receivedTimeNs },
      discipline: this.#disciplined
        ? this.discipline.state()
        : { phase: 'locked', offsetSeconds: 0, boundSeconds: 0 },
      leapNotice: undefined,
      kiss: 'INIT',
      tos: this.tos,
      maximumDistanceSeconds: this.tos.maxdist,
    });
  }
}
