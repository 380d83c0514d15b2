/**
 * The way of time: samples from sources, selection, discipline, system variables. Composed once for the daemon and
 * for the virtual world; does no I/O, holds no thread, reads only the Clock and Scheduler it was given.
 */
import type { TosConfig } from '../config/types.js';
import { Discipline } from '../discipline/discipline.js';
import type { LeapKeeper, LeapState } from '../discipline/leap.js';
import { FAR_STEP_SECONDS } from '../discipline/movement.js';
import type { DisciplineAction, DisciplinePolicy, DisciplineState, DriftState } from '../discipline/types.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { every, type Scheduler, type Timer } from '../ports/scheduler.js';
import type { SourceHost } from '../source/association/context.js';
import type { ArmedLeap, Reference } from '../source/refclock/environment.js';
import { refidText, servedRefid } from '../source/refid.js';
import { selectSources } from '../source/select.js';
import { initialSystem, nextSystem, type SystemVariables, votedLeap } from '../source/system.js';
import type {
  Candidate,
  Sample,
  SelectionFate,
  SelectionResult,
  Source,
  SourceSink,
} from '../source/types.js';
import { formatSeconds } from '../units/duration.js';
import { ClockStatusTeller } from './clock-status.js';
import { EventLog } from './event-log.js';
import { isServer, measurementOf, type Speaker, speaker } from './measurement.js';
import { Witness } from './witness.js';

export interface EngineOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly tos: TosConfig;
  readonly policy: DisciplinePolicy;
  readonly drift: DriftState | undefined;
  readonly leap: LeapKeeper;
  /**
   * 1 .. 65535, of the first source: drawn at each start, so that a symmetric peer sees that this host began anew (RFC 5906
   * association IDs) and nobody can guess them
   */
  readonly firstId: number;
  /** at each change and each second */
  readonly publish: (system: SystemVariables) => void;
  /** The clock moved so far that older samples mean nothing: make the sources anew. */
  readonly onFarStep: () => void;
  /** Programs on this machine that may steer its clock, one phrase each. */
  readonly rivals: () => readonly string[];
  /** The offset is beyond the panic threshold: the daemon is to end. */
  readonly onPanic: (seconds: number) => void;
}

const NO_SELECTION: SelectionResult = {
  fates: new Map(),
  systemPeer: undefined,
  survivors: [],
  offsetSeconds: 0,
  jitterSeconds: 0,
};
/** What LOCAL is served with: the clock as it runs. */
const UNDISCIPLINED = { phase: 'locked', offsetSeconds: 0, boundSeconds: 0 } as const;
const LEAP_MEMORY_NS = 10_000_000_000n;
/** A reference clock that is no better than this has an error that no statistics of its samples shows, s. */
const COARSE_SECONDS = 0.001;

export class Engine implements SourceSink, SourceHost {
  readonly discipline: Discipline;
  readonly events = new EventLog();
  private readonly sources = new Map<number, Source>();
  private lastId: number;
  private selection = NO_SELECTION;
  /** the system peer, while it was elected and not listened to since */
  private unheard: number | undefined;
  private variables: SystemVariables;
  private leapState: LeapState;
  private timer: Timer | undefined;
  /** monotonic: when a source that is no last resort was last followed, or the start */
  private lastGuidedNs: bigint;
  private stepped = false;
  private foreignHand = false;
  private readonly witness = new Witness();
  private readonly clockStatus: ClockStatusTeller;
  private lastLeap: ArmedLeap | undefined;

  constructor(private readonly options: EngineOptions) {
    const { clock, policy, drift, log, leap } = options;
    this.lastId = options.firstId - 1;
    this.clockStatus = new ClockStatusTeller(clock);
    this.discipline = new Discipline(clock, policy, drift, log);
    this.variables = initialSystem(clock.monotonic(), clock.now(), clock.precisionLog2);
    this.leapState = leap.state(clock.now());
    this.lastGuidedNs = clock.monotonic();
  }

  start(): void {
    this.options.publish(this.variables);
    this.timer = every(this.options.scheduler, 1, () => this.tick());
    for (const source of this.sources.values()) source.start();
  }

  stop(): void {
    this.timer?.cancel();
    for (const source of this.sources.values()) source.stop();
  }

  /** An id that no source had before in the last 65535. */
  nextId(): number {
    do this.lastId = (this.lastId % 65535) + 1;
    while (this.sources.has(this.lastId));
    return this.lastId;
  }

  /** Adds a source; it is started at once when the engine runs. */
  add(source: Source): void {
    this.sources.set(source.id, source);
    if (this.timer !== undefined) source.start();
  }

  remove(id: number): void {
    this.sources.get(id)?.stop();
    this.sources.delete(id);
    this.reselect();
  }

  removeAll(): void {
    for (const source of this.sources.values()) source.stop();
    this.sources.clear();
    this.reselect();
  }

  sample(id: number, sample: Sample): void {
    // Looked for before anything is written, which would cover the traces.
    const jumped = this.lookForForeignHand();
    this.reselect();
    const candidates = this.candidates();
    const spoken = jumped ? undefined : speaker(id, candidates, this.selection);
    if (spoken !== undefined) this.measure(spoken, sample);
    else if (!jumped) this.takeLastWord();
    this.publish();
  }

  changed(_id: number): void {
    this.reselect();
    this.takeLastWord();
    this.publish();
  }

  system(): SystemVariables {
    return this.variables;
  }

  leap(): LeapState {
    return this.leapState;
  }

  selected(): SelectionResult {
    return this.selection;
  }

  fateOf(id: number): SelectionFate {
    return this.selection.fates.get(id) ?? 'reject';
  }

  all(): readonly Source[] {
    return [...this.sources.values()];
  }

  /** The discipline's state; while a receiver's messages alone set the clock, its bound covers what is not known of their delay. */
  state(): DisciplineState {
    const state = this.discipline.state();
    const { stratum, sourceDispersionSeconds } = this.variables;
    const coarse = stratum === 1 && sourceDispersionSeconds > COARSE_SECONDS;
    return coarse ? { ...state, boundSeconds: state.boundSeconds + sourceDispersionSeconds } : state;
  }

  /**
   * What the sources beside `id` say the time is; else this clock itself, if something beside `id`, or a run of
   * numbered pulses, has set it: a source must not confirm itself.
   */
  reference(id: number): Reference | undefined {
    const nameOf = (other: number) => this.sources.get(other)?.view().name;
    return (
      this.witness.others(id, this.candidates(), this.options.tos, nameOf) ??
      this.witness.clock(id, this.variables, this.discipline.state().offsetSeconds)
    );
  }

  /** The next leap second that is announced, or the last one for some seconds after it. */
  armedLeap(): ArmedLeap | undefined {
    const { nextAtNs, nextChange } = this.leapState;
    if (nextAtNs !== undefined && nextChange !== 0) this.lastLeap = { atNs: nextAtNs, change: nextChange };
    const last = this.lastLeap;
    if (last === undefined || this.options.clock.now() - last.atNs > LEAP_MEMORY_NS) return undefined;
    return last;
  }

  /**
   * A server may be elected long after it spoke, because others were waited for: then the clock is set by its last word,
   * rather than a whole poll interval later by its next.
   */
  private takeLastWord(): void {
    const { systemPeer } = this.selection;
    if (systemPeer === undefined || systemPeer !== this.unheard) return;
    if (this.discipline.state().phase !== 'unset') return;
    const { clock } = this.options;
    const peer = this.candidates().find((c) => c.id === systemPeer);
    if (peer === undefined || !isServer(peer)) return;
    const sample = {
      offsetSeconds: peer.offsetSeconds,
      delaySeconds: peer.rootDelaySeconds,
      dispersionSeconds: peer.jitterSeconds,
      monoNs: clock.monotonic(),
      atNs: clock.now(),
      movedSeconds: this.discipline.movedSeconds(),
    };
    this.measure({ candidate: peer, spreadSeconds: undefined }, sample);
  }

  private measure(speaker: Speaker, sample: Sample): void {
    this.unheard = undefined;
    const action = this.discipline.update(measurementOf(speaker, sample));
    if (action.type === 'tracked' || action.type === 'stepped') {
      this.witness.saw(speaker.candidate);
    }
    this.afterwards(action);
  }

  private afterwards(action: DisciplineAction): void {
    switch (action.type) {
      case 'stepped': {
        this.stepped = true;
        this.options.log.write(
          'notice',
          'clock-stepped',
          `the clock was stepped by ${formatSeconds(action.seconds)}`,
        );
        this.events.system('clock-stepped');
        this.clockStatus.stale();
        if (Math.abs(action.seconds) > FAR_STEP_SECONDS) this.options.onFarStep();
        else this.reselect();
        return;
      }
      case 'panic':
        this.events.system('panic');
        this.options.onPanic(action.seconds);
        return;
      case 'tracked':
      case 'ignored':
        return;
    }
  }

  private tick(): void {
    this.lookForForeignHand();
    this.discipline.tick();
    this.reselect();
    this.takeLastWord();
    this.publish();
  }

  private candidates(): Candidate[] {
    return [...this.sources.values()].map((source) => source.candidate());
  }

  /**
   * Beside real sources LOCAL waits as an orphan does (`tos orphanwait`): until they have had time to answer, and while
   * the clock coasts well after they were lost.
   */
  private withoutEarlyLocal(candidates: readonly Candidate[]): readonly Candidate[] {
    const isLocal = (c: Candidate) => c.lastResort && c.orphanMetric === undefined && !c.prefer;
    const alone = Number(this.options.clock.monotonic() - this.lastGuidedNs) / 1e9;
    if (alone >= this.options.tos.orphanwait || candidates.every(isLocal)) return candidates;
    return candidates.filter((c) => !isLocal(c));
  }

  private reselect(): void {
    const candidates = this.candidates();
    const previous = this.selection.systemPeer;
    this.selection = selectSources(this.withoutEarlyLocal(candidates), this.options.tos, previous);
    const current = this.selection.systemPeer;
    const followed = candidates.find((c) => c.id === current);
    if (followed?.lastResort === false) this.lastGuidedNs = this.options.clock.monotonic();
    if (current === previous) return;
    this.unheard = current;
    const name = current === undefined ? undefined : this.sources.get(current)?.view().name;
    this.options.log.write(
      'notice',
      current === undefined ? 'source-lost' : 'source-selected',
      current === undefined ? 'no source can be followed now' : `following ${name ?? current}`,
    );
    this.events.system(current === undefined ? 'no-peer' : 'new-peer');
    if (current !== undefined) this.events.peer(current, 'sys-peer');
  }

  private publish(): void {
    const { clock, tos, leap } = this.options;
    const candidates = this.candidates();
    const nowNs = clock.now();
    const survivors = candidates.filter((c) => this.selection.survivors.includes(c.id));
    const voted = votedLeap(candidates, this.selection);
    const tai = survivors
      .map((c) => this.sources.get(c.id)?.taiOffsetSeconds)
      .find((value) => value !== undefined);
    const informed = candidates.filter((c) => c.stratum === 0 && this.selection.survivors.includes(c.id));
    const notice = informed.map((c) => this.sources.get(c.id)?.leapNotice).find((told) => told !== undefined);
    if (notice !== undefined) leap.setNotice(notice);
    leap.setNetwork(voted, tai);
    this.leapState = leap.state(nowNs);
    const peerSource =
      this.selection.systemPeer === undefined ? undefined : this.sources.get(this.selection.systemPeer);
    const view = peerSource?.view();
    const selected = candidates.find((c) => c.id === this.selection.systemPeer);
    const before = this.variables;
    this.variables = nextSystem(before, {
      monoNs: clock.monotonic(),
      nowNs,
      precisionLog2: clock.precisionLog2,
      candidates,
      selection: this.selection,
      peer:
        view === undefined
          ? undefined
          : { id: view.id, refid: servedRefid(view), updatedNs: view.receivedTimeNs },
      discipline: selected?.lastResort === true ? UNDISCIPLINED : this.discipline.state(),
      leapNotice: this.leapToday(),
      kiss: this.stepped ? 'STEP' : 'INIT',
      tos,
      maximumDistanceSeconds: tos.maxdist,
    });
    if (this.variables.state !== before.state || this.variables.stratum !== before.stratum)
      this.announce(before);
    this.options.publish(this.variables);
    if (before.state === 'unsynchronised' && this.variables.state !== 'unsynchronised')
      for (const source of this.sources.values()) source.clockSet?.();
    if (this.clockStatus.tell(this.variables, this.leapState, this.state().boundSeconds))
      this.events.system('leap-armed');
  }

  /**
   * What is announced today. Servers may announce all month what is for its last day alone, so they are heard through
   * LeapKeeper only; undefined: nobody is there to be heard.
   */
  private leapToday(): 0 | 1 | 2 | undefined {
    const { from, armed } = this.leapState;
    return from === 'none' && this.selection.systemPeer === undefined ? undefined : armed;
  }

  private announce(before: SystemVariables): void {
    const { state, stratum, refid } = this.variables;
    const text =
      state === 'unsynchronised'
        ? 'not synchronised'
        : `${state}, stratum ${stratum}, reference ${refidText(refid) ?? [...refid].join('.')}`;
    this.options.log.write('notice', 'state-changed', `${text} (was ${before.state})`);
    if (before.state === 'unsynchronised') this.stepped = false;
    this.events.system(state === 'unsynchronised' ? 'unsynchronised' : 'synchronised');
  }

  private lookForForeignHand(): boolean {
    const { clock } = this.options;
    const { foreignHand, jumpSeconds } = clock.readback();
    const jumped = jumpSeconds !== 0;
    const news = foreignHand && (jumped || !this.foreignHand);
    this.foreignHand = foreignHand;
    if (!news) return false;
    // What was known of this clock is no longer true of it: the next sample sets it anew, and it is no witness meanwhile.
    this.witness.forget();
    this.discipline.clockWasSet();
    if (jumped) {
      // It is served no more until it is set, and the sources, whose samples are of the old time, begin anew.
      const { referenceTimeNs } = this.variables;
      const fresh = initialSystem(clock.monotonic(), clock.now(), clock.precisionLog2);
      this.variables = { ...fresh, referenceTimeNs };
      this.stepped = true;
      this.options.onFarStep();
    }
    const rivals = this.options.rivals();
    const culprits =
      rivals.length > 0
        ? rivals.join('; ')
        : 'systemd-timesyncd, chronyd, ntpd and phc2sys are the usual ones';
    this.options.log.write(
      'warning',
      'clock-steered-by-another',
      jumped
        ? `the clock was moved by ${formatSeconds(jumpSeconds)}, not by this daemon: the machine slept, or another program does it; stop that one (${culprits})`
        : `another program changes this clock too; stop it (${culprits})`,
    );
    return jumped;
  }
}
