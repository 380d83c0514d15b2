/** The server's side of an identity scheme with its pool and table; one implementation a scheme. */
import { NoonmarkError } from '../../errors.js';
import { IDENTITY_REFUSALS, type IdentityRefusal } from '../identity/bounds.js';
import type { IdentityScheme } from '../identity/scheme.js';
import type { EngineName } from './modular.js';
import type { PoolStatus } from './one-time-pool.js';

export type Answered =
  | { readonly ok: true /** DER, as it goes into the value */; readonly answer: Uint8Array }
  | { readonly ok: false; readonly refusal: IdentityRefusal };

export interface ResponderStatus {
  readonly scheme: IdentityScheme;
  readonly engine: EngineName;
  readonly pool: PoolStatus;
  /** memory of the full pool */
  readonly poolBytes: number;
  readonly tableBytes: number;
}

export interface IdentityResponder {
  readonly status: ResponderStatus;
  /** One answer with a nonce of its own; the nonce is wiped before this returns. Bounds are checked first. */
  answer(challenge: Uint8Array): Answered;
  /** Makes one pool entry; false: the pool is full. */
  refill(): boolean;
  /** Wipes pool, table and key. */
  close(): void;
}

export const unusableKey = (scheme: Uppercase<IdentityScheme>, refusal: IdentityRefusal): NoonmarkError =>
  new NoonmarkError(
    'ERR_KEYS',
    `the ${scheme} group key cannot be used: ${IDENTITY_REFUSALS[refusal]}`,
    'make a new group with `noonmark keygen group create`',
  );

/** Sizes by which a board is fitted. */
export interface PowersBudget {
  /** table and full pool together */
  readonly bytes: number;
  /** entries of the pool */
  readonly poolEntries: number;
}

export const DEFAULT_POWERS_BUDGET: PowersBudget = { bytes: 2 * 1024 * 1024, poolEntries: 64 };
