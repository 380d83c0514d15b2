/**
 * What a set-up asks of its line. A set-up is a generator: it yields requests and is given answers, so that what is sent
 * when is pure, and reading, writing and waiting are the runner's (runner.ts).
 */
import type { Sentence } from '../nmea/sentence.js';

/** A checked frame from the receiver. The payload is its own copy. */
export type Heard =
  | { readonly kind: 'ubx'; readonly id: number; readonly payload: DataView }
  | { readonly kind: 'sentence'; readonly sentence: Sentence };

export type Request =
  /** Writes `bytes` and waits for a frame that `wanted` takes; again when none comes, `tries` times in all. */
  | {
      readonly kind: 'ask';
      readonly bytes: Uint8Array;
      readonly wanted: (heard: Heard) => boolean;
      readonly seconds: number;
      readonly tries: number;
    }
  /** Waits for a frame. */
  | { readonly kind: 'hear'; readonly wanted: (heard: Heard) => boolean; readonly seconds: number }
  | { readonly kind: 'wait'; readonly seconds: number }
  /** Our end of the line goes to another speed. */
  | { readonly kind: 'speed'; readonly baud: number };

/** The frame that was wanted; undefined: it did not come, or the request waits for none. */
export type Answer = Heard | undefined;

export type Exchange<Result> = Generator<Request, Result, Answer>;
