/**
 * How many requests a second our responder's thread answers, and how long one takes, beside chronyd on the same machine.
 * The load comes from this process over loopback: for the rate a window of outstanding requests, for the delay one at a
 * time. Both servers run with a clock they do not touch (chronyd -x). Figures are of the pair of load and server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeEventfd, openEventfd } from '../drivers/linux/eventfd.js';
import { LinuxPacketBatch } from '../drivers/linux/packet-batch.js';
import { LinuxPoller } from '../drivers/linux/poller.js';
import { realScheduler } from '../drivers/linux/scheduler.js';
import { closeSocket, openServerSocket } from '../drivers/linux/server-socket.js';
import { appendMac, type KeyMaterial, type SymmetricKey, symmetricKey } from '../src/auth/mac.js';
import { compileAccess } from '../src/auth/restrict.js';
import { responderPlatform } from '../src/daemon/responder-platform.js';
import { silentLog } from '../src/ports/log.js';
import { DEFAULT_SETTINGS } from '../src/responder/messages.js';
import { ResponderThread } from '../src/responder/server.js';
import { HEADER_LENGTH, setFlags, setTimestamp } from '../src/wire/header.js';

export interface ResponderBenchOptions {
  /** length of each measurement, default 3 */
  readonly seconds?: number;
  /** path of a chronyd to run beside; left out: ours alone */
  readonly chronyd?: string | undefined;
  /** folder of the libraries that chronyd needs, if it is not installed */
  readonly chronydLibraries?: string | undefined;
}

export interface ResponderFigures {
  readonly server: 'noonmark' | 'chronyd';
  readonly request: 'plain' | 'MD5' | 'AES-128-CMAC';
  readonly repliesPerSecond: number;
  readonly lostPercent: number;
  readonly roundTripMicroseconds: { readonly p50: number; readonly p95: number; readonly p99: number };
}

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const WINDOW = 64;
const SERVER_PORT = 31_123;
const KEYS: readonly KeyMaterial[] = [
  { id: 1, algorithm: 'MD5', secret: Buffer.from('benchmark'), ranges: [] },
  { id: 2, algorithm: 'AES-128-CMAC', secret: Buffer.from('0123456789abcdef'), ranges: [] },
];

/** Runs all measurements, one after another; takes about 7 times `seconds` for each server. */
export async function run(options: ResponderBenchOptions = {}): Promise<ResponderFigures[]> {
  const seconds = options.seconds ?? 3;
  const figures: ResponderFigures[] = [];
  const ours = startOurs(SERVER_PORT);
  try {
    figures.push(...(await measureAll('noonmark', SERVER_PORT, seconds)));
  } finally {
    await ours.stop();
  }
  if (options.chronyd === undefined) return figures;
  const theirs = startChronyd(options.chronyd, options.chronydLibraries, SERVER_PORT + 1);
  try {
    figures.push(...(await measureAll('chronyd', SERVER_PORT + 1, seconds)));
  } finally {
    await theirs.stop();
  }
  return figures;
}

/** Ours over chronyd's, from the same run. */
export interface ResponderRatios {
  readonly request: ResponderFigures['request'];
  /** above 1: ours answers more */
  readonly rate: number;
  /** of the median and of the 99th percentile; above 1: ours is slower */
  readonly p50: number;
  readonly p99: number;
}

/** One line for each kind of request that both were measured with. */
export function besideChronyd(figures: readonly ResponderFigures[]): ResponderRatios[] {
  return figures.flatMap((ours) => {
    const theirs = figures.find((f) => f.server === 'chronyd' && f.request === ours.request);
    if (ours.server !== 'noonmark' || theirs === undefined) return [];
    const [a, b] = [ours.roundTripMicroseconds, theirs.roundTripMicroseconds];
    return {
      request: ours.request,
      rate: ours.repliesPerSecond / theirs.repliesPerSecond,
      p50: a.p50 / b.p50,
      p99: a.p99 / b.p99,
    };
  });
}

/** For a terminal. */
export function table(figures: readonly ResponderFigures[]): string {
  const lines = figures.map(({ server, request, repliesPerSecond, lostPercent, roundTripMicroseconds: t }) =>
    [
      server.padEnd(9),
      request.padEnd(13),
      `${Math.round(repliesPerSecond)}`.padStart(9),
      lostPercent.toFixed(2).padStart(7),
      ...[t.p50, t.p95, t.p99].map((us) => us.toFixed(1).padStart(8)),
    ].join(' '),
  );
  const ratios = besideChronyd(figures).map(
    ({ request, rate, p50, p99 }) =>
      `${request.padEnd(13)} ours / chronyd: rate ${rate.toFixed(2)}, p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}`,
  );
  const head = 'server    request       replies/s  lost %   p50 us   p95 us   p99 us';
  return [head, ...lines, ...ratios].join('\n');
}

function startOurs(port: number): { stop(): Promise<void> } {
  const responder = new ResponderThread({
    platform: responderPlatform(),
    scheduler: realScheduler,
    random: { bytes: (n) => new Uint8Array(n).fill(1), uniform: () => 0.5 },
    log: silentLog,
    port,
    interfaces: [
      {
        action: 'listen',
        match: { type: 'prefix', address: LOOPBACK, prefixLength: 32 },
        origin: { file: 'bench', line: 1, column: 1 },
      },
    ],
    access: compileAccess({ rules: [] }),
    keys: KEYS,
    settings: DEFAULT_SETTINGS,
    clientCapacity: 16_384,
    toServed: (ns) => ns,
    onPacket: () => {},
    onSent: () => {},
    onFailure: (error) => {
      throw error;
    },
  });
  responder.start();
  responder.publish({
    leap: 0,
    stratum: 1,
    precisionLog2: -23,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 1e-6,
    dispersionGrowth: 0,
    dispersionAtNs: 0n,
    refid: Buffer.from('GPS\0'),
    referenceTimeNs: 0n,
    stampMap: { anchorKernelNs: 0n, anchorServedNs: 0n, rate: 0 },
  });
  return responder;
}

function startChronyd(path: string, libraries: string | undefined, port: number): { stop(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-bench-'));
  const secrets = KEYS.map(({ id, algorithm, secret }) => {
    const name = algorithm === 'AES-128-CMAC' ? 'AES128' : algorithm;
    return `${id} ${name} HEX:${Buffer.from(secret).toString('hex')}\n`;
  });
  writeFileSync(join(folder, 'keys'), secrets.join(''), { mode: 0o600 });
  writeFileSync(
    join(folder, 'chrony.conf'),
    `port ${port}\nbindaddress 127.0.0.1\nallow 127.0.0.1\nlocal stratum 1\ncmdport 0\nkeyfile ${folder}/keys\n` +
      `pidfile ${folder}/pid\nbindcmdaddress ${folder}/socket\nuser root\n`,
  );
  // -x: it leaves the clock alone. As root it could still touch it, so it loses the right to.
  const caged =
    process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-sys_time', '--inh-caps=-sys_time'] : [];
  const [program = path, ...args] = [...caged, path, '-x', '-d', '-f', join(folder, 'chrony.conf')];
  const child: ChildProcess = spawn(program, args, {
    stdio: 'ignore',
    env: libraries === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries },
    cwd: dirname(path),
  });
  const exited = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', () => resolve());
  });
  return {
    async stop() {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function measureAll(
  server: ResponderFigures['server'],
  port: number,
  seconds: number,
): Promise<ResponderFigures[]> {
  const load = new Load(port);
  try {
    await load.untilAnswered(requestOf(undefined));
    const figures: ResponderFigures[] = [];
    for (const material of [undefined, ...KEYS]) {
      const packet = requestOf(material === undefined ? undefined : symmetricKey(material));
      load.rate(packet, seconds / 3);
      const { answered, sent } = load.rate(packet, seconds);
      figures.push({
        server,
        request: material === undefined ? 'plain' : (material.algorithm as 'MD5' | 'AES-128-CMAC'),
        repliesPerSecond: answered / seconds,
        lostPercent: (100 * (sent - answered)) / sent,
        roundTripMicroseconds: load.roundTrips(packet, seconds),
      });
    }
    return figures;
  } finally {
    load.close();
  }
}

function requestOf(key: SymmetricKey | undefined): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + (key === undefined ? 0 : key.macLength + 4));
  const view = new DataView(bytes.buffer);
  setFlags(view, 3, 4, 3);
  setTimestamp(view, 40, 0x12345678, 0x9abcdef0);
  if (key !== undefined) appendMac(key, bytes, HEADER_LENGTH);
  return bytes;
}

/** The asking side: one socket, in this thread. */
class Load {
  readonly #batch = new LinuxPacketBatch(WINDOW);
  readonly #eventfd = openEventfd();
  readonly #poller = new LinuxPoller(this.#eventfd);
  readonly #socket = openServerSocket({ family: 4, address: '127.0.0.1', port: 0, receiveBuffer: 1 << 20 });

  constructor(readonly port: number) {
    this.#poller.setSockets([this.#socket]);
  }

  close(): void {
    closeSocket(this.#socket);
    closeEventfd(this.#eventfd);
  }

  /** A server needs a moment to start. */
  async untilAnswered(packet: Uint8Array): Promise<void> {
    for (let i = 0; i < 100; i += 1) {
      this.#send(packet);
      this.#poller.wait(50);
      if (this.#batch.receive(this.#socket) > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no answer from port ${this.port}`);
  }

  /** Keeps WINDOW requests on their way; what does not come back within 20 ms is lost. */
  rate(packet: Uint8Array, seconds: number): { readonly answered: number; readonly sent: number } {
    const until = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
    let sent = 0;
    let answered = 0;
    let outstanding = 0;
    while (process.hrtime.bigint() < until) {
      for (; outstanding < WINDOW; outstanding += 1, sent += 1) this.#send(packet);
      this.#poller.wait(20);
      const count = this.#batch.receive(this.#socket);
      answered += count;
      outstanding = count === 0 ? 0 : Math.max(0, outstanding - count);
    }
    this.#poller.wait(20);
    for (let n = this.#batch.receive(this.#socket); n > 0; n = this.#batch.receive(this.#socket))
      answered += n;
    return { answered: Math.min(answered, sent), sent };
  }

  /** One request at a time. */
  roundTrips(packet: Uint8Array, seconds: number): ResponderFigures['roundTripMicroseconds'] {
    const until = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
    const times: number[] = [];
    for (let now = process.hrtime.bigint(); now < until; ) {
      this.#send(packet);
      this.#poller.wait(100);
      const count = this.#batch.receive(this.#socket);
      const after = process.hrtime.bigint();
      if (count > 0) times.push(Number(after - now) / 1000);
      now = after;
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }

  #send(packet: Uint8Array): void {
    this.#batch.sendTo(this.#socket, packet, packet.length, LOOPBACK, this.port, undefined, 0);
  }
}
