/**
 * What an association is given: clock, timers, network, keys, and a look at the rest of the daemon. Interfaces only.
 */
import type { SymmetricKey } from '../../auth/mac.js';
import type { SessionSeal } from '../../autokey/session-key.js';
import type { TosConfig } from '../../config/types.js';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import type { Network } from '../../ports/network.js';
import type { SocketHandle } from '../../ports/packet-batch.js';
import type { Random } from '../../ports/random.js';
import type { Scheduler } from '../../ports/scheduler.js';
import type { NtpTimestamp } from '../../units/time.js';
import type { NtpHeader } from '../../wire/header.js';
import type { SystemVariables } from '../system.js';
import type { Phase, SelectionFate, Source, SourceSink } from '../types.js';
import type { AutokeyPort } from './autokey-port.js';
import type { PeerState } from './peer-state.js';

/** One packet that passed the checks of its association, for rawstats. Times are served time, Unix ns. */
export interface RawExchange {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly header: Readonly<NtpHeader>;
  /** T1 as our clock had it; the packet carries a random number in its place */
  readonly originNs: bigint;
  /** T4 */
  readonly destinationNs: bigint;
}

/** What the port put into a packet as its transmit time, and the kernel clock (CLOCK_REALTIME, ns) at that moment. */
export interface SentStamp {
  readonly transmitTime: NtpTimestamp;
  readonly kernelNs: bigint;
}

/** By which socket, to which address and over which interface a packet came, so that its answer goes back that way. */
export interface Way {
  readonly socket: SocketHandle;
  /** 4 or 16 bytes */
  readonly localAddress: Uint8Array;
  readonly interfaceIndex: number;
}

/** A packet that is to leave from the served port. */
export interface ServedTransmission {
  /** without MAC */
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  /** key of the MAC that the port appends; 0: none */
  readonly keyId: number;
  /** Autokey: the MAC that the port appends instead, after the transmit time; `bytes` may hold extension fields */
  readonly session?: SessionSeal | undefined;
  /** of the packet that this one answers; absent: the route to the address decides */
  readonly way?: Way | undefined;
  /** 1 .. 255, of a multicast; absent: the system's */
  readonly hops?: number | undefined;
  /**
   * The port writes the transmit time right before the packet leaves and tells it here, before any answer to it can come;
   * undefined: the packet was not sent. Absent: the packet is sent as it is.
   */
  readonly stamped?: (stamp: SentStamp | undefined) => void;
}

/**
 * The served port (123), from which symmetric packets must come. The responder's thread owns the sockets and stamps what
 * leaves by them; packets cross by its rings.
 */
export interface ServedPort {
  /** False: it will not be sent (the ring is full, there is no such socket), and nothing is told. */
  send(transmission: ServedTransmission): boolean;
  /** Our address on the way to that one, with which Autokey makes its keys; undefined: there is no way. */
  localAddressFor(address: string): string | undefined;
}

/** The served port, as those who speak to many at once see it. */
export interface GroupPort extends ServedPort {
  /**
   * How packets to this broadcast or multicast address (canonical) leave; undefined: by no interface that is served.
   * Its local address is what Autokey makes the keys with.
   */
  groupWay(address: string): Way | undefined;
}

/** A packet that the responder left to main: modes 1, 2, 4, 5, and mode 3 to a multicast group. */
export interface ServedPacket {
  readonly bytes: Uint8Array;
  /** kernel receive stamp, CLOCK_REALTIME ns */
  readonly kernelNs: bigint;
  readonly address: string;
  readonly port: number;
  /** the address that was asked: in broadcast and multicast that of the group */
  readonly localAddress: string;
  readonly way?: Way | undefined;
  /** RES bits of the sender (auth/restrict.ts); absent: none */
  readonly restrictions?: number | undefined;
}

export interface AssociationContext {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly log: Log;
  /** the discipline: what it moved the clock by */
  readonly phase: Phase;
  readonly sink: SourceSink;
  readonly tos: TosConfig;
  /** the port this host serves itself; 0: none */
  readonly servedPort: number;
  /** Trusted keys by ID; asked at each packet, so that new keys take effect at once. */
  keys(): ReadonlyMap<number, SymmetricKey>;
  system(): SystemVariables;
  /** This host's own addresses, in canonical form (address.ts); asked when an address is to be used. */
  ownAddresses(): ReadonlySet<string>;
  onRaw?(exchange: RawExchange): void;
  /** undefined: the configuration has no `crypto` line */
  readonly autokey?: AutokeyPort | undefined;
}

/** An association as whoever mobilised it sees it. */
export interface Association extends Source {
  readonly state: PeerState;
  /** Asks this address (canonical) from now on; what was learned of another is forgotten. */
  assign(address: string): void;
}

/** What whoever mobilised an association wants to know. */
export interface AssociationOwner {
  /** at each poll that is not within a burst; the last thing done in that poll */
  polled?(): void;
  /** DENY or RSTR: this server is not to be asked again */
  denied?(): void;
  /** May so many bytes go to a peer that has not shown yet that it receives what we send? Absent: any. */
  mayDraw?(bytes: number): boolean;
}

/** Where sources come and go while the daemon runs; the engine implements it. */
export interface SourceHost {
  /** an id that no source had before, 1 .. 65535 */
  nextId(): number;
  add(source: Source): void;
  /** Stops and forgets it. */
  remove(id: number): void;
  fateOf(id: number): SelectionFate;
  all(): readonly Source[];
}
