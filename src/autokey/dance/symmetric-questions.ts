/**
 * What we ask a symmetric peer, and when: one question at a time, in the order ASSOC, CERT, identity, COOKIE, AUTO, SIGN,
 * LEAP. Owns the question that is out and the pauses after those that were refused; what an answer brings is partner.ts's.
 * Source: old-reference.md §3 (order; COOKIE once both clocks are set, SIGN and LEAP once ours is).
 */
import { AUTOKEY_OPERATION, type AutokeyField } from '../../wire/autokey-field.js';
import type { Certificate } from '../certificate/parse.js';
import { timeRefusal } from '../certificate/verify.js';
import { FLAG } from '../flags.js';
import type { FaultReport } from './fault.js';
import type { DanceTime } from './host.js';
import { type LateOperation, LateQuestions, lateOperation } from './late-questions.js';
import type { Partner } from './partner.js';
import type { Question } from './request.js';

/** Until what could not be answered yet (a certificate not signed yet) is asked again, s: two of them ask at once for ever. */
const VAIN_SECONDS = 6;
/** While our clock is not set a peer is asked for its key list so often more, since its answers bring time. */
const BURST = 6;

export interface QuestionMoment {
  readonly time: DanceTime;
  /** by the peer's last header */
  readonly isPeerSynchronised: boolean;
  /** our key list's values go first */
  readonly isPushDue: boolean;
  /** answers are wanted for the time in them (`iburst`) */
  readonly isBurst: boolean;
}

export class SymmetricQuestions {
  #asked: Question | undefined;
  readonly #late = new LateQuestions();
  #burst = BURST;
  #vain:
    | { readonly operation: Question['operation']; readonly at: number; readonly isPeerSynchronised: boolean }
    | undefined;
  #isPeerSynchronised = false;
  /** `own`: our certificate, which is only signed while it holds. */
  constructor(private readonly own: Certificate) {}

  /** The one that is out. */
  get asked(): Question | undefined {
    return this.#asked;
  }

  forget(): void {
    this.#asked = undefined;
    this.#late.forget();
    this.#burst = BURST;
    this.#vain = undefined;
  }

  /** It did not go out after all. */
  withdraw(): void {
    this.#asked = undefined;
  }

  /** For the next packet, which is then sent; undefined: none. One that cannot be asked is reported. */
  next(partner: Partner, moment: QuestionMoment, report: (fault: FaultReport) => void): Question | undefined {
    if (lateOperation(this.#asked) !== undefined) this.#late.unanswered(moment.time.monotonic);
    this.#isPeerSynchronised = moment.isPeerSynchronised;
    const chosen = this.#choose(partner, moment, report);
    this.#asked = chosen !== undefined && this.#isVain(chosen, moment) ? undefined : chosen;
    return this.#asked;
  }

  /** Is this what was asked? It is then no longer out. */
  isAnswer(field: AutokeyField): Question | undefined {
    const asked = this.#asked;
    if (asked === undefined || AUTOKEY_OPERATION[asked.operation] !== field.operation) return undefined;
    this.#asked = undefined;
    return asked;
  }

  /** It was refused, or its answer was. */
  refused(asked: Question | undefined, time: DanceTime): void {
    const late = lateOperation(asked);
    if (late !== undefined) this.#late.refused(late, time.monotonic);
  }

  /** There is no answer to it yet. */
  inVain(asked: Question | undefined, time: DanceTime): void {
    if (asked === undefined) return;
    const { operation } = asked;
    if (lateOperation(asked) !== undefined) this.#late.unanswered(time.monotonic);
    else this.#vain = { operation, at: time.monotonic, isPeerSynchronised: this.#isPeerSynchronised };
  }

  /** What there was no answer to may have one now. */
  hope(): void {
    this.#vain = undefined;
  }

  /** A peer whose clock was set meanwhile may have an answer now. */
  #isVain({ operation }: Question, { time, isPeerSynchronised }: QuestionMoment): boolean {
    const vain = this.#vain;
    if (vain?.operation !== operation || (isPeerSynchronised && !vain.isPeerSynchronised)) return false;
    return time.monotonic - vain.at < VAIN_SECONDS;
  }

  #choose(
    partner: Partner,
    { time, isPeerSynchronised, isPushDue, isBurst }: QuestionMoment,
    report: (fault: FaultReport) => void,
  ): Question | undefined {
    if (!partner.has(FLAG.enabled)) return { operation: 'assoc' };
    if (!partner.has(FLAG.certificate)) return { operation: 'cert', name: partner.wanted };
    if (!partner.has(FLAG.verified)) return this.#challenge(partner, report);
    const areBothSet = time.isSynchronised && isPeerSynchronised;
    if (!partner.has(FLAG.cookie) && areBothSet) return { operation: 'cookie' };
    if (!partner.has(FLAG.autokey)) return { operation: 'autokey' };
    if (!time.isSynchronised && isPeerSynchronised && isBurst && this.#burst > 0) {
      this.#burst -= 1;
      return { operation: 'autokey' };
    }
    if (!time.isSynchronised || isPushDue) return undefined;
    const isDue = (operation: LateOperation) => this.#late.isDue(operation, time.monotonic);
    if (!partner.has(FLAG.signed) && isDue('sign') && timeRefusal(this.own, time.now) === undefined)
      return { operation: 'sign' };
    return partner.has(FLAG.leap) || !isDue('leap') ? undefined : { operation: 'leap' };
  }

  /** A challenge that was not answered is put again, so that an answer that crosses it still counts. */
  #challenge(partner: Partner, report: (fault: FaultReport) => void): Question | undefined {
    if (this.#asked !== undefined && 'challenge' in this.#asked) return this.#asked;
    const challenge = partner.makeChallenge();
    if ('kind' in challenge) {
      report(challenge.report);
      return undefined;
    }
    const { scheme, bytes, parameters } = challenge;
    return { operation: scheme, challenge: bytes, filestamp: parameters.filestamp };
  }
}
