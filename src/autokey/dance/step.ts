/**
 * What an answer of the other side brings a dance: a step on, nothing yet, a refusal, or work that is done in its own time.
 * Owns the shapes; what makes an answer acceptable is partner.ts's.
 */
import type { IdentityQuestion } from '../identity/scheme.js';
import type { Stamps } from '../value.js';
import type { FaultReport } from './fault.js';

/** What came of an answer. */
export type Step =
  /** accepted: ask on at once. `line`: for cryptostats */
  | { readonly kind: 'advanced'; readonly line: string }
  /** nothing to be had yet: ask again at the next poll */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'refused'; readonly report: FaultReport };

/** A proof to be checked in its own time; the verdict goes to `settleIdentity`. */
export interface IdentityCheck {
  readonly kind: 'identity';
  readonly question: IdentityQuestion;
  readonly answer: Uint8Array;
}

/** A cookie to be opened with our host key, in its own time; what was in it goes to `settleCookie`. */
export interface CookieCheck {
  readonly kind: 'cookie';
  readonly encrypted: Uint8Array;
  readonly stamps: Stamps;
}
