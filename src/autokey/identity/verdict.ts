/** What a check of an identity answer gives, whatever the scheme. */
import type { IdentityRefusal } from './bounds.js';

/** The equation that held: the textbook's, or the one 4.2.8p15 computes with stock GQ files. */
export type ProofEquation = 'textbook' | 'ntpd-4.2.8p15';

export type IdentityVerdict =
  | { readonly ok: true; readonly equation: ProofEquation }
  | { readonly ok: false; readonly refusal: IdentityRefusal };

export const proved = (equation: ProofEquation = 'textbook'): IdentityVerdict => ({ ok: true, equation });
export const refused = (refusal: IdentityRefusal): IdentityVerdict => ({ ok: false, refusal });
