/**
 * What flows from sources to selection and on to the discipline.
 * Sign, here and everywhere: an offset is source minus served clock; positive: the source is ahead, our clock is slow
 * (θ of RFC 5905).
 */
import type { Leap } from '../ports/clock.js';
import type { GpsLeapNotice } from '../ports/gps.js';

/** One measurement against one source. */
export interface Sample {
  readonly offsetSeconds: number;
  /** round trip; 0 for a refclock */
  readonly delaySeconds: number;
  /** error of the reading itself, grows at 15 ppm from then (RFC 5905 PHI) */
  readonly dispersionSeconds: number;
  /** Clock.monotonic() at the measurement */
  readonly monoNs: bigint;
  /** served time at the measurement */
  readonly atNs: bigint;
  /** Phase.movedSeconds() at the measurement: what the clock was deliberately moved up to then */
  readonly movedSeconds: number;
  /** what this sample is worth beside others of its path; absent: as much as any */
  readonly noise?: SampleNoise;
}

/** Standard deviations, s. */
export interface SampleNoise {
  /** of this sample's error */
  readonly noiseSeconds: number;
  /** of an ordinary sample of the same path: the unit in which the estimator reckons */
  readonly usualSeconds: number;
}

/**
 * Total deliberate movement of the served clock's phase since start (steps and slews, frequency estimate apart).
 * A sample taken when it was m0 has today the offset: offset - (moved - m0).
 */
export interface Phase {
  movedSeconds(): number;
  /** How many seconds of samples the estimate rests on now; absent or undefined: not known. */
  memorySeconds?(): number | undefined;
}

/** RFC 5905 "flash" and our own refusals, as a closed union. */
export type Unfit =
  | 'unreachable'
  | 'unsynchronised'
  | 'stratum'
  | 'distance'
  | 'loop'
  | 'authentication'
  | 'noselect'
  | 'no-samples'
  | 'numbering-ambiguous'
  | 'utc-unknown'
  | 'no-fix'
  | 'no-pulse'
  | 'denied'
  | 'rate'
  | 'stale';

/** A source as selection sees it, at one instant. */
export interface Candidate {
  readonly id: number;
  readonly offsetSeconds: number;
  readonly jitterSeconds: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  /**
   * What the offset can be wrong by as far as it was measured, s: without what RFC 5905 adds for samples that are still
   * missing, which makes the intervals of a start so wide that anybody agrees with anybody. Absent: the root distance.
   */
  readonly errorSeconds?: number | undefined;
  /** It is in its first burst and will be fit, or not, in seconds. */
  readonly settling?: boolean | undefined;
  readonly stratum: number;
  readonly leap: Leap;
  /** undefined: fit to be selected */
  readonly unfit: Unfit | undefined;
  readonly prefer: boolean;
  readonly alwaysTrue: boolean;
  /** a pulse source: the phase of the second, numbered by others or by its own pairer */
  readonly pulse: boolean;
  /** LOCAL (127.127.1) or orphan: used only when nothing else is */
  readonly lastResort: boolean;
  /**
   * Of a pulse source that does not number its own seconds: the id of the source that does, or 'survivors' (any, as
   * type 22 does). It has no vote then; it is used when the one that numbers it is right. Absent: it numbers by itself.
   */
  readonly numberedBy?: number | 'survivors' | undefined;
  /** Of an orphan parent (source/orphan.ts): the least is elected by every host alike. */
  readonly orphanMetric?: number | undefined;
}

/** RFC 5905 peer status selection codes, as ntpq shows them: space x . - + # * o */
export type SelectionFate =
  | 'reject'
  | 'falsetick'
  | 'excess'
  | 'outlier'
  | 'candidate'
  | 'backup'
  | 'sys.peer'
  | 'pps.peer';

export interface SelectionResult {
  readonly fates: ReadonlyMap<number, SelectionFate>;
  readonly systemPeer: number | undefined;
  readonly survivors: readonly number[];
  /** weighted mean of the survivors */
  readonly offsetSeconds: number;
  readonly jitterSeconds: number;
}

/** What a source tells the world about itself, for ntpq, status and statistics. Times in seconds. */
export interface SourceView {
  readonly id: number;
  readonly kind: 'server' | 'pool' | 'peer' | 'refclock' | 'broadcast' | 'broadcastclient' | 'manycast';
  /** as configured: host name, or 127.127.t.u */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly hostMode: number;
  readonly peerMode: number;
  readonly hostPoll: number;
  readonly peerPoll: number;
  readonly version: number;
  readonly configured: boolean;
  readonly authenticationEnabled: boolean;
  readonly authentic: boolean;
  readonly keyId: number;
  readonly reach: number;
  readonly unreach: number;
  readonly leap: Leap;
  readonly stratum: number;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  /** 4 bytes as on the wire */
  readonly refid: Uint8Array;
  /** Unix ns; 0n: never */
  readonly referenceTimeNs: bigint;
  readonly receivedTimeNs: bigint;
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  readonly dispersionSeconds: number;
  readonly jitterSeconds: number;
  /** newest first, up to 8 each */
  readonly filter: readonly {
    readonly delaySeconds: number;
    readonly offsetSeconds: number;
    readonly dispersionSeconds: number;
  }[];
  /** RFC 5905 flash bits, as ntpq prints them */
  readonly flash: number;
  readonly unfit: Unfit | undefined;
  /** a sentence for a person: why it is not used, or what it is doing */
  readonly remark: string;
  readonly headwaySeconds: number;
  readonly ttl: number;
  /** last event code (RFC 9327 peer event) and how many */
  readonly lastEvent: number;
  readonly eventCount: number;
  readonly refclock: RefclockView | undefined;
  /** absent: not by Autokey */
  readonly autokey?: AutokeySourceView | undefined;
}

/** How far the dance of Autokey with one server or peer has come. */
export interface AutokeySourceView {
  /** name in its certificate; '': not known yet */
  readonly host: string;
  /** as ntpq prints it: its status word, and what is done */
  readonly flags: number;
  /** OpenSSL's name of the algorithm it signs with; undefined: not known yet */
  readonly signature: string | undefined;
  /** the group it must prove to be of; undefined: no identity is asked for */
  readonly ident: string | undefined;
  /** what is being done, in words */
  readonly step: string;
  /** of identity: by what it proved it, or will; TC: by its trail alone; undefined: not known yet */
  readonly scheme: 'TC' | 'PC' | 'IFF' | 'GQ' | 'MV' | undefined;
  /** certificate, identity and first signature hold */
  readonly isProven: boolean;
  /** names from its own certificate to the trusted host's; empty: not walked yet */
  readonly trail: readonly string[];
  /** the trusted host at the trail's end, which may be ourselves */
  readonly root: string | undefined;
  /** the fewest bits and the weakest digest on the trail */
  readonly weakest: { readonly bits: number; readonly digest: string } | undefined;
  /** the proof that was accepted is not the textbook's: whose it is */
  readonly quirk: string | undefined;
  readonly cookieAgeSeconds: number | undefined;
  /** Unix ns: when the first certificate of the trail expires */
  readonly certificateUntilNs: bigint | undefined;
  /** of the other side's key list that is followed (symmetric and broadcast); absent: there is none */
  readonly keyList?:
    | { readonly sequence: number; readonly keyId: number /** Unix ns, signed */; readonly atNs: bigint }
    | undefined;
}

/** Clock variables (`ntpq cv`) and what noonmark adds. */
export interface RefclockView {
  /** ntpd's driver type: 1 LOCAL, 20 NMEA, 22 PPS, 28 SHM; 46 (GPSD_JSON's) is not used; SOCK shows as 28 */
  readonly type: number;
  readonly device: string;
  readonly timecode: string;
  readonly polls: number;
  readonly noReply: number;
  readonly badFormat: number;
  readonly badData: number;
  readonly time1Seconds: number;
  readonly time2Seconds: number;
  readonly stratum: number;
  readonly refid: string;
  readonly flags: number;
  readonly satellitesUsed: number | undefined;
  readonly fix: string | undefined;
  /** learned delay of the serial messages behind the pulse */
  readonly messageDelaySeconds: number | undefined;
  readonly pulseJitterSeconds: number | undefined;
}

/** A configured or mobilised source. Pure towards the outside: everything it needs came with its constructor. */
export interface Source {
  readonly id: number;
  start(): void;
  stop(): void;
  candidate(): Candidate;
  view(): SourceView;
  /** TAI - UTC, if this source knows */
  readonly taiOffsetSeconds: number | undefined;
  /** the leap second its receiver announces, or that none is planned; absent: it cannot know */
  readonly leapNotice?: GpsLeapNotice | undefined;
  /** This host's clock has just been set: what waited for that goes on. */
  clockSet?(): void;
}

/** How a source reports a fresh measurement; the daemon's engine decides what follows. */
export interface SourceSink {
  /** `sample` is new from source `id`; raw (not filtered) measurements of pulses, filtered ones of network sources. */
  sample(id: number, sample: Sample): void;
  /** something in candidate() changed: reachability, stratum, fitness */
  changed(id: number): void;
}
