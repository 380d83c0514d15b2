/**
 * When SIGN and LEAP are asked: what is asked late keeps time away, since its packets bring none. One that was refused waits
 * by itself; one without an answer holds both up.
 */
import { isBefore } from '../seconds.js';
import type { Question } from './request.js';

export type LateOperation = 'sign' | 'leap';
export const BOTH: readonly LateOperation[] = ['sign', 'leap'];

/** SIGN or LEAP: an answer to either leaves what was won as it is. Undefined: neither. */
export const lateOperation = (question: Question | undefined): LateOperation | undefined =>
  question?.operation === 'sign' || question?.operation === 'leap' ? question.operation : undefined;

export class LateQuestions {
  /** NTP seconds */
  readonly #from = new Map<LateOperation, number>();

  /** Not to be asked for so many seconds from `now`. */
  putOff(operations: readonly LateOperation[], now: number, seconds: number): void {
    for (const operation of operations) this.#from.set(operation, (now + seconds) >>> 0);
  }

  isDue(operation: LateOperation, now: number): boolean {
    const from = this.#from.get(operation);
    return from === undefined || !isBefore(now, from);
  }

  forget(): void {
    this.#from.clear();
  }
}
