/**
 * What a flood of Autokey's dances does to others: reply latency of a plain and of a cookie-authenticated client while the
 * server is flooded with valid GQ and COOKIE requests, over that of the same server left in quiet. The senders are real:
 * each has shown that it receives its answers, so the wide bounds hold for it. Each round has three blocks in turning
 * order: quiet, quiet again (the control), flood. What stands for other machines, the measuring clients and the sender, is
 * to disturb no more in one than in another: the sender sends in quiet too, to nobody, and the clients are real-time.
 */
import { Worker } from 'node:worker_threads';
import { FloodClient, KINDS, type Kind, type Latencies } from './flood-client.js';
import { floodSenders } from './flood-packets.js';
import { startFloodedServer } from './flood-server.js';
import { FLOOD, FLOOD_COMMAND, FLOOD_WORDS, type FloodData } from './flood-source.js';

export interface FloodOptions {
  readonly rounds: number;
  /** of each kind in a block */
  readonly samples: number;
  /** of each kind */
  readonly perSecond: number;
  readonly floodPerSecond: number;
  readonly progress: (line: string) => void;
}

export const FULL: Omit<FloodOptions, 'progress'> = {
  rounds: 15,
  samples: 200_000,
  perSecond: 8000,
  floodPerSecond: 1000,
};
/** For trying. */
export const SHORT: Omit<FloodOptions, 'progress'> = { ...FULL, rounds: 5, samples: 20_000 };

/** Of rounds: the median, and the order statistics that hold the true one in at least 95 of 100 cases. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface KindFigures {
  readonly client: Kind;
  /** us: medians over the rounds of quiet blocks and of those with the flood */
  readonly quietP50: number;
  readonly quietP99: number;
  readonly floodP50: number;
  readonly floodP99: number;
  /** p99 of the flood over that of quiet, by rounds */
  readonly flood: Ratio;
  /** p99 of the second quiet block over that of the first */
  readonly control: Ratio;
  readonly lostPercent: { readonly quiet: number; readonly flood: number };
}

export interface FloodFigures {
  readonly rounds: number;
  readonly samples: number;
  readonly perSecond: number;
  readonly clients: readonly KindFigures[];
  readonly flood: {
    readonly requestsPerSecond: number;
    readonly answersPerSecond: number;
    readonly bytesInPerSecond: number;
    readonly bytesOutPerSecond: number;
    /** share of one processor that the crypto thread took, and the whole daemon; in quiet the daemon alone */
    readonly cryptoShare: number;
    readonly daemonShare: number;
    readonly quietDaemonShare: number;
  };
}

const PORT = 31_323;
const SINK_PORT = 31_324;
/** As many as the server takes for real at a time (autokey/proven-clients.ts). */
const ADDRESSES = 1000;
const CHALLENGE_BYTES = 256;
const SETTLE_MS = 1500;
/** What waits in the budget is dropped by then. */
const DRAIN_MS = 5000;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const BLOCKS = ['quiet', 'control', 'flood'] as const;
type Block = (typeof BLOCKS)[number];
type Shares = { readonly process: number; readonly crypto: number };

export async function run(options: FloodOptions): Promise<FloodFigures> {
  const { rounds, samples, perSecond, floodPerSecond, progress } = options;
  progress('keys and server …');
  const server = await startFloodedServer(PORT);
  const page = new Int32Array(new SharedArrayBuffer(4 * FLOOD_WORDS));
  const data: FloodData = {
    flood: true,
    page: page.buffer as SharedArrayBuffer,
    senders: floodSenders(ADDRESSES, server.publicDer, CHALLENGE_BYTES, server.filestamp),
    ...{ perSecond: floodPerSecond, port: PORT, sinkPort: SINK_PORT },
  };
  const source = new Worker(new URL('./flood-source.js', import.meta.url), { workerData: data });
  const client = new FloodClient(PORT, server.cookie);
  const tell = (command: number) => {
    Atomics.store(page, FLOOD.command, command);
    Atomics.notify(page, FLOOD.command);
  };
  const results: Record<Block, Latencies>[] = [];
  const cpu: Record<'quiet' | 'flood', { seconds: number; process: number; crypto: number }> = {
    quiet: { seconds: 0, process: 0, crypto: 0 },
    flood: { seconds: 0, process: 0, crypto: 0 },
  };
  const measure = (block: Block): Latencies => {
    const before: Shares = server.cpu();
    const started = process.hrtime.bigint();
    const found = client.measure(samples, perSecond);
    const sum = cpu[block === 'flood' ? 'flood' : 'quiet'];
    const after: Shares = server.cpu();
    sum.seconds += Number(process.hrtime.bigint() - started) / 1e9;
    sum.process += after.process - before.process;
    sum.crypto += after.crypto - before.crypto;
    return found;
  };
  try {
    progress(`${ADDRESSES} senders introduce themselves …`);
    tell(FLOOD_COMMAND.hello);
    for (let i = 0; i < 60 && Atomics.load(page, FLOOD.real) < ADDRESSES; i += 1) await sleep(500);
    progress(`${Atomics.load(page, FLOOD.real)} are known to the server`);
    // Code and pools are warm, then.
    tell(FLOOD_COMMAND.flood);
    client.measure(Math.min(samples, 20_000), perSecond);
    tell(FLOOD_COMMAND.rest);
    await sleep(DRAIN_MS);
    for (const word of [FLOOD.sent, FLOOD.sentBytes, FLOOD.answers, FLOOD.answerBytes])
      Atomics.store(page, word, 0);
    let floodSeconds = 0;
    for (let round = 0; round < rounds; round += 1) {
      const found: Partial<Record<Block, Latencies>> = {};
      for (let i = 0; i < BLOCKS.length; i += 1) {
        const block = BLOCKS[(i + round) % BLOCKS.length]!;
        if (block === 'flood') {
          tell(FLOOD_COMMAND.flood);
          const since = process.hrtime.bigint();
          await sleep(SETTLE_MS);
          found.flood = measure('flood');
          tell(FLOOD_COMMAND.rest);
          floodSeconds += Number(process.hrtime.bigint() - since) / 1e9;
          await sleep(DRAIN_MS);
        } else {
          tell(FLOOD_COMMAND.quiet);
          found[block] = measure(block);
          tell(FLOOD_COMMAND.rest);
        }
      }
      const whole = found as Record<Block, Latencies>;
      results.push(whole);
      progress(
        `round ${round + 1} of ${rounds}: ${KINDS.map((kind) => `${kind} p99 ${BLOCKS.map((block) => at(whole[block][kind], 0.99).toFixed(0)).join(' / ')} us`).join(', ')}`,
      );
    }
    const rate = (word: number) => Atomics.load(page, word) / floodSeconds;
    return {
      ...{ rounds, samples, perSecond },
      clients: KINDS.map((kind) => figuresOf(kind, results)),
      flood: {
        requestsPerSecond: rate(FLOOD.sent),
        answersPerSecond: rate(FLOOD.answers),
        bytesInPerSecond: rate(FLOOD.sentBytes),
        bytesOutPerSecond: rate(FLOOD.answerBytes),
        cryptoShare: cpu.flood.crypto / cpu.flood.seconds,
        daemonShare: cpu.flood.process / cpu.flood.seconds,
        quietDaemonShare: cpu.quiet.process / cpu.quiet.seconds,
      },
    };
  } finally {
    tell(FLOOD_COMMAND.end);
    client.close();
    await Promise.all([server.stop(), new Promise((resolve) => source.once('exit', resolve))]);
  }
}

/** Of sorted values. */
const at = (sorted: Float64Array | readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

/** The k-th from below and from above of n bound the median with at least 95 % (binomial), as far as n allows. */
export function ratioOf(values: readonly number[]): Ratio {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let outside = 0;
  let term = 0.5 ** n;
  let k = 0;
  for (; k < n / 2 && 2 * (outside + term) <= 0.05; k += 1) {
    outside += term;
    term *= (n - k) / (k + 1);
  }
  const lowest = Math.max(0, k - 1);
  return {
    median: at(sorted, 0.5),
    low: sorted[lowest] ?? Number.NaN,
    high: sorted[n - 1 - lowest] ?? Number.NaN,
  };
}

function figuresOf(kind: Kind, results: readonly Record<Block, Latencies>[]): KindFigures {
  const of = (block: Block, share: number) => results.map((round) => at(round[block][kind], share));
  const median = (values: readonly number[]) => ratioOf(values).median;
  const over = (a: Block, b: Block) => {
    const below = of(b, 0.99);
    return ratioOf(of(a, 0.99).map((value, i) => value / (below[i] ?? Number.NaN)));
  };
  const lost = (blocks: readonly Block[]) => {
    const all = results.flatMap((round) => blocks.map((block) => round[block][kind]));
    const missing = all.reduce(
      (sum, one) => sum + one.filter((us) => us === Number.POSITIVE_INFINITY).length,
      0,
    );
    return (100 * missing) / all.reduce((sum, { length }) => sum + length, 0);
  };
  return {
    client: kind,
    quietP50: median(of('quiet', 0.5)),
    quietP99: median(of('quiet', 0.99)),
    floodP50: median(of('flood', 0.5)),
    floodP99: median(of('flood', 0.99)),
    flood: over('flood', 'quiet'),
    control: over('control', 'quiet'),
    lostPercent: { quiet: lost(['quiet', 'control']), flood: lost(['flood']) },
  };
}

/** For a terminal. */
export function table({ rounds, samples, perSecond, clients, flood }: FloodFigures): string {
  const ratio = ({ median, low, high }: Ratio) =>
    `${median.toFixed(2)} (${low.toFixed(2)} .. ${high.toFixed(2)})`;
  const share = (part: number) => `${(100 * part).toFixed(1)} %`;
  return [
    `${rounds} rounds, ${samples} requests of each client a block, ${perSecond} a second of each; p99 of the flood over quiet:`,
    'client   quiet p50  p99 us   flood p50  p99 us   flood/quiet, median of rounds   quiet/quiet           lost quiet  flood',
    ...clients.map((c) =>
      [
        c.client.padEnd(8),
        ...[c.quietP50, c.quietP99, c.floodP50, c.floodP99].map((us) => us.toFixed(0).padStart(9)),
        ratio(c.flood).padStart(28),
        ratio(c.control).padStart(24),
        ...[c.lostPercent.quiet, c.lostPercent.flood].map((part) => `${part.toFixed(3)} %`.padStart(9)),
      ].join(' '),
    ),
    `flood: ${flood.requestsPerSecond.toFixed(0)} requests a second (${(flood.bytesInPerSecond / 1000).toFixed(0)} kB/s) drew ` +
      `${flood.answersPerSecond.toFixed(1)} answers (${(flood.bytesOutPerSecond / 1000).toFixed(2)} kB/s)`,
    `processor: crypto thread ${share(flood.cryptoShare)}, daemon ${share(flood.daemonShare)}, in quiet ${share(flood.quietDaemonShare)}`,
  ].join('\n');
}
