/**
 * One end of a symmetric association by the textbook: each side asks and answers, has its own key list, and pushes its
 * signed autokey values with each new list. Owns what a packet carries, which fields of the peer's are taken, and which
 * packets may bring time; when to send is the association's business.
 *
 * - A packet carries at most one answer, first, and one message of our own.
 * - Private value 0 in packets with a field, else the cookie (our half XOR the peer's; 0 before).
 * - Time is taken from packets whose key ID is on the list the peer signed, and once there is a cookie from plain ones alone.
 *   A plain one that is off the list makes us ask AUTO again.
 * - An ASSOC request in the midst means that the peer began anew, believed when it was quiet for a while.
 * - Every field is looked at even if one before it was refused.
 * A 4.2.8p15, which wants its own key IDs back (autokey-reference.md §8), is not served by this.
 * Sources: RFC 5906 §9.2 and §11.2; old-reference.md §3, §4, §6 and §9.
 */
import { AUTOKEY_OPERATION, type AutokeyField, decodeAutokeyField } from '../../wire/autokey-field.js';
import { decodeFields } from '../../wire/extension.js';
import { HEADER_LENGTH } from '../../wire/header.js';
import { isCryptoNak, type PacketTail } from '../../wire/mac-trailer.js';
import { leadingUint32 } from '../../wire/session-key-input.js';
import { timeRefusal } from '../certificate/verify.js';
import { symmetricCookie } from '../cookie.js';
import { autokeyLine } from '../cryptostats.js';
import { FLAG, hasFlags } from '../flags.js';
import type { IdentityVerdict } from '../identity/verdict.js';
import {
  encodeAutokeyValues,
  followKeyList,
  type KeyList,
  keyListSize,
  type ListPosition,
  makeKeyList,
} from '../key-list.js';
import { isBefore, stampDifference } from '../seconds.js';
import { MAX_LENGTH_BEFORE_MAC, sessionKey, verifySessionMac } from '../session-key.js';
import { type FaultReport, isStaleKeyFault } from './fault.js';
import { fieldBytes, requestHeader } from './field.js';
import type { DanceTime, HostValues } from './host.js';
import { type IdentityCheck, Partner } from './partner.js';
import {
  isLateQuestion,
  type Question,
  questionField,
  REFUSED_SECONDS,
  UNANSWERED_SECONDS,
} from './request.js';
import { answerRequest, type IdentityWork, type ServerContext } from './server.js';
import type { SymmetricIncoming, SymmetricOptions, SymmetricOutgoing } from './symmetric-types.js';

/** What shows that the peer still has what we have; then an ASSOC request of anybody's begins nothing anew, s. */
const QUIET_SECONDS = 16;
const MAX_STRANGERS = 3;
/** Signatures that fail so often in a row: the peer has other keys than its certificate told. */
const MAX_REFUSALS = 3;
const NOTHING: SymmetricIncoming = {
  ...{ isAuthentic: false, isTime: false, wantsAnswer: false },
  ...{ work: [], checks: [], reports: [] },
};

export class SymmetricDance {
  readonly #options: SymmetricOptions;
  #partner: Partner;
  /** our half of the cookie */
  #half: number;
  #peerId = 0;
  #list: KeyList | undefined;
  #listPoll = 0;
  #isPushDue = false;
  #listSigned: ReturnType<HostValues['sign']> | undefined;
  #position: ListPosition | undefined;
  #lastKeyId: number | undefined;
  #provenAt: number | undefined;
  #answer: Uint8Array | undefined;
  #asked: Question | undefined;
  /** SIGN and LEAP are not asked before, so that time gets through */
  #lateFrom: number | undefined;
  #strangers = 0;
  #refusals = 0;
  #lines: string[] = [];

  constructor(options: SymmetricOptions) {
    this.#options = options;
    this.#partner = new Partner(options);
    this.#half = leadingUint32(options.random.bytes(4));
  }

  get flags(): number {
    return this.#partner.flags;
  }
  get partner(): Partner {
    return this.#partner;
  }
  takeLines(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  restart(): void {
    this.#partner = new Partner(this.#options);
    this.#half = leadingUint32(this.#options.random.bytes(4));
    this.#peerId = 0;
    this.#list = undefined;
    this.#position = undefined;
    this.#provenAt = undefined;
    this.#answer = undefined;
    this.#asked = undefined;
    this.#lateFrom = undefined;
    this.#strangers = 0;
    this.#refusals = 0;
  }

  /** An answer that was made in its own time; it goes out with the next packet. */
  queueAnswer(field: Uint8Array): void {
    this.#answer ??= field;
  }

  /**
   * The next packet. `pollSeconds`: the poll interval in use; `isPeerSynchronised`: by the peer's last header. A question
   * that cannot be asked is reported, and the packet goes without.
   */
  next(
    time: DanceTime,
    pollSeconds: number,
    isPeerSynchronised: boolean,
    report: (fault: FaultReport) => void = () => undefined,
  ): SymmetricOutgoing {
    const { values, own, peer, associationId } = this.#options;
    const { digest } = values.host;
    const expired = this.#partner.recheckTrail(time);
    if (expired !== undefined) {
      report(expired);
      this.restart();
    }
    const keyId = this.#takeKeyId(time, pollSeconds);
    const fields: Uint8Array[] = [];
    if (this.#answer !== undefined) fields.push(this.#answer);
    if (isLateQuestion(this.#asked)) this.#putOff(time, UNANSWERED_SECONDS);
    this.#asked = this.#question(time, isPeerSynchronised, report);
    if (this.#asked !== undefined)
      fields.push(values.finish(questionField(this.#asked, associationId, values, time)));
    else if (this.#isPushDue && this.#answer === undefined && this.#listSigned !== undefined) {
      const header = { ...requestHeader('autokey', this.#peerId), response: true };
      fields.push(fieldBytes(header, this.#listSigned));
      this.#isPushDue = false;
    }
    this.#answer = undefined;
    const length = fields.reduce((sum, field) => sum + field.length, HEADER_LENGTH);
    if (length > MAX_LENGTH_BEFORE_MAC) {
      fields.pop();
      this.#asked = undefined;
    }
    const privateValue = fields.length > 0 ? 0 : (this.#partner.cookie ?? 0);
    return { keyId, sessionKey: sessionKey(digest, own, peer, keyId, privateValue), fields };
  }

  #takeKeyId(time: DanceTime, pollSeconds: number): number {
    const { values, own, peer, automax, random } = this.#options;
    if (this.#listPoll !== pollSeconds) this.#list = undefined;
    let keyId = this.#list?.take();
    if (keyId === undefined || this.#list === undefined) {
      const cookie = this.#partner.cookie ?? 0;
      const path = { digest: values.host.digest, source: own, destination: peer, cookie };
      const list = makeKeyList(path, keyListSize(automax, pollSeconds, time.isSynchronised), random);
      this.#list = list;
      this.#listPoll = pollSeconds;
      this.#listSigned = time.isSynchronised
        ? values.sign(time.now, values.updatedAt, encodeAutokeyValues(list.values))
        : undefined;
      // Before that the peer asks when it needs them.
      this.#isPushDue = time.isSynchronised && this.#partner.has(FLAG.signed);
      keyId = list.take() ?? list.values.keyId;
    }
    return keyId;
  }

  #isPutOff({ now }: DanceTime): boolean {
    return this.#lateFrom !== undefined && isBefore(now, this.#lateFrom);
  }

  #putOff({ now }: DanceTime, seconds: number): void {
    this.#lateFrom = (now + seconds) >>> 0;
  }

  #question(
    time: DanceTime,
    isPeerSynchronised: boolean,
    report: (fault: FaultReport) => void,
  ): Question | undefined {
    const partner = this.#partner;
    if (!partner.has(FLAG.enabled)) return { operation: 'assoc' };
    if (!partner.has(FLAG.certificate)) return { operation: 'cert', name: partner.wanted };
    if (!partner.has(FLAG.verified)) {
      const challenge = partner.makeChallenge();
      if ('kind' in challenge) {
        report(challenge.report);
        return undefined;
      }
      const { scheme, bytes, parameters } = challenge;
      return { operation: scheme, challenge: bytes, filestamp: parameters.filestamp };
    }
    const areBothSet = time.isSynchronised && isPeerSynchronised;
    if (!partner.has(FLAG.cookie) && areBothSet) return { operation: 'cookie' };
    if (!partner.has(FLAG.autokey)) return { operation: 'autokey' };
    if (!time.isSynchronised || this.#isPushDue || this.#isPutOff(time)) return undefined;
    const certificate = this.#options.host.certificate.value;
    if (!partner.has(FLAG.signed) && timeRefusal(certificate, time.now) === undefined)
      return { operation: 'sign' };
    return partner.has(FLAG.leap) ? undefined : { operation: 'leap' };
  }

  /** A packet of the peer, mode 1 or 2. A crypto-NAK must have our origin timestamp; other packets need not. */
  receive(bytes: Uint8Array, tail: Readonly<PacketTail>, time: DanceTime): SymmetricIncoming {
    const { own, peer, host } = this.#options;
    if (isCryptoNak(tail)) {
      this.restart();
      return { ...NOTHING, wantsAnswer: true };
    }
    const cookie = this.#partner.cookie ?? 0;
    const key = sessionKey(host.digest, peer, own, tail.keyId, tail.fieldCount > 0 ? 0 : cookie);
    if (tail.keyId === this.#lastKeyId) return NOTHING;
    if (!verifySessionMac(host.digest, key, bytes, tail.macAt, tail.macLength))
      return this.#takeStrange(tail, time);
    this.#strangers = 0;
    this.#lastKeyId = tail.keyId;
    if (tail.fieldCount === 0) return this.#plain(tail.keyId, cookie, time);
    const result = {
      ...{ isAuthentic: true, isTime: false, wantsAnswer: false },
      ...{ work: [] as IdentityWork[], checks: [] as IdentityCheck[], reports: [] as FaultReport[] },
    };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const frames = decodeFields(view, tail, 'autokey');
    for (const { at, length } of frames.ok ? frames.value : []) {
      const field = decodeAutokeyField(view, at, length);
      if (!field.ok || !field.value.response) {
        this.#takeRequest(view, at, length, field.ok ? field.value : undefined, time, result.work);
        result.wantsAnswer = true;
      } else this.#takeAnswer(field.value, time, result);
    }
    const isOnList = this.#follow(tail.keyId, this.#partner.cookie ?? 0);
    // Before the cookie a field makes a packet no weaker than one without.
    if (isOnList && this.#partner.cookie === undefined) result.isTime = this.#prove(time);
    return result;
  }

  /** Plain packets of another cookie, again and again and no good one between: the peer began anew, so ask for its half. */
  #takeStrange({ fieldCount }: Readonly<PacketTail>, time: DanceTime): SymmetricIncoming {
    if (fieldCount > 0 || !this.#partner.has(FLAG.cookie) || !this.#isQuiet(time)) return NOTHING;
    this.#strangers += 1;
    if (this.#strangers < MAX_STRANGERS) return NOTHING;
    this.#strangers = 0;
    this.#partner.unmark(FLAG.cookie | FLAG.autokey);
    this.#position = undefined;
    return { ...NOTHING, wantsAnswer: true };
  }

  #isQuiet({ now }: DanceTime): boolean {
    return this.#provenAt === undefined || stampDifference(now, this.#provenAt) >= QUIET_SECONDS;
  }

  #follow(keyId: number, cookie: number): boolean {
    const { own, peer, host } = this.#options;
    const path = { digest: host.digest, source: peer, destination: own, cookie };
    const position = this.#position && followKeyList(path, this.#position, keyId);
    if (position === undefined) return false;
    this.#position = position;
    return true;
  }

  /** A packet on the list; is the peer one whose time may be used? */
  #prove(time: DanceTime): boolean {
    const isTime = this.#partner.has(FLAG.certificate | FLAG.verified | FLAG.proventic);
    if (isTime) this.#provenAt = time.now;
    return isTime;
  }

  #plain(keyId: number, cookie: number, time: DanceTime): SymmetricIncoming {
    if (!this.#follow(keyId, cookie)) {
      // off its list: lost, or made anew with the cookie
      this.#partner.unmark(FLAG.autokey);
      this.#position = undefined;
      return { ...NOTHING, isAuthentic: true, wantsAnswer: this.#partner.has(FLAG.verified) };
    }
    return { ...NOTHING, isAuthentic: true, isTime: this.#prove(time) };
  }

  #takeRequest(
    view: DataView,
    at: number,
    length: number,
    field: AutokeyField | undefined,
    time: DanceTime,
    work: IdentityWork[],
  ): void {
    const { values, certificates, associationId } = this.#options;
    if (field?.operation === AUTOKEY_OPERATION.assoc) {
      const isAnew = this.#peerId !== 0 && this.#peerId !== field.associationId;
      if (this.#partner.has(FLAG.certificate) && isAnew && this.#isQuiet(time)) this.restart();
      if (!this.#partner.has(FLAG.enabled)) this.#takeAssociation(field, time);
    }
    const context: ServerContext = {
      ...{ values, certificates, time, associationId },
      cookie: () => this.#half,
      autokeyValues: () => this.#listSigned,
    };
    const decision = answerRequest(view, at, length, context);
    if (decision.kind === 'identity') work.push(decision);
    else this.queueAnswer(decision.field);
  }

  #takeAssociation({ body, associationId }: AutokeyField, time: DanceTime) {
    const step = this.#partner.acceptAssociation(body, [this.#options.associationId, associationId], 0, time);
    if (step.kind === 'advanced') {
      this.#peerId = associationId;
      this.#lines.push(step.line);
    }
    return step;
  }

  #takeAnswer(
    field: AutokeyField,
    time: DanceTime,
    result: { wantsAnswer: boolean; checks: IdentityCheck[]; reports: FaultReport[] },
  ): void {
    const asked = this.#asked;
    const isPushed = field.operation === AUTOKEY_OPERATION.autokey && !field.error;
    const isAsked = asked !== undefined && AUTOKEY_OPERATION[asked.operation] === field.operation;
    const isAssociation = field.operation === AUTOKEY_OPERATION.assoc;
    if (!isAsked && !isPushed) return;
    if (!isAssociation && field.associationId !== this.#options.associationId) return;
    if (isAsked) this.#asked = undefined;
    if (field.error) {
      if (isLateQuestion(asked)) this.#putOff(time, REFUSED_SECONDS);
      result.reports.push({ fault: 'protocol', text: `the peer refused ${asked?.operation ?? ''}` });
      return;
    }
    const step = this.#accept(field, isPushed ? { operation: 'autokey' } : asked, time);
    if (step?.kind === 'identity') result.checks.push(step);
    if (step?.kind === 'waiting' && isLateQuestion(asked)) this.#putOff(time, UNANSWERED_SECONDS);
    if (step?.kind === 'refused') {
      if (isLateQuestion(asked)) this.#putOff(time, REFUSED_SECONDS);
      result.reports.push(step.report);
      this.#refusals += isStaleKeyFault(step.report.fault) ? 1 : 0;
      if (this.#refusals >= MAX_REFUSALS) this.restart();
    }
    if (step?.kind !== 'advanced') return;
    this.#refusals = 0;
    result.wantsAnswer ||= isAsked;
    if (step.line !== '' && !isAssociation) this.#lines.push(step.line);
  }

  #accept(field: AutokeyField, asked: Question | undefined, time: DanceTime) {
    const partner = this.#partner;
    const { body } = field;
    switch (asked?.operation) {
      case 'assoc':
        return partner.has(FLAG.enabled) ? undefined : this.#takeAssociation(field, time);
      case 'cert':
        return partner.acceptCertificate(body, time);
      case 'iff':
      case 'gq':
      case 'mv':
        return partner.acceptIdentity(asked.operation, body);
      case 'cookie': {
        const check = partner.acceptCookie(body);
        const step =
          check.kind === 'cookie'
            ? partner.settleCookie(
                check,
                this.#options.host.hostKey.value.decryptOaep(check.encrypted),
                (received) => symmetricCookie(this.#half, received),
              )
            : check;
        if (step.kind === 'advanced') this.#list = undefined;
        return step;
      }
      case 'autokey': {
        const step = partner.acceptAutokey(body);
        if (step.kind !== 'values') return step;
        this.#position = { values: step.values, last: undefined };
        const stamps = body ?? { timestamp: 0, filestamp: 0 };
        return { kind: 'advanced' as const, line: autokeyLine(step.values, stamps) };
      }
      case 'sign': {
        const step = partner.acceptSignature(body);
        if (step.kind === 'advanced') this.#options.values.update(time.now);
        return step;
      }
      case 'leap':
        return partner.acceptLeap(body);
      default:
        return undefined;
    }
  }

  settleIdentity(check: IdentityCheck, verdict: IdentityVerdict): FaultReport | undefined {
    const step = this.#partner.settleIdentity(check, verdict);
    if (step.kind === 'advanced') this.#lines.push(step.line);
    return step.kind === 'refused' ? step.report : undefined;
  }

  /** May time from this peer be used? */
  get isProven(): boolean {
    return hasFlags(this.flags, FLAG.certificate | FLAG.verified | FLAG.proventic | FLAG.autokey);
  }
}
