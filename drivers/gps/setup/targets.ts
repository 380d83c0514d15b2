/** Values that both kinds of u-blox are set to, in the receiver's own units. */
import type { Place } from '../../../src/ports/gps-setup.js';

export const SOLUTION_MS = 1000;
export const PULSE_PERIOD_US = 1_000_000;
/** Long enough for every input, short enough to show a missing second on a lamp. */
export const PULSE_US = 100_000;

export type TimingTarget =
  | { readonly kind: 'off' }
  | { readonly kind: 'survey'; readonly seconds: number; readonly accuracyM: number }
  | { readonly kind: 'fixed'; readonly place: Place };
