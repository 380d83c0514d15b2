/**
 * The client's half of the dance with one server: what each packet carries, and what each answer brings forward. Packets
 * in, packets' parts out; when to send is the association's business, as is the origin timestamp, which must have been
 * checked before an answer comes here.
 *
 * ```
 * ASSOC -> CERT ... CERT -> IFF | GQ | MV -> COOKIE -> plain packet; once our clock is set: SIGN -> LEAP
 * 0x85041  0x85141          0x85341          0x85f41                                      0x87f41
 * ```
 * - Each packet has a key ID of its own, drawn at random; the answer has the same, and one answer alone is taken, so that
 *   what is replayed or comes twice does nothing.
 * - Only packets without field, their MAC made with the cookie, carry time: with one the private value is 0 and anybody
 *   could have made the MAC. The reference takes time from those too.
 * - An answer with the error bit before the cookie begins the dance anew at the next poll; to SIGN and LEAP it only means
 *   that there is none for now, while time flows on (the reference begins anew, for ever).
 * - A crypto-NAK begins it anew at once.
 * Sources: RFC 5906 §9 and §11.3; autokey-reference.md §2, §5.5 and §7.
 */
import type { Random } from '../../ports/random.js';
import { AUTOKEY_OPERATION, type AutokeyField, decodeAutokeyField } from '../../wire/autokey-field.js';
import { HEADER_LENGTH } from '../../wire/header.js';
import { isCryptoNak, MAX_FILE_KEY_ID, type PacketTail } from '../../wire/mac-trailer.js';
import { leadingUint32 } from '../../wire/session-key-input.js';
import { timeRefusal } from '../certificate/verify.js';
import { autokeyLine, faultLine } from '../cryptostats.js';
import { FLAG, TIME_FLAGS } from '../flags.js';
import type { IdentityVerdict } from '../identity/verdict.js';
import type { AutokeyValues } from '../key-list.js';
import { isSessionKeyId, sessionKey, verifySessionMac } from '../session-key.js';
import { acceptAnswer } from './answers.js';
import { type FaultReport, isStaleKeyFault } from './fault.js';
import { type FieldDraft, fieldWord } from './field.js';
import type { DanceHost, DanceTime, HostValues } from './host.js';
import { type LateOperation, LateQuestions, lateOperation } from './late-questions.js';
import { Partner, type PartnerOptions } from './partner.js';
import { refusedText } from './refusal.js';
import { type Question, questionField } from './request.js';
import type { CookieCheck, IdentityCheck, Step } from './step.js';

export interface ClientOptions extends PartnerOptions {
  readonly values: HostValues;
  /** network order, 4 or 16 bytes: of this association's packets */
  readonly own: Uint8Array;
  readonly server: Uint8Array;
  /** of our own association, 1..65535 */
  readonly associationId: number;
  readonly random: Random;
  /** of a broadcast server: its key list is asked for as well; absent: an ordinary server, which has none towards us */
  readonly broadcast?: BroadcastWish | undefined;
}

export interface BroadcastWish {
  /** of the server's broadcast association, as its broadcasts tell it */
  associationId(): number;
  /** signed by the server */
  learned(values: AutokeyValues): void;
}

/** What the next packet is made of. */
export interface Outgoing {
  readonly keyId: number;
  /** 0 with a field, else the cookie */
  readonly privateValue: number;
  /** of the MAC */
  readonly sessionKey: Uint8Array;
  /** to be signed before it is sent, or not; undefined: a plain packet, whose answer brings time */
  readonly field: FieldDraft | undefined;
  readonly question: Question['operation'] | undefined;
}

export type Incoming =
  /** not the answer to our last packet, or not authentic: nothing has changed */
  | { readonly kind: 'ignored'; readonly isAuthentic: boolean }
  /** authentic by the cookie: its time may be used */
  | { readonly kind: 'time' }
  | Step
  | IdentityCheck
  | CookieCheck
  /** begun anew; `mayAskNow`: else wait for the next poll */
  | { readonly kind: 'restarted'; readonly report: FaultReport; readonly mayAskNow: boolean };

/** Refresh: RFC 5906 §11, the reference's NTP_REFRESH, s. */
export const REFRESH_SECONDS = 2 ** 19;
/** Signatures that fail so often in a row mean that the server has other keys than its certificate told. */
const MAX_REFUSALS = 3;
/** NAKs and errors begin a dance at once this often at most, s: else each would answer the other for ever. */
const RESTART_SECONDS = 8;

/** First word of the request that an expired certificate keeps back, as the reference notes it. */
const SIGN_ERROR = 0x4206_0008;

export class ClientDance {
  #partner: Partner;
  readonly #options: ClientOptions;
  #sent: { readonly keyId: number; readonly question: Question | undefined } | undefined;
  /** of an answer on its way */
  #check: IdentityCheck | CookieCheck | undefined;
  #refreshAt: number | undefined;
  readonly #late = new LateQuestions();
  #restartedAt: number | undefined;
  /** a packet without field was answered since the cookie */
  #hasTime = false;
  #refusals = 0;
  #lines: string[] = [];

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#partner = new Partner(options);
  }

  /** As ntpq's variable `flags`. */
  get flags(): number {
    return this.#partner.flags;
  }
  get partner(): Partner {
    return this.#partner;
  }
  /** May time from this server be used? */
  get isProven(): boolean {
    return this.#partner.has(TIME_FLAGS);
  }
  /** Lines for cryptostats since the last call. */
  takeLines(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** Begins anew: another address or keys, unreachable for long, or a refresh. */
  restart(): void {
    this.#partner = new Partner(this.#options);
    this.#sent = undefined;
    this.#check = undefined;
    this.#refreshAt = undefined;
    this.#hasTime = false;
    this.#late.forget();
    this.#refusals = 0;
  }

  /**
   * The next packet. Answers to earlier ones are not taken any more. A fault found while asking (no identity parameters, a
   * certificate that has expired) is reported and the ASSOC question asked instead.
   */
  next(time: DanceTime, report: (fault: FaultReport) => void = () => undefined): Outgoing {
    if (this.#refreshAt !== undefined && time.monotonic > this.#refreshAt) this.restart();
    const expired = this.#partner.recheckTrail(time);
    if (expired !== undefined) {
      report(expired);
      this.restart();
    }
    // What is asked late must not keep time away when it is never answered.
    if (lateOperation(this.#sent?.question) !== undefined) this.#late.unanswered(time.monotonic);
    const question = this.#question(time, report);
    const { values, own, server, random } = this.#options;
    const field = question && questionField(question, this.#idOf(question), values, time);
    const drawn = leadingUint32(random.bytes(4));
    const keyId = isSessionKeyId(drawn) ? drawn : drawn + MAX_FILE_KEY_ID + 1;
    const privateValue = field === undefined ? (this.#partner.cookie ?? 0) : 0;
    this.#sent = { keyId, question };
    return {
      keyId,
      privateValue,
      sessionKey: sessionKey(values.host.digest, own, server, keyId, privateValue),
      field,
      question: question?.operation,
    };
  }

  /** AUTO names the server's association, every other question ours. */
  #idOf({ operation }: Question): number {
    const { associationId, broadcast } = this.#options;
    return operation === 'autokey' && broadcast !== undefined ? broadcast.associationId() : associationId;
  }

  /** Its key list was lost: AUTO is asked again. */
  loseKeyList(): void {
    this.#partner.unmark(FLAG.autokey);
  }

  /** ASSOC as it stands in a broadcast, which need not be asked for then; once begun, it changes nothing. */
  hear({ body, associationId }: AutokeyField, time: DanceTime): Step {
    const partner = this.#partner;
    if (partner.has(FLAG.enabled)) return { kind: 'waiting' };
    const step = partner.acceptAssociation(body, [this.#options.associationId, associationId], 0, time);
    if (step.kind === 'advanced') this.#lines.push(step.line);
    return step;
  }

  /** Is SIGN or LEAP to be asked now? Time comes first. */
  wantsMore({ monotonic, isSynchronised }: DanceTime): boolean {
    const isWanted = (flag: number, operation: LateOperation) =>
      !this.#partner.has(flag) && this.#late.isDue(operation, monotonic);
    return this.#hasTime && isSynchronised && (isWanted(FLAG.signed, 'sign') || isWanted(FLAG.leap, 'leap'));
  }

  #question(time: DanceTime, report: (fault: FaultReport) => void): Question | undefined {
    const partner = this.#partner;
    if (!partner.has(FLAG.enabled)) return { operation: 'assoc' };
    if (!partner.has(FLAG.certificate)) return { operation: 'cert', name: partner.wanted };
    if (!partner.has(FLAG.verified)) {
      const challenge = partner.makeChallenge();
      if ('kind' in challenge) {
        report(challenge.report);
        // Until the server offers another scheme, or our files are loaded anew.
        return { operation: 'assoc' };
      }
      const { scheme, bytes, parameters } = challenge;
      return { operation: scheme, challenge: bytes, filestamp: parameters.filestamp };
    }
    if (!partner.has(FLAG.cookie)) return { operation: 'cookie' };
    if (!partner.has(FLAG.autokey)) return { operation: 'autokey' };
    if (!this.wantsMore(time)) return undefined;
    if (!partner.has(FLAG.signed) && this.#late.isDue('sign', time.monotonic)) {
      const { value } = this.#options.host.certificate;
      const expired = timeRefusal(value, time.now);
      if (expired === undefined) return { operation: 'sign' };
      report({ fault: 'certificate-expired', text: expired.text });
      this.#lines.push(faultLine(SIGN_ERROR, this.#options.associationId, 'certificate-expired'));
      this.#late.refused('sign', time.monotonic);
    }
    return partner.has(FLAG.leap) || !this.#late.isDue('leap', time.monotonic)
      ? undefined
      : { operation: 'leap' };
  }

  /**
   * A packet of the server (mode 4, its origin timestamp that of our last packet), taken apart by scanTail. After 'advanced'
   * the next question may be asked at once; an 'identity' or a 'cookie' is settled first.
   */
  receive(bytes: Uint8Array, tail: Readonly<PacketTail>, time: DanceTime): Incoming {
    const sent = this.#sent;
    const { own, server, host } = this.#options;
    if (sent === undefined) return { kind: 'ignored', isAuthentic: false };
    if (isCryptoNak(tail))
      return this.#begin({ fault: 'protocol', text: nakText(sent.question, host) }, time);
    const hasField = tail.fieldCount > 0;
    const { cookie } = this.#partner;
    if (tail.keyId !== sent.keyId || (!hasField && cookie === undefined))
      return { kind: 'ignored', isAuthentic: false };
    const key = sessionKey(host.digest, server, own, tail.keyId, hasField ? 0 : (cookie ?? 0));
    if (!verifySessionMac(host.digest, key, bytes, tail.macAt, tail.macLength))
      return { kind: 'ignored', isAuthentic: false };
    if (!hasField) {
      this.#sent = undefined;
      this.#hasTime ||= sent.question === undefined;
      // What was left out of an answer to a question is no time: its request had no cookie.
      return sent.question === undefined && this.isProven
        ? { kind: 'time' }
        : { kind: 'ignored', isAuthentic: true };
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const field = decodeAutokeyField(view, HEADER_LENGTH, view.getUint16(HEADER_LENGTH + 2));
    const asked = sent.question;
    if (!field.ok || asked === undefined || !isAnswerTo(field.value, asked, this.#idOf(asked)))
      return { kind: 'ignored', isAuthentic: true };
    this.#sent = undefined;
    return this.#take(field.value, asked, time);
  }

  #take(field: AutokeyField, question: Question, time: DanceTime): Incoming {
    const late = lateOperation(question);
    if (field.error) {
      const text = refusedText(question, this.#partner.group ?? '');
      const report: FaultReport = { fault: 'protocol', text };
      this.#note(field, report);
      if (late === undefined) return this.#begin(report, time, false);
      this.#late.refused(late, time.monotonic);
      return { kind: 'refused', report };
    }
    const step = this.#accept(field, question, time);
    if (step.kind === 'identity' || step.kind === 'cookie') this.#check = step;
    if (step.kind === 'refused') {
      this.#note(field, step.report);
      if (late !== undefined) this.#late.refused(late, time.monotonic);
      else if (isStaleKeyFault(step.report.fault)) {
        this.#refusals += 1;
        if (this.#refusals >= MAX_REFUSALS) return this.#begin(step.report, time, false);
      }
    }
    if (step.kind === 'waiting' && late !== undefined) this.#late.unanswered(time.monotonic);
    if (step.kind === 'advanced') {
      this.#refusals = 0;
      if (step.line !== '') this.#lines.push(step.line);
      if (question?.operation === 'sign') this.#options.values.update(time.now);
    }
    return step;
  }

  #accept(
    { body, associationId }: AutokeyField,
    question: Question | undefined,
    time: DanceTime,
  ): Step | IdentityCheck | CookieCheck {
    const operation = question?.operation;
    switch (operation) {
      case undefined:
        return { kind: 'waiting' };
      case 'assoc':
        return this.#acceptAssociation(body, associationId, time);
      case 'autokey':
        return this.#acceptAutokey(body);
      default:
        return acceptAnswer(this.#partner, operation, body, time);
    }
  }

  #acceptAutokey(body: AutokeyField['body']): Step {
    const step = this.#partner.acceptAutokey(body);
    if (step.kind !== 'values') return step;
    this.#options.broadcast?.learned(step.values);
    return { kind: 'advanced', line: autokeyLine(step.values, body ?? { timestamp: 0, filestamp: 0 }) };
  }

  /** Asked again for lack of identity parameters, the same answer changes nothing. */
  #acceptAssociation(body: AutokeyField['body'], theirs: number, time: DanceTime): Step {
    const before = this.#partner;
    const partner = before.has(FLAG.enabled) ? new Partner(this.#options) : before;
    const ids = [this.#options.associationId, theirs] as const;
    // An ordinary server has no key list towards us, so AUTO is done at once.
    const done = this.#options.broadcast === undefined ? FLAG.autokey : 0;
    const step = partner.acceptAssociation(body, ids, done, time);
    if (step.kind !== 'advanced' || partner === before) return step;
    if (partner.name === before.name && partner.status === before.status) return { kind: 'waiting' };
    this.#partner = partner;
    return step;
  }

  /** The verdict on an 'identity', which may have taken its time; one that came too late changes nothing. */
  settleIdentity(check: IdentityCheck, verdict: IdentityVerdict): Step {
    if (this.#check !== check) return { kind: 'waiting' };
    this.#check = undefined;
    const step = this.#partner.settleIdentity(check, verdict);
    if (step.kind === 'advanced') this.#lines.push(step.line);
    return step;
  }

  /** What was in a 'cookie'; undefined: it is not for our host key. One that came too late changes nothing. */
  settleCookie(check: CookieCheck, opened: Uint8Array | undefined, time: DanceTime): Step {
    if (this.#check !== check) return { kind: 'waiting' };
    this.#check = undefined;
    const step = this.#partner.settleCookie(check, opened);
    if (step.kind !== 'advanced') return step;
    this.#refusals = 0;
    this.#lines.push(step.line);
    this.#refreshAt = time.monotonic + REFRESH_SECONDS;
    return step;
  }

  #begin(report: FaultReport, time: DanceTime, isPrompt = true): Incoming {
    const last = this.#restartedAt;
    const isLately = last !== undefined && time.monotonic < last + RESTART_SECONDS;
    this.#restartedAt = time.monotonic;
    this.restart();
    return { kind: 'restarted', report, mayAskNow: isPrompt && !isLately };
  }

  #note(field: AutokeyField, { fault }: FaultReport): void {
    this.#lines.push(faultLine(fieldWord(field, field.length), field.associationId, fault));
  }
}

/** Whoever cannot even read an ASSOC, whose MAC anybody can make, computes other session keys, or none. */
const nakText = (question: Question | undefined, { digest }: DanceHost): string =>
  question?.operation === 'assoc'
    ? `the server answers with a crypto-NAK: it does not do Autokey, or has another 'crypto digest' than our ${digest}`
    : 'the server does not know the cookie any more (crypto-NAK): the dance begins anew';

/** Answers have the response bit, the association ID and the operation asked. */
function isAnswerTo(field: AutokeyField, question: Question, associationId: number): boolean {
  if (!field.response || field.associationId !== associationId) return false;
  return field.operation === AUTOKEY_OPERATION[question.operation];
}
