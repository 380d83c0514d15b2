/**
 * Everything the daemon tells about itself, as plain JSON: what `noonmark status --json` prints, and what its table and
 * the web page are made of. Numbers carry their unit in the name, times are ISO 8601 UTC with nanoseconds.
 * Scripts rely on it: names are added, never changed, within one `format`.
 */
import type { ThermometerWorth } from '../discipline/types.js';
import type { SurveyProgress } from '../ports/gps-setup.js';
import { refidText } from '../source/refid.js';
import type { RefclockView, SelectionFate, SourceView } from '../source/types.js';
import {
  type AutokeySnapshot,
  type AutokeySourceSnapshot,
  autokeySnapshot,
  autokeySourceSnapshot,
} from './autokey-snapshot.js';
import { isoNs } from './iso-time.js';
import type { ClientView, Counters, DaemonView } from './view.js';

export const SNAPSHOT_FORMAT = 1;
const CLIENTS_SHOWN = 20;

export interface ClockSnapshot {
  readonly type: number;
  readonly device: string;
  readonly timecode: string;
  readonly polls: number;
  readonly noReply: number;
  readonly badFormat: number;
  readonly badData: number;
  readonly time1Seconds: number;
  readonly time2Seconds: number;
  readonly flags: number;
  readonly satellitesUsed: number | null;
  readonly fix: string | null;
  readonly messageDelaySeconds: number | null;
  readonly pulseJitterSeconds: number | null;
}

export interface SourceSnapshot {
  readonly id: number;
  readonly kind: SourceView['kind'];
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly fate: SelectionFate;
  /** why it cannot be selected, null when it can */
  readonly unfit: string | null;
  readonly remark: string;
  readonly stratum: number;
  readonly leap: LeapName;
  readonly refid: string;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly referenceTime: string | null;
  readonly receivedTime: string | null;
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  readonly dispersionSeconds: number;
  readonly jitterSeconds: number;
  /** answers among the last eight polls, newest in bit 0 */
  readonly reach: number;
  readonly unreach: number;
  readonly hostMode: number;
  readonly peerMode: number;
  readonly hostPollLog2: number;
  readonly peerPollLog2: number;
  readonly version: number;
  readonly configured: boolean;
  readonly keyId: number | null;
  readonly authentic: boolean;
  readonly flash: number;
  readonly headwaySeconds: number;
  /** newest first */
  readonly filter: readonly {
    readonly delaySeconds: number;
    readonly offsetSeconds: number;
    readonly dispersionSeconds: number;
  }[];
  readonly clock: ClockSnapshot | null;
  /** null: not by Autokey */
  readonly autokey: AutokeySourceSnapshot | null;
}

export interface ClientSnapshot {
  readonly address: string;
  readonly port: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly packets: number;
  readonly dropped: number;
  readonly mode: number;
  readonly version: number;
  /** RES_* bits */
  readonly restrictions: number;
}

export type LeapName = 'none' | 'insert' | 'delete' | 'unsynchronised';

export interface Snapshot {
  readonly format: typeof SNAPSHOT_FORMAT;
  readonly version: string;
  readonly board: string;
  readonly processor: string;
  readonly system: string;
  readonly clock: 'system' | 'none' | 'simulated';
  /** of the served clock */
  readonly time: string | null;
  readonly startedAt: string | null;
  readonly uptimeSeconds: number;
  readonly synchronised: boolean;
  /** one line for a person */
  readonly summary: string;
  readonly stratum: number;
  readonly refid: string;
  readonly leap: LeapName;
  /** of the next leap second, or the last one known */
  readonly leapAt: string | null;
  readonly leapFileExpires: string | null;
  readonly taiOffsetSeconds: number | null;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly referenceTime: string | null;
  /** id of the source that is followed */
  readonly systemPeer: number | null;
  readonly offsetSeconds: number;
  readonly frequencyPpm: number;
  readonly systemJitterSeconds: number;
  readonly clockJitterSeconds: number;
  readonly clockWanderPpm: number;
  readonly discipline: {
    readonly phase: 'unset' | 'acquiring' | 'locked' | 'holdover';
    readonly offsetSeconds: number;
    /** 95 % */
    readonly boundSeconds: number;
    readonly frequencyPpm: number;
    readonly frequencyUncertaintyPpm: number;
    readonly noiseSeconds: number;
    readonly wanderPpmPerRootSecond: number;
    readonly holdoverSeconds: number;
    /** null: there is none */
    readonly thermometer: { readonly celsius: number | null; readonly worth: ThermometerWorth } | null;
  };
  readonly sources: readonly SourceSnapshot[];
  readonly receiver: {
    readonly vendor: string | null;
    readonly software: string | null;
    readonly hardware: string | null;
    readonly protocol: string | null;
    readonly uniqueId: string | null;
    readonly antenna: string | null;
    readonly jamming: string | null;
    readonly spoofing: string | null;
    /** null: the receiver is left as it is */
    readonly setup: {
      readonly state: string;
      readonly text: string;
      /** its place is known and in use */
      readonly placeFixed: boolean;
      readonly survey: SurveyProgress | null;
    } | null;
    readonly satellites: readonly {
      readonly system: string;
      readonly id: number;
      readonly elevationDegrees: number | null;
      readonly azimuthDegrees: number | null;
      readonly snrDb: number | null;
      readonly used: boolean;
    }[];
  };
  readonly clients: {
    readonly entries: number;
    readonly capacity: number;
    readonly oldestSeconds: number;
    readonly latest: readonly ClientSnapshot[];
  };
  readonly packets: Counters;
  readonly keys: { readonly loaded: number; readonly trusted: number };
  /** null: no `crypto` line, or no usable keys */
  readonly autokey: AutokeySnapshot | null;
}

const LEAPS: readonly LeapName[] = ['none', 'insert', 'delete', 'unsynchronised'];

/** The daemon as it is now. `clients`: how many of the latest clients it lists. */
export function takeSnapshot(view: DaemonView, clients: number = CLIENTS_SHOWN): Snapshot {
  const system = view.system();
  const discipline = view.discipline();
  const { identity, health, setup, satellites } = view.receiver();
  return {
    format: SNAPSHOT_FORMAT,
    version: system.version,
    board: system.board,
    processor: system.processor,
    system: system.system,
    clock: system.clockKind,
    time: isoNs(system.nowNs),
    startedAt: isoNs(system.startedAtNs),
    uptimeSeconds: system.uptimeSeconds,
    synchronised: system.stratum < 16 && system.leap !== 3,
    summary: system.summary,
    stratum: system.stratum,
    refid: refidName(system.refid, system.stratum),
    leap: LEAPS[system.leap] ?? 'unsynchronised',
    leapAt: orNull(system.leapAtNs, isoNs),
    leapFileExpires: orNull(system.leapFileExpiresNs, isoNs),
    taiOffsetSeconds: system.taiOffsetSeconds ?? null,
    precisionLog2: system.precisionLog2,
    rootDelaySeconds: system.rootDelaySeconds,
    rootDispersionSeconds: system.rootDispersionSeconds,
    referenceTime: isoNs(system.referenceTimeNs),
    systemPeer: system.systemPeer === 0 ? null : system.systemPeer,
    offsetSeconds: system.offsetSeconds,
    frequencyPpm: ppm(system.frequency),
    systemJitterSeconds: system.systemJitterSeconds,
    clockJitterSeconds: system.clockJitterSeconds,
    clockWanderPpm: ppm(system.clockWander),
    discipline: {
      phase: discipline.phase,
      offsetSeconds: discipline.offsetSeconds,
      boundSeconds: discipline.boundSeconds,
      frequencyPpm: ppm(discipline.frequency),
      frequencyUncertaintyPpm: ppm(discipline.frequencyUncertainty),
      noiseSeconds: discipline.noiseSeconds,
      wanderPpmPerRootSecond: ppm(discipline.wander),
      holdoverSeconds: discipline.holdoverSeconds,
      thermometer:
        discipline.thermometer === undefined
          ? null
          : { celsius: discipline.celsius ?? null, worth: discipline.thermometer },
    },
    sources: view.sources().map((source) => sourceSnapshot(source.view, source.fate)),
    receiver: {
      vendor: identity?.vendor ?? null,
      software: identity?.software ?? null,
      hardware: identity?.hardware ?? null,
      protocol: identity?.protocol ?? null,
      uniqueId: identity?.uniqueId ?? null,
      antenna: health?.antenna ?? null,
      jamming: health?.jamming ?? null,
      spoofing: health?.spoofing ?? null,
      setup: orNull(setup, ({ state, text, place, survey }) => ({
        ...{ state, text, placeFixed: place !== undefined, survey: survey ?? null },
      })),
      satellites: satellites.map((satellite) => ({
        system: satellite.system,
        id: satellite.id,
        elevationDegrees: satellite.elevationDegrees ?? null,
        azimuthDegrees: satellite.azimuthDegrees ?? null,
        snrDb: satellite.snrDb ?? null,
        used: satellite.used,
      })),
    },
    clients: { ...view.clientTable(), latest: view.clients(clients).map(clientSnapshot) },
    packets: { ...view.counters() },
    keys: { ...view.keys() },
    autokey: orNull(view.autokey(), autokeySnapshot),
  };
}

/** Is that a snapshot of this format? What came over a socket may be another version's. */
export const isSnapshot = (value: unknown): value is Snapshot =>
  typeof value === 'object' && value !== null && 'format' in value && value.format === SNAPSHOT_FORMAT;

function sourceSnapshot(view: SourceView, fate: SelectionFate): SourceSnapshot {
  return {
    id: view.id,
    kind: view.kind,
    name: view.name,
    address: view.address,
    port: view.port,
    localAddress: view.localAddress,
    localPort: view.localPort,
    fate,
    unfit: view.unfit ?? null,
    remark: view.remark,
    stratum: view.stratum,
    leap: LEAPS[view.leap] ?? 'unsynchronised',
    refid: refidName(view.refid, view.kind === 'refclock' ? 0 : view.stratum),
    precisionLog2: view.precisionLog2,
    rootDelaySeconds: view.rootDelaySeconds,
    rootDispersionSeconds: view.rootDispersionSeconds,
    referenceTime: isoNs(view.referenceTimeNs),
    receivedTime: isoNs(view.receivedTimeNs),
    offsetSeconds: view.offsetSeconds,
    delaySeconds: view.delaySeconds,
    dispersionSeconds: view.dispersionSeconds,
    jitterSeconds: view.jitterSeconds,
    reach: view.reach,
    unreach: view.unreach,
    hostMode: view.hostMode,
    peerMode: view.peerMode,
    hostPollLog2: view.hostPoll,
    peerPollLog2: view.peerPoll,
    version: view.version,
    configured: view.configured,
    keyId: view.authenticationEnabled ? view.keyId : null,
    authentic: view.authentic,
    flash: view.flash,
    headwaySeconds: view.headwaySeconds,
    filter: view.filter.map((stage) => ({ ...stage })),
    clock: orNull(view.refclock, clockSnapshot),
    autokey: orNull(view.autokey, autokeySourceSnapshot),
  };
}

const clockSnapshot = (clock: RefclockView): ClockSnapshot => ({
  type: clock.type,
  device: clock.device,
  timecode: clock.timecode,
  polls: clock.polls,
  noReply: clock.noReply,
  badFormat: clock.badFormat,
  badData: clock.badData,
  time1Seconds: clock.time1Seconds,
  time2Seconds: clock.time2Seconds,
  flags: clock.flags,
  satellitesUsed: clock.satellitesUsed ?? null,
  fix: clock.fix ?? null,
  messageDelaySeconds: clock.messageDelaySeconds ?? null,
  pulseJitterSeconds: clock.pulseJitterSeconds ?? null,
});

const clientSnapshot = (client: ClientView): ClientSnapshot => ({
  address: client.address,
  port: client.port,
  first: isoNs(client.firstNs),
  last: isoNs(client.lastNs),
  packets: client.count,
  dropped: client.dropped,
  mode: client.mode,
  version: client.version,
  restrictions: client.restrictions,
});

/** Without the last digits that binary fractions bring. */
const ppm = (fraction: number): number => Number((fraction * 1e6).toPrecision(12));

function orNull<T, R>(value: T | undefined, as: (value: T) => R): R | null {
  return value === undefined ? null : as(value);
}

/** A name where a server of that stratum has one, else an address. */
const refidName = (refid: Uint8Array, stratum: number): string =>
  (stratum > 1 && stratum < 16 ? undefined : refidText(refid)) ?? [...refid].join('.');
