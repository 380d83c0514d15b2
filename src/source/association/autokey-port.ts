/**
 * Autokey as associations see it: the keys in force, the moment, and the private-key work that the crypto thread does for
 * them. Interfaces only; the daemon implements it. How a dance goes is autokey/dance's.
 */
import type { BroadcastAnnouncement } from '../../autokey/dance/broadcast-values.js';
import type { AutokeyEnd } from '../../autokey/dance/end.js';
import type { DanceTime } from '../../autokey/dance/host.js';
import type { IdentityCheck } from '../../autokey/dance/step.js';
import type { IdentityQuestion } from '../../autokey/identity/scheme.js';
import type { IdentityVerdict } from '../../autokey/identity/verdict.js';

/** What a symmetric peer asks of us. */
export interface PeerRequest {
  /** the whole field */
  readonly field: Uint8Array;
  /** our half of the cookie */
  readonly half: number;
  /** of the peer, as text: its work takes turns with that of others */
  readonly address: string;
  /** it has answered a packet of ours */
  readonly isProven: boolean;
}

export interface AutokeyPort {
  /**
   * Undefined: there are no usable keys, as the log says; who needs them waits. After a reload it is another object, and
   * dances begin anew.
   */
  end(): AutokeyEnd | undefined;
  /** NTP seconds of the served clock, and whether it is set. */
  time(): DanceTime;
  /** life of a key list, log2 s (`automax`) */
  readonly automax: number;
  /** `crypto compat` */
  readonly compat: boolean;
  /** `ident NAME`: the group of associations that are made by themselves (broadcast, multicast, manycast, passive) */
  readonly ident: string | undefined;
  /** `crypto ident NAME`: our own group; with the names of 2006 it is the peers' too */
  readonly ownGroup: string | undefined;
  /** PKCS#1 v1.5 with our sign key and our certificate's digest; undefined: not now (the queue is full) */
  sign(bytes: Uint8Array): Promise<Uint8Array | undefined>;
  /** What was encrypted for our host key with OAEP; undefined: nothing that was, or not now. */
  open(bytes: Uint8Array): Promise<Uint8Array | undefined>;
  /** A challenge goes out: what its check takes and the answer does not tell is computed meanwhile. */
  roll(question: IdentityQuestion): void;
  /** Does somebody's proof hold? Undefined: not now. */
  check(check: IdentityCheck): Promise<IdentityVerdict | undefined>;
  /** The field that answers a symmetric peer's request (dance/server.ts); undefined: not now. */
  answer(request: PeerRequest): Promise<Uint8Array | undefined>;
  /** The values of a broadcast association's key list, for the server's half to answer AUTO with (BroadcastValues). */
  announce(announcement: BroadcastAnnouncement): void;
  /** One line for cryptostats. `address`: of the other side, as text; undefined: it is about ourselves. */
  note(address: string | undefined, line: string): void;
}
