/**
 * Read-only views of the running daemon, for mode 6, `noonmark status`, the web page and the statistics files.
 * The daemon implements DaemonView; nothing here is on the way of time.
 */
import type { DisciplineState } from '../discipline/types.js';
import type { Leap } from '../ports/clock.js';
import type { GpsHealth, GpsIdentity, GpsSatellite } from '../ports/gps.js';
import type { SetupView } from '../ports/gps-setup.js';
import type { SelectionFate, SourceView } from '../source/types.js';

export interface SystemView {
  readonly version: string;
  readonly processor: string;
  readonly system: string;
  readonly board: string;
  readonly clockKind: 'system' | 'none' | 'simulated';
  readonly leap: Leap;
  readonly stratum: number;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly refid: Uint8Array;
  readonly referenceTimeNs: bigint;
  /** served time now, Unix ns */
  readonly nowNs: bigint;
  readonly systemPeer: number;
  readonly pollLog2: number;
  readonly minimumPollLog2: number;
  readonly offsetSeconds: number;
  /** fractional */
  readonly frequency: number;
  readonly systemJitterSeconds: number;
  readonly clockJitterSeconds: number;
  /** fractional */
  readonly clockWander: number;
  readonly taiOffsetSeconds: number | undefined;
  /** Unix ns of the next (or last known) leap, and of the leap file's expiry */
  readonly leapAtNs: bigint | undefined;
  readonly leapFileExpiresNs: bigint | undefined;
  /** RFC 9327 system status: source code 0..15, event count 0..15, last event 0..15 */
  readonly clockSource: number;
  readonly eventCount: number;
  readonly lastEvent: number;
  /** why it is not synchronised, or what it is locked to: one line for a person */
  readonly summary: string;
  readonly uptimeSeconds: number;
  readonly startedAtNs: bigint;
}

export interface ClientView {
  readonly address: string;
  readonly port: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly count: number;
  readonly mode: number;
  readonly version: number;
  /** RES_* bits as ntpd prints them */
  readonly restrictions: number;
  /** packets dropped by the rate limit */
  readonly dropped: number;
}

/** Monotonic counters since start (or since ssReset). Names are those of docs/metrics and of mode 6's ss_*, io_*, auth*. */
export interface Counters {
  readonly received: number;
  readonly thisVersion: number;
  readonly oldVersion: number;
  readonly badFormat: number;
  readonly badAuthentication: number;
  readonly declined: number;
  readonly restricted: number;
  readonly rateLimited: number;
  readonly kodSent: number;
  readonly processed: number;
  readonly sent: number;
  readonly sendFailures: number;
  readonly droppedInput: number;
  readonly nakSent: number;
  readonly authenticated: number;
}

/** A certificate that this host holds. */
export interface CertificateView {
  readonly subject: string;
  readonly issuer: string;
  /** as ntpq prints them: 1 trusted, 2 signed, 4 from the network, 8 private */
  readonly flags: number;
  readonly bits: number;
  readonly digest: string;
  /** Unix ns */
  readonly untilNs: bigint;
}

/** What this host does for clients that dance with it; counted since the start. */
export interface DancesView {
  readonly requests: number;
  readonly answers: number;
  /** answers that said what was wrong with the request */
  readonly faults: number;
  /** requests from networks that get no answers (`restrict … autokey`); those beyond one a minute count as declined */
  readonly notAllowed: number;
  readonly waiting: number;
  /** requests dropped: the client asked again first, the queue was full, the turn did not come in time */
  readonly superseded: number;
  readonly crowded: number;
  readonly late: number;
  /** bytes of answers longer than their requests, and of those requests */
  readonly longBytesOut: number;
  readonly longBytesIn: number;
  /** `crypto budget`, of one processor */
  readonly share: number;
  /** s of the crypto thread for these answers, and for filling its pools */
  readonly busySeconds: number;
  readonly refillSeconds: number;
}

/** Autokey of this host; how each association fares is in its SourceView. */
export interface AutokeyView {
  /** name in our certificate */
  readonly host: string;
  /** `ident`: the group of associations that are made by themselves; undefined: none */
  readonly ident: string | undefined;
  /** our status word */
  readonly flags: number;
  /** of session keys, as `crypto digest` names it */
  readonly digest: string;
  /** OpenSSL's name of the algorithm we sign with */
  readonly signature: string;
  /** Unix ns of the last signature update; undefined: the clock was never set */
  readonly updatedNs: bigint | undefined;
  /** newest first, our own last */
  readonly certificates: readonly CertificateView[];
  readonly dances?: DancesView | undefined;
}

export interface DaemonView {
  system(): SystemView;
  discipline(): DisciplineState;
  sources(): readonly { readonly view: SourceView; readonly fate: SelectionFate }[];
  clients(limit: number): readonly ClientView[];
  clientTable(): { readonly entries: number; readonly capacity: number; readonly oldestSeconds: number };
  counters(): Counters;
  /** undefined: no `crypto` line, or no usable keys */
  autokey(): AutokeyView | undefined;
  keys(): { readonly loaded: number; readonly trusted: number };
  receiver(): {
    readonly identity?: GpsIdentity | undefined;
    readonly health?: GpsHealth | undefined;
    readonly setup?: SetupView | undefined;
    readonly satellites: readonly GpsSatellite[];
  };
}
