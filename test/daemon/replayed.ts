/**
 * A daemon on the simulated board whose GPS is a recorded receiver behind a pseudo-terminal, with the simulated pulse of
 * the board. Pulse and player share this machine's clock, so that the true time is known: the second the recording
 * speaks of, plus what has passed since its pulse. Everything the daemon answers is held against it, once a half second.
 *
 * Recordings are older than this program, which therefore takes the receiver for one whose week counter has rolled over
 * and adds 1024 weeks or twice that: the true time here is the recording's with that repair (drivers/gps/rollover.ts).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolloverWeeks } from '../../drivers/gps/rollover.js';
import { builtAtNs } from '../../src/version.js';
import { type DaemonExit, DaemonProcess, sleep, temporaryFolder } from '../support/daemon-process.js';
import { type Answer, realtimeNs } from '../support/ntp-client.js';
import { PtyPlayer } from '../support/pty-player.js';
import { readRecording } from '../support/recording.js';
import { sharedFolder } from '../support/suite.js';
import { startTimeServer } from '../support/time-server.js';

const NS = 1_000_000_000n;
const WEEK = 604_800n;
const LOOK_SECONDS = 0.5;

export interface ReplayOptions {
  /** of ../shared/gps-captures, without .log */
  readonly name: string;
  readonly delaySeconds: number;
  /**
   * A network source beside it that tells the recording's time: plain NMEA cannot say that it knows UTC, and is believed
   * after 13 minutes, or when others agree (src/source/refclock/utc-trust.ts; two-days and delays test the 13 minutes).
   */
  readonly server: boolean;
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
}

/** One answer that claimed to be synchronised. */
export interface Seen {
  /** seconds since the start */
  readonly at: number;
  /** served minus true, s, give or take half of the delay */
  readonly errorSeconds: number;
  readonly delaySeconds: number;
  readonly stratum: number;
}

export class ReplayedDaemon {
  /** all answers so far that claimed to be right */
  readonly seen: Seen[] = [];
  /** all answers */
  answers = 0;
  private readonly startedNs = realtimeNs();
  private watching = true;
  private watcher: Promise<void> = Promise.resolve();

  private constructor(
    readonly daemon: DaemonProcess,
    readonly player: PtyPlayer,
    private readonly aheadNs: bigint,
    private readonly closeServer: () => void,
  ) {}

  static async start({ name, delaySeconds, server, damage }: ReplayOptions): Promise<ReplayedDaemon> {
    const folder = temporaryFolder();
    const recording = readRecording(readFileSync(join(sharedFolder, 'gps-captures', `${name}.log`)));
    const player = new PtyPlayer({
      recording,
      folder,
      delaySeconds,
      ...(damage === undefined ? {} : { damage }),
    });
    const weeks = BigInt(rolloverWeeks(BigInt(recording.first) * NS, builtAtNs));
    const aheadNs = (BigInt(player.aheadSeconds) + weeks * WEEK) * NS;
    const lines = [
      'board simulated',
      'clock simulated',
      `refclock gps device ${player.path} baud 9600`,
      'refclock pps device simulated',
    ];
    const timeServer = server ? await startTimeServer(() => realtimeNs() + aheadNs) : undefined;
    if (timeServer !== undefined)
      lines.push(`server 127.0.0.1 port ${timeServer.port} iburst minpoll 3 maxpoll 4`);
    // The simulated clock starts with this machine's time, years away from the recording's: -g lets it be set.
    const daemon = await DaemonProcess.start({ folder, lines, args: ['-g'] });
    const replayed = new ReplayedDaemon(daemon, player, aheadNs, () => timeServer?.close());
    replayed.watcher = replayed.watch();
    return replayed;
  }

  /** Served minus true, s. */
  errorOf(answer: Answer): number {
    return Number(answer.offsetNs - this.aheadNs) / 1e9;
  }

  /** Waits until it serves from the pulse. */
  untilPulses(seconds: number): Promise<number> {
    return this.daemon.until('stratum 1 from the pulse', seconds, async () => {
      const answer = await this.daemon.ask(1);
      return answer !== undefined && answer.leap !== 3 && answer.stratum === 1 && answer.refid === 'PPS';
    });
  }

  /** Since the start of the watch, s. */
  get elapsed(): number {
    return Number(realtimeNs() - this.startedNs) / 1e9;
  }

  /** Of the answers seen between two moments: the largest error beyond what their own delay explains, s. */
  worst(from = 0, to = Number.POSITIVE_INFINITY): number {
    const errors = this.seen
      .filter(({ at }) => at >= from && at < to)
      .map(({ errorSeconds, delaySeconds }) => Math.max(0, Math.abs(errorSeconds) - delaySeconds / 2));
    return Math.max(0, ...errors);
  }

  /** How many answers between two moments claimed to be right. */
  count(from: number, to: number): number {
    return this.seen.filter(({ at }) => at >= from && at < to).length;
  }

  async stop(): Promise<DaemonExit> {
    this.watching = false;
    await this.watcher;
    this.player.stop();
    this.closeServer();
    return this.daemon.stop();
  }

  private async watch(): Promise<void> {
    while (this.watching && !this.daemon.hasExited) {
      const answer = await this.daemon.ask(2);
      if (answer !== undefined) this.answers += 1;
      if (answer !== undefined && answer.leap !== 3 && answer.stratum < 16) {
        const { delaySeconds, stratum } = answer;
        this.seen.push({ at: this.elapsed, errorSeconds: this.errorOf(answer), delaySeconds, stratum });
      }
      await sleep(LOOK_SECONDS);
    }
  }
}

/** Runs a scenario and ends the daemon, whatever happens. */
export async function withReplay(
  options: ReplayOptions,
  scenario: (replayed: ReplayedDaemon) => Promise<void>,
): Promise<DaemonExit> {
  const replayed = await ReplayedDaemon.start(options);
  let exit: DaemonExit;
  try {
    await scenario(replayed);
  } finally {
    exit = await replayed.stop();
  }
  return exit;
}
