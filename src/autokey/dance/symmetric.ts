/**
 * One end of a symmetric association: each side asks and answers. Owns what a packet carries and which fields of the peer's
 * are taken; when to send is the association's business, whose key IDs the peer takes style-watch.ts's, which packets may
 * bring time provenance.ts's.
 *
 * - A packet carries at most one answer, first, and one question; a question takes the place of an answer that is empty.
 * - Private value 0 in packets with a field, else the cookie (our half XOR the peer's; 0 before).
 * - By the textbook each side has its own key list and tells its signed values with each new list; who sees that the peer is
 *   off its list asks for them (AUTO).
 * - A peer that wants its own key IDs back (ntpd 4.2.8p15) gets them, and in every packet something signed: an answer, else
 *   our autokey values; without that it would look for the ID on a list. Its own packets are by the textbook.
 * - An ASSOC request in the midst means that the peer began anew, believed when it was quiet for a while.
 * - Every field is looked at even if one before it was refused.
 * Sources: RFC 5906 §9.2 and §11.2; old-reference.md §3, §4, §6 and §9; autokey-reference.md §8.
 */
import { AUTOKEY_OPERATION, type AutokeyField, decodeAutokeyField } from '../../wire/autokey-field.js';
import { decodeFields } from '../../wire/extension.js';
import { AT, HEADER_LENGTH } from '../../wire/header.js';
import { isCryptoNak, type PacketTail } from '../../wire/mac-trailer.js';
import { leadingUint32 } from '../../wire/session-key-input.js';
import { symmetricCookie } from '../cookie.js';
import { autokeyLine } from '../cryptostats.js';
import { FLAG } from '../flags.js';
import type { IdentityVerdict } from '../identity/verdict.js';
import { encodeAutokeyValues } from '../key-list.js';
import { MAX_LENGTH_BEFORE_MAC, sessionKey, verifySessionMac } from '../session-key.js';
import { acceptAnswer } from './answers.js';
import { type FaultReport, isStaleKeyFault } from './fault.js';
import { type FieldDraft, readyField, requestHeader, unsignedField } from './field.js';
import type { DanceTime } from './host.js';
import { OwnList } from './own-list.js';
import { Partner } from './partner.js';
import { PeerRequests } from './peer-requests.js';
import { PeerProvenance } from './provenance.js';
import { type Question, questionField } from './request.js';
import type { CookieCheck, IdentityCheck, Step } from './step.js';
import { StyleWatch, type SymmetricStyle } from './style-watch.js';
import { SymmetricQuestions } from './symmetric-questions.js';
import {
  type AuthenticPacket,
  authenticPacket,
  BRINGS_NOTHING,
  type RequestWork,
  type SymmetricDraft,
  type SymmetricIncoming,
  type SymmetricOptions,
  type SymmetricOutgoing,
} from './symmetric-types.js';

/** Signatures that fail so often in a row: the peer has other keys than its certificate told. */
const MAX_REFUSALS = 3;
/** Our last packets; who repeats the time of one has seen it. */
const MAX_SENT = 8;

export class SymmetricDance {
  readonly #options: SymmetricOptions;
  readonly #list: OwnList;
  readonly #watch: StyleWatch;
  readonly #requests: PeerRequests;
  readonly #questions: SymmetricQuestions;
  #partner: Partner;
  readonly #provenance: PeerProvenance;
  #peerId = 0;
  /** key ID and transmit time of the last packet */
  #last: { readonly keyId: number; readonly transmitTime: bigint } | undefined;
  #sentTimes: readonly bigint[] = [];
  /** proofs and cookies that are being looked at */
  #openChecks = 0;
  #refusals = 0;
  #lines: string[] = [];

  constructor(options: SymmetricOptions) {
    this.#options = options;
    this.#watch = options.watch ?? new StyleWatch();
    this.#partner = new Partner(options);
    this.#requests = new PeerRequests(options);
    this.#questions = new SymmetricQuestions(options.host.certificate.value);
    const half = leadingUint32(options.random.bytes(4));
    const { own, peer, automax, random, host } = options;
    this.#list = new OwnList({ digest: host.digest, own, peer, automax, random });
    this.#provenance = new PeerProvenance({ digest: host.digest, own, peer }, half);
  }

  get flags(): number {
    return this.#partner.flags;
  }
  get partner(): Partner {
    return this.#partner;
  }
  /** Whose key IDs the peer takes, as far as is known. */
  get style(): SymmetricStyle {
    return this.#watch.style;
  }
  /** What the last packet asked and was not answered. */
  get question(): Question['operation'] | undefined {
    return this.#questions.asked?.operation;
  }
  /** A question is out, or would be asked if the moment were right. */
  get isDancing(): boolean {
    return this.#questions.asked !== undefined || !this.#partner.has(FLAG.verified | FLAG.autokey);
  }
  takeLines(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** Our half stays: the peer may have its cookie yet, and 4.2.8p15 never asks for another. */
  restart(): void {
    this.#partner = new Partner(this.#options);
    this.#peerId = 0;
    this.#list.drop();
    this.#watch.forget();
    this.#requests.forget();
    this.#provenance.restart();
    this.#questions.forget();
    this.#openChecks = 0;
    this.#refusals = 0;
  }

  /** The peer went silent: it may come back as another program. What it proved stands. */
  lost(): void {
    this.#watch.forget();
  }

  /** An answer that was made in its own time; it goes out with the next packet, unless the peer has asked anew meanwhile. */
  queueAnswer({ turn }: RequestWork, field: Uint8Array | undefined): void {
    this.#requests.settle(turn, field);
  }

  /**
   * The next packet, its signatures still to be made. `pollSeconds`: the poll interval in use; `isPeerSynchronised`: by the
   * peer's last header. A question that cannot be asked is reported, and the packet goes without.
   */
  compose(
    time: DanceTime,
    pollSeconds: number,
    isPeerSynchronised: boolean,
    report: (fault: FaultReport) => void = () => undefined,
  ): SymmetricDraft {
    const { values, associationId } = this.#options;
    const expired = this.#partner.recheckTrail(time);
    if (expired !== undefined) {
      report(expired);
      this.restart();
    }
    const choice = this.#watch.choose(!this.isDancing);
    const cookie = this.#partner.cookie ?? 0;
    const moment = { cookie, pollSeconds, isSynchronised: time.isSynchronised };
    const keyId = choice === 'own' ? this.#list.take(moment) : undefined;
    const told = (id: number): FieldDraft => {
      const header = { ...requestHeader('autokey', id), response: true };
      if (!time.isSynchronised) return readyField(header, undefined);
      const list = encodeAutokeyValues(this.#list.values(moment));
      this.#list.isUntold = false;
      return unsignedField(header, time.now, values.updatedAt, list);
    };
    const answer = this.#requests.take(told);
    const isPushDue = this.#list.isUntold && time.isSynchronised && this.#partner.has(FLAG.signed);
    const now = { time, isPeerSynchronised, isPushDue, isBurst: this.#options.iburst };
    // Another challenge would make void what the last one is answered with.
    const asked = this.#openChecks > 0 ? undefined : this.#questions.next(this.#partner, now, report);
    // 4.2.8p15 stops reading at an empty answer, and would never see what is asked behind it.
    const isTold = answer !== undefined && (asked === undefined || !answer.isEmpty);
    const drafts = isTold ? [answer.draft] : [];
    const questionAt = asked === undefined ? -1 : drafts.length;
    if (asked !== undefined) drafts.push(questionField(asked, associationId, values, time));
    const mayTell = time.isSynchronised && this.#peerId !== 0;
    const isPushed = choice === 'own' && drafts.length === 0 && isPushDue;
    const isNeeded = choice === 'mirrored' && answer?.isSigned !== true && this.#requests.arePast;
    // Last: should the peer refuse it, what stands before was heard.
    if (mayTell && (isPushed || isNeeded)) drafts.push(told(this.#peerId));
    return { drafts, choice, questionAt, keyId };
  }

  /**
   * Right before it is sent. `fields`: those of the draft, signed; undefined: it could not be. One that does not fit is left
   * out.
   */
  seal(
    { choice, questionAt, keyId: own }: SymmetricDraft,
    fields: readonly (Uint8Array | undefined)[],
  ): SymmetricOutgoing {
    const { own: source, peer, values } = this.#options;
    const fitting: Uint8Array[] = [];
    let length = HEADER_LENGTH;
    for (const [i, field] of fields.entries()) {
      if (field !== undefined && length + field.length <= MAX_LENGTH_BEFORE_MAC) {
        fitting.push(field);
        length += field.length;
      } else if (i === questionAt) this.#questions.withdraw();
    }
    const keyId = own ?? this.#watch.peerKeyId ?? 0;
    const privateValue = fitting.length > 0 ? 0 : (this.#partner.cookie ?? 0);
    const key = sessionKey(values.host.digest, source, peer, keyId, privateValue);
    return { keyId, sessionKey: key, fields: fitting, choice };
  }

  /** It left, with this transmit time. */
  sent({ choice, keyId }: SymmetricOutgoing, transmitTime: bigint, { monotonic }: DanceTime): void {
    this.#sentTimes = [...this.#sentTimes.slice(1 - MAX_SENT), transmitTime];
    this.#watch.sent(transmitTime, choice, keyId, monotonic);
  }

  /** A crypto-NAK was sent in place of a packet. */
  nak(): void {
    this.#watch.choose();
  }

  /** A packet of the peer, mode 1 or 2. A crypto-NAK must have our origin timestamp; other packets need not. */
  receive(bytes: Uint8Array, tail: Readonly<PacketTail>, time: DanceTime): SymmetricIncoming {
    const { own, peer, host } = this.#options;
    if (isCryptoNak(tail)) {
      this.restart();
      return { ...BRINGS_NOTHING, wantsAnswer: true };
    }
    const { keyId, fieldCount, macAt, macLength } = tail;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const transmitTime = view.getBigUint64(AT.transmitTime);
    const isRepeated = keyId === this.#last?.keyId && transmitTime === this.#last.transmitTime;
    const cookie = this.#partner.cookie ?? 0;
    const key = sessionKey(host.digest, peer, own, keyId, fieldCount > 0 ? 0 : cookie);
    if (isRepeated) return BRINGS_NOTHING;
    if (!verifySessionMac(host.digest, key, bytes, macAt, macLength)) return this.#takeStrange(tail, time);
    this.#provenance.cookies.heard();
    this.#last = { keyId, transmitTime };
    const result = authenticPacket();
    const frames = decodeFields(view, tail, 'autokey');
    const fields = (frames.ok ? frames.value : []).map(({ at, length }) => ({
      ...{ at, length },
      decoded: decodeAutokeyField(view, at, length),
    }));
    const isOpening = fields.some(
      ({ decoded }) => decoded.ok && decoded.value.operation === AUTOKEY_OPERATION.assoc,
    );
    this.#watch.heard(keyId, view.getBigUint64(AT.originTime), isOpening, time.monotonic);
    this.#requests.heard();
    const isAnswer = this.#sentTimes.includes(view.getBigUint64(AT.originTime));
    let isFruitful = false;
    for (const { at, length, decoded } of fields) {
      const field = decoded.ok ? decoded.value : undefined;
      if (field?.response) isFruitful = this.#takeAnswer(field, time, isAnswer, result) || isFruitful;
      else this.#takeRequest(bytes.slice(at, at + length), field, time, isAnswer, result);
    }
    const packet = { keyId, hasField: fieldCount > 0, isIdle: isAnswer && !isFruitful };
    const { isTime, wantsAnswer } = this.#provenance.judge(this.#partner, packet, time);
    result.isTime = isTime;
    result.wantsAnswer ||= wantsAnswer || this.#watch.style === 'mirror';
    return result;
  }

  /** A packet under another cookie, or anybody's. */
  #takeStrange({ fieldCount, keyId }: Readonly<PacketTail>, { monotonic }: DanceTime): SymmetricIncoming {
    if (fieldCount > 0) return BRINGS_NOTHING;
    this.#watch.saw(keyId);
    const verdict = this.#provenance.judgeStrange(this.#partner, monotonic);
    if (verdict === 'pass') return BRINGS_NOTHING;
    return { ...BRINGS_NOTHING, isStrange: verdict === 'theirs-is-old', wantsAnswer: true };
  }

  /** `isAnswer`: its packet answers one of ours. */
  #takeRequest(
    bytes: Uint8Array,
    field: AutokeyField | undefined,
    time: DanceTime,
    isAnswer: boolean,
    result: AuthenticPacket,
  ): void {
    result.wantsAnswer = true;
    if (field !== undefined && isAnswer) this.#recognise(field, time);
    if (field?.operation === AUTOKEY_OPERATION.assoc && !this.#partner.has(FLAG.enabled))
      this.#reportStep(this.#takeAssociation(field, time), result);
    if (field?.operation === AUTOKEY_OPERATION.cookie) this.#provenance.cookies.gaveHalf();
    // Signed by us, its certificate has a trail.
    if (field?.operation === AUTOKEY_OPERATION.sign) this.#questions.hope();
    const work = this.#requests.ask(bytes, field, this.#provenance.cookies.half);
    if (work !== undefined) result.work.push(work);
  }

  /**
   * A request (but for AUTO, which 4.2.8p15 asks under our ID) bears the asker's association ID: another one, in a packet that
   * answers ours, and the peer began anew; or somebody else had introduced himself in its name, which takes no answer.
   */
  #recognise({ operation, associationId }: AutokeyField, { monotonic }: DanceTime): void {
    const isKnown = this.#peerId === 0 || this.#peerId === associationId;
    if (isKnown || operation === AUTOKEY_OPERATION.autokey) return;
    if (!this.#partner.has(FLAG.certificate) || this.#provenance.cookies.isQuiet(monotonic)) this.restart();
    else this.#peerId = associationId;
  }

  #takeAssociation({ body, associationId }: AutokeyField, time: DanceTime): Step {
    const step = this.#partner.acceptAssociation(body, [this.#options.associationId, associationId], 0, time);
    if (step.kind === 'advanced') this.#peerId = associationId;
    return step;
  }

  /** Notes what came of a field. True: it was accepted. */
  #reportStep(step: Step, { reports }: AuthenticPacket): boolean {
    if (step.kind === 'refused') reports.push(step.report);
    if (step.kind === 'advanced' && step.line !== '') this.#lines.push(step.line);
    return step.kind === 'advanced';
  }

  /** True: it was accepted, or is being looked at. */
  #takeAnswer(field: AutokeyField, time: DanceTime, isAnswer: boolean, result: AuthenticPacket): boolean {
    const isPushed = field.operation === AUTOKEY_OPERATION.autokey && !field.error;
    const isAssociation = field.operation === AUTOKEY_OPERATION.assoc;
    if (!isAssociation && field.associationId !== this.#options.associationId) return false;
    const asked = this.#questions.isAnswer(field);
    if (asked === undefined && !isPushed) return false;
    if (field.error) {
      this.#questions.refused(asked, time);
      result.reports.push({ fault: 'protocol', text: `the peer refused ${asked?.operation ?? ''}` });
      return false;
    }
    const step = this.#accept(field, isPushed ? { operation: 'autokey' } : asked, time);
    switch (step.kind) {
      case 'identity':
      case 'cookie':
        this.#openChecks += 1;
        result.checks.push(step);
        return true;
      case 'waiting':
        this.#questions.inVain(asked, time);
        return false;
      case 'refused':
        this.#reportStep(step, result);
        this.#questions.refused(asked, time);
        // Anybody can make answers, not such that answer a packet of ours.
        this.#refusals += isAnswer && asked !== undefined && isStaleKeyFault(step.report.fault) ? 1 : 0;
        if (this.#refusals >= MAX_REFUSALS) this.restart();
        return false;
      case 'advanced':
        this.#refusals = 0;
        if (asked?.operation === 'sign') this.#options.values.update(time.now);
        result.wantsAnswer ||= asked !== undefined;
        return this.#reportStep(step, result);
    }
  }

  #accept(
    field: AutokeyField,
    asked: Question | undefined,
    time: DanceTime,
  ): Step | IdentityCheck | CookieCheck {
    const partner = this.#partner;
    const { body } = field;
    const operation = asked?.operation;
    switch (operation) {
      case undefined:
        return { kind: 'waiting' };
      case 'assoc':
        return partner.has(FLAG.enabled) ? { kind: 'waiting' } : this.#takeAssociation(field, time);
      case 'autokey': {
        const step = partner.acceptAutokey(body);
        if (step.kind !== 'values') return step;
        this.#provenance.list.learn(step.values);
        const stamps = body ?? { timestamp: 0, filestamp: 0 };
        return { kind: 'advanced', line: autokeyLine(step.values, stamps) };
      }
      default:
        return acceptAnswer(partner, operation, body, time);
    }
  }

  /** The verdict on a proof; undefined: nobody looked at it. Undefined: there is nothing to tell. */
  settleIdentity(check: IdentityCheck, verdict: IdentityVerdict | undefined): FaultReport | undefined {
    this.#openChecks = Math.max(0, this.#openChecks - 1);
    if (verdict === undefined) return undefined;
    return this.#settled(this.#partner.settleIdentity(check, verdict));
  }

  /** What was in a cookie; undefined: it is not for our host key. */
  settleCookie(check: CookieCheck, opened: Uint8Array | undefined): FaultReport | undefined {
    this.#openChecks = Math.max(0, this.#openChecks - 1);
    const step = this.#partner.settleCookie(check, opened, (half) =>
      symmetricCookie(this.#provenance.cookies.half, half),
    );
    if (step.kind === 'advanced') this.#list.drop();
    return this.#settled(step);
  }

  #settled(step: Step): FaultReport | undefined {
    if (step.kind === 'advanced') this.#lines.push(step.line);
    return step.kind === 'refused' ? step.report : undefined;
  }

  /** May time from this peer be used? */
  get isProven(): boolean {
    return this.#partner.has(FLAG.certificate | FLAG.verified | FLAG.proventic | FLAG.autokey);
  }
}
