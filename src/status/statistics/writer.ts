/**
 * Statistics files: what is written when. observe() once a second does everything that can be seen in the daemon's view;
 * raw() is for the network sources, which alone see the packets.
 * ntpd writes a line at each update of its clock, which is each poll; so does this, however often the pulse ticks.
 */

import type { FilegenConfig, StatisticsSet } from '../../config/types.js';
import { statusOf } from '../../control/context.js';
import type { Log } from '../../ports/log.js';
import type { SelectionFate, SourceView } from '../../source/types.js';
import type { Counters, DaemonView } from '../view.js';
import { DiskTrouble, oneAtATime, realDisk, type StatisticsDisk, StatisticsFile } from './file.js';
import { clockLine, cryptoLine, loopLine, peerLine, type RawRecord, rawLine, sysLine } from './lines.js';

export interface StatisticsOptions {
  /** statsdir */
  readonly directory: string;
  /** of the sets in force; those not enabled are passed over */
  readonly filegens: readonly FilegenConfig[];
  readonly log: Log;
  readonly pid: number;
  /** ns of a clock that never steps */
  readonly monotonic: () => bigint;
  readonly disk?: StatisticsDisk | undefined;
}

interface Seen {
  /** monotonic, of the last line */
  atNs: bigint;
  receivedNs: bigint;
}

const SYS_SECONDS = 3600;
/** A quarter of a second of a poll may be missing without a line being left out. */
const GRACE_SECONDS = 0.25;

export class StatisticsWriter {
  readonly #options: StatisticsOptions;
  readonly #files = new Map<StatisticsSet, StatisticsFile>();
  readonly #startedNs: bigint;
  readonly #peers = new Map<number, Seen>();
  readonly #clocks = new Map<number, Seen>();
  #loopAtNs: bigint | undefined;
  #sysAtNs: bigint;
  #counted: Counters | undefined;

  constructor(options: StatisticsOptions) {
    const { directory, filegens, log, pid, monotonic } = options;
    const disk = oneAtATime(options.disk ?? realDisk);
    this.#options = options;
    this.#startedNs = monotonic();
    this.#sysAtNs = this.#startedNs;
    const trouble = new DiskTrouble(directory, log);
    const uptimeSeconds = () => Number(monotonic() - this.#startedNs) / 1e9;
    for (const filegen of filegens)
      if (filegen.enable)
        this.#files.set(
          filegen.set,
          new StatisticsFile({ directory, filegen, pid, log, disk, trouble, monotonic, uptimeSeconds }),
        );
  }

  /** Is the set written? To spare making what nobody reads. */
  has(set: StatisticsSet): boolean {
    return this.#files.has(set);
  }

  /** Once a second: writes the lines that are due, and to the disk what has waited long enough. */
  observe(view: DaemonView): void {
    if (this.#files.size === 0) return;
    const { nowNs, pollLog2, stratum } = view.system();
    const monoNs = this.#options.monotonic();
    this.#counted ??= view.counters();
    if (stratum < 16 && isDue(this.#loopAtNs, pollLog2, monoNs)) {
      this.#loopAtNs = monoNs;
      this.loop(view);
    }
    const sources = view.sources();
    for (const { view: source, fate } of sources) {
      const isClock = source.refclock !== undefined;
      if (this.#isNews(this.#peers, source, isClock, monoNs)) this.peer(source, fate, nowNs);
      if (isClock && this.#isNews(this.#clocks, source, true, monoNs)) this.clock(source, nowNs);
    }
    for (const seen of [this.#peers, this.#clocks])
      for (const id of seen.keys())
        if (!sources.some(({ view: source }) => source.id === id)) seen.delete(id);
    if (Number(monoNs - this.#sysAtNs) / 1e9 >= SYS_SECONDS) this.sys(view);
    this.tick();
  }

  /** loopstats, now. */
  loop(view: DaemonView): void {
    const system = view.system();
    this.#files.get('loopstats')?.add(
      loopLine(system.nowNs, {
        offsetSeconds: system.offsetSeconds,
        frequency: system.frequency,
        jitterSeconds: system.clockJitterSeconds,
        wander: system.clockWander,
        pollLog2: system.pollLog2,
      }),
      system.nowNs,
    );
  }

  /** peerstats, for one source. `nowNs`: served time. */
  peer(view: SourceView, fate: SelectionFate, nowNs: bigint): void {
    this.#files
      .get('peerstats')
      ?.add(
        peerLine(nowNs, { ...view, address: addressOf(view), status: statusOf({ id: 0, view, fate }) }),
        nowNs,
      );
  }

  /** clockstats, for one reference clock. */
  clock(view: SourceView, nowNs: bigint): void {
    const timecode = view.refclock?.timecode ?? '';
    if (timecode !== '')
      this.#files.get('clockstats')?.add(clockLine(nowNs, addressOf(view), timecode), nowNs);
  }

  /** rawstats, for one packet received from a server. */
  raw(record: RawRecord, nowNs: bigint): void {
    this.#files.get('rawstats')?.add(rawLine(nowNs, record), nowNs);
  }

  /** cryptostats, for one event of Autokey. */
  crypto(address: string | undefined, text: string, nowNs: bigint): void {
    this.#files.get('cryptostats')?.add(cryptoLine(nowNs, address, text), nowNs);
  }

  /** sysstats: what was counted since the last line. ntpd does it each hour, and so does observe(). */
  sys(view: DaemonView): void {
    const { nowNs } = view.system();
    const monoNs = this.#options.monotonic();
    const counted = view.counters();
    const seconds = Number(monoNs - this.#sysAtNs) / 1e9;
    this.#files.get('sysstats')?.add(sysLine(nowNs, seconds, since(counted, this.#counted)), nowNs);
    this.#sysAtNs = monoNs;
    this.#counted = counted;
  }

  /** Writes to the disk what has waited for a minute. */
  tick(): void {
    for (const file of this.#files.values()) file.tick();
  }

  /** The files are opened anew, as after logrotate moved them. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Writes what is left. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.flush()));
  }

  /** Has the source been heard since the last line? Of a clock, which is heard each second, one line a poll. */
  #isNews(all: Map<number, Seen>, view: SourceView, perPoll: boolean, monoNs: bigint): boolean {
    const seen = all.get(view.id);
    if (view.receivedTimeNs === 0n || seen?.receivedNs === view.receivedTimeNs) return false;
    if (perPoll && !isDue(seen?.atNs, view.hostPoll, monoNs)) return false;
    all.set(view.id, { atNs: monoNs, receivedNs: view.receivedTimeNs });
    return true;
  }
}

const isDue = (lastNs: bigint | undefined, pollLog2: number, monoNs: bigint): boolean =>
  lastNs === undefined || Number(monoNs - lastNs) / 1e9 >= 2 ** Math.max(0, pollLog2) - GRACE_SECONDS;

const addressOf = (view: SourceView): string => view.address || view.name;

/** Differences; all of it when there is nothing to subtract. */
function since(now: Counters, before: Counters | undefined): Counters {
  if (before === undefined) return now;
  return {
    received: now.received - before.received,
    thisVersion: now.thisVersion - before.thisVersion,
    oldVersion: now.oldVersion - before.oldVersion,
    badFormat: now.badFormat - before.badFormat,
    badAuthentication: now.badAuthentication - before.badAuthentication,
    declined: now.declined - before.declined,
    restricted: now.restricted - before.restricted,
    rateLimited: now.rateLimited - before.rateLimited,
    kodSent: now.kodSent - before.kodSent,
    processed: now.processed - before.processed,
    sent: now.sent - before.sent,
    sendFailures: now.sendFailures - before.sendFailures,
    droppedInput: now.droppedInput - before.droppedInput,
    nakSent: now.nakSent - before.nakSent,
    authenticated: now.authenticated - before.authenticated,
  };
}
