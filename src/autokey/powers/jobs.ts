/**
 * What the main thread asks of the crypto thread, and what it hears: plain data that can be posted. Bytes are copied both
 * ways. Owns the shapes; doing a job is the workshop's, when it is done the job queue's.
 */
import type { KeyObject } from 'node:crypto';
import type { DanceAnswer, DanceRequest, ServerState } from '../dance/server-desk.js';
import type { SignatureDigest } from '../digest.js';
import type { IdentityKey, IdentityParameters, IdentityScheme } from '../identity/scheme.js';
import type { IdentityVerdict } from '../identity/verdict.js';
import type { EngineName } from './modular.js';
import type { Answered, PowersBudget, ResponderStatus } from './responder.js';

/** Which of our RSA keys. */
export type RsaRole = 'host' | 'sign';

/** Private keys the thread works with; posting them again empties pools and builds tables anew. */
export interface CryptoKeys {
  readonly identity: readonly IdentityKey[];
  readonly host?: KeyObject | undefined;
  /** the host key, where left out */
  readonly sign?: KeyObject | undefined;
}

/** A group's parameters and, for GQ, the public value of the trusted certificate: whom a challenge is for. */
export interface IdentityTarget {
  readonly held: IdentityParameters;
  readonly publicValue?: bigint | undefined;
}

export type CryptoJob =
  /** the server's answer, DER */
  | { readonly kind: 'answer'; readonly scheme: IdentityScheme; readonly challenge: Uint8Array }
  /** a challenge that was sent: what can be computed before its answer comes; false: such a target cannot be asked */
  | { readonly kind: 'roll'; readonly target: IdentityTarget; readonly challenge: Uint8Array }
  | {
      readonly kind: 'check';
      readonly target: IdentityTarget;
      readonly challenge: Uint8Array;
      readonly answer: Uint8Array;
      readonly compat: boolean;
    }
  /** PKCS#1 v1.5 */
  | {
      readonly kind: 'sign';
      readonly role: RsaRole;
      readonly digest: SignatureDigest;
      readonly bytes: Uint8Array;
    }
  /** OAEP with the host key */
  | { readonly kind: 'open'; readonly bytes: Uint8Array }
  /** a client's request, answered whole */
  | { readonly kind: 'serve'; readonly request: DanceRequest };

export interface CryptoResults {
  readonly answer: Answered | { readonly ok: false; readonly refusal: 'no-key' };
  readonly roll: boolean;
  readonly check: IdentityVerdict;
  /** undefined: no such key */
  readonly sign: Uint8Array | undefined;
  /** undefined: not encrypted for our key, or none */
  readonly open: Uint8Array | undefined;
  /** undefined: no usable keys */
  readonly serve: DanceAnswer | undefined;
}
export type CryptoResult = CryptoResults[keyof CryptoResults];

export interface WorkshopStatus {
  readonly engine: EngineName;
  /** why it is not OpenSSL's */
  readonly engineReason: string | undefined;
  readonly responders: readonly ResponderStatus[];
  /** spent on filling pools since the thread's start, s */
  readonly refillSeconds: number;
}

/** main -> thread */
export type CryptoCommand =
  | { readonly type: 'keys'; readonly keys: CryptoKeys }
  | { readonly type: 'refill-share'; readonly share: number }
  /** what 'serve' answers from; undefined: nothing, from now on */
  | { readonly type: 'server'; readonly state: ServerState | undefined }
  | { readonly type: 'job'; readonly id: number; readonly job: CryptoJob }
  | { readonly type: 'stop' };

/** thread -> main */
export type CryptoNotice =
  | {
      readonly type: 'done';
      readonly id: number;
      readonly result: CryptoResult;
      /** how long the thread worked on it */
      readonly seconds: number;
    }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  | { readonly type: 'status'; readonly status: WorkshopStatus }
  /** keys that cannot be used; the others are in use */
  | { readonly type: 'keys-refused'; readonly message: string };

export interface CryptoThreadData {
  readonly crypto: true;
  readonly budget: PowersBudget;
  readonly refillShare: number;
}
