/**
 * When SIGN and LEAP are asked: what is asked late keeps time away, since its packets bring none. One that was refused waits
 * by itself; one without an answer holds both up.
 */
import type { Question } from './request.js';

export type LateOperation = 'sign' | 'leap';
const BOTH: readonly LateOperation[] = ['sign', 'leap'];
/** Until SIGN or LEAP is asked again after an error, s. */
const REFUSED_SECONDS = 2 ** 12;
/** The same without an answer, or with an empty one: first, and at most, s; each time twice as long. */
const FIRST_PAUSE = 8;
const LONGEST_PAUSE = 64;

/** SIGN or LEAP: an answer to either leaves what was won as it is. Undefined: neither. */
export const lateOperation = (question: Question | undefined): LateOperation | undefined =>
  question?.operation === 'sign' || question?.operation === 'leap' ? question.operation : undefined;

export class LateQuestions {
  /** monotonic s */
  readonly #from = new Map<LateOperation, number>();
  #pause = FIRST_PAUSE;

  /** It, or its answer, was refused. `now`: monotonic s. */
  refused(operation: LateOperation, now: number): void {
    this.#putOff(operation, now, REFUSED_SECONDS);
  }

  /** Whatever was asked has no answer. */
  unanswered(now: number): void {
    for (const operation of BOTH) this.#putOff(operation, now, this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  #putOff(operation: LateOperation, now: number, seconds: number): void {
    this.#from.set(operation, Math.max(now + seconds, this.#from.get(operation) ?? 0));
  }

  isDue(operation: LateOperation, now: number): boolean {
    return now >= (this.#from.get(operation) ?? Number.NEGATIVE_INFINITY);
  }

  forget(): void {
    this.#from.clear();
    this.#pause = FIRST_PAUSE;
  }
}
