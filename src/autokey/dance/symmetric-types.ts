/** What a symmetric dance is made with, and what its packets are and bring. The machine is symmetric.ts. */
import type { Random } from '../../ports/random.js';
import type { FaultReport } from './fault.js';
import type { HostValues } from './host.js';
import type { IdentityCheck, PartnerOptions } from './partner.js';
import type { IdentityWork } from './server.js';

export interface SymmetricOptions extends PartnerOptions {
  readonly values: HostValues;
  /** network order, 4 or 16 bytes */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
  readonly associationId: number;
  /** life of a key list, log2 seconds (`automax`) */
  readonly automax: number;
  readonly random: Random;
}

export interface SymmetricOutgoing {
  readonly keyId: number;
  readonly sessionKey: Uint8Array;
  readonly fields: readonly Uint8Array[];
}

export interface SymmetricIncoming {
  /** the MAC is right and the packet no repetition; else nothing else here is true */
  readonly isAuthentic: boolean;
  /** its time may be used */
  readonly isTime: boolean;
  /** something is to be sent soon: an answer, or the next question */
  readonly wantsAnswer: boolean;
  /** proofs to be made: `finish`, then `queueAnswer` */
  readonly work: readonly IdentityWork[];
  /** proofs to be checked, then `settleIdentity` */
  readonly checks: readonly IdentityCheck[];
  readonly reports: readonly FaultReport[];
}
