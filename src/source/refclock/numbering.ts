/**
 * What the pairer says of the edges: which seconds they are, by which evidence, or why that is not known. No logic.
 */
import type { Evidence } from './numbering-votes.js';

/** Messages that must agree before anything is decided. */
export const EPOCHS_NEEDED = 6;

export type Numbering =
  | {
      readonly numbered: true;
      /** Unix second (continuous scale) of the grid's index 0 */
      readonly zeroSecond: bigint;
      readonly delaySeconds: number;
      readonly evidence: readonly Evidence[];
    }
  | {
      readonly numbered: false;
      readonly cause: 'waiting' | 'scattered' | 'ambiguous' | 'contradiction' | 'changed';
      /** for a person */
      readonly why: string;
      /** fraction of the delay, if known: the delay is this plus an unknown whole number */
      readonly delayFraction: number | undefined;
    };

export type Refusal = Extract<Numbering, { numbered: false }>;

export const refuse = (cause: Refusal['cause'], why: string, delayFraction: number | undefined): Refusal => ({
  numbered: false,
  cause,
  why,
  delayFraction,
});

export const waiting = (heard: number): Refusal =>
  refuse('waiting', `${heard} of ${EPOCHS_NEEDED} messages paired with pulses so far`, undefined);
