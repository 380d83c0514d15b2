/** What a symmetric dance is made with, and what its packets are and bring. The machine is symmetric.ts. */
import type { Random } from '../../ports/random.js';
import type { FaultReport } from './fault.js';
import type { FieldDraft } from './field.js';
import type { HostValues } from './host.js';
import type { PartnerOptions } from './partner.js';
import type { CookieCheck, IdentityCheck } from './step.js';
import type { KeyIdChoice, StyleWatch } from './style-watch.js';

export interface SymmetricOptions extends PartnerOptions {
  readonly values: HostValues;
  /** network order, 4 or 16 bytes */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
  readonly associationId: number;
  /** life of a key list, log2 seconds (`automax`) */
  readonly automax: number;
  readonly random: Random;
  /** `iburst`: as long as our clock is not set, the peer is asked for more than it would be */
  readonly iburst: boolean;
  /** default: a new one */
  readonly watch?: StyleWatch;
}

/** What the next packet carries, signatures still to be made; then `seal`. */
export interface SymmetricDraft {
  readonly drafts: readonly FieldDraft[];
  readonly choice: KeyIdChoice;
  /** which of the drafts is our question; -1: none */
  readonly questionAt: number;
  /** of our own list; undefined: the peer's last one at the moment of sealing */
  readonly keyId: number | undefined;
}

/** A packet but for its header and MAC. */
export interface SymmetricOutgoing {
  readonly keyId: number;
  readonly sessionKey: Uint8Array;
  readonly fields: readonly Uint8Array[];
  readonly choice: KeyIdChoice;
}

/** A request that takes private-key work: `answerRequest` in its own time, then `queueAnswer`. */
export interface RequestWork {
  /** the whole field, a copy */
  readonly field: Uint8Array;
  /** our half of the cookie */
  readonly half: number;
  /** of the packet it came in */
  readonly turn: number;
}

export interface SymmetricIncoming {
  /** the MAC is right and the packet no repetition; else nothing else here is true but `isStrange` and `wantsAnswer` */
  readonly isAuthentic: boolean;
  /** a plain packet under a cookie that we do not have: a crypto-NAK may be sent (`nak`) */
  readonly isStrange: boolean;
  /** its time may be used */
  readonly isTime: boolean;
  /** something is to be sent soon: an answer, or the next question */
  readonly wantsAnswer: boolean;
  readonly work: readonly RequestWork[];
  /** proofs and cookies to be looked at, then `settleIdentity`, `settleCookie` */
  readonly checks: readonly (IdentityCheck | CookieCheck)[];
  readonly reports: readonly FaultReport[];
}

/** Not authentic, or heard before. */
export const BRINGS_NOTHING: SymmetricIncoming = {
  ...{ isAuthentic: false, isStrange: false, isTime: false, wantsAnswer: false },
  ...{ work: [], checks: [], reports: [] },
};

/** While its fields are looked at. */
export interface AuthenticPacket extends SymmetricIncoming {
  isTime: boolean;
  wantsAnswer: boolean;
  readonly work: RequestWork[];
  readonly checks: (IdentityCheck | CookieCheck)[];
  readonly reports: FaultReport[];
}

export const authenticPacket = (): AuthenticPacket => ({
  ...{ isAuthentic: true, isStrange: false, isTime: false, wantsAnswer: false },
  ...{ work: [], checks: [], reports: [] },
});
