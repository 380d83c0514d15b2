/**
 * What a dance has found out about the other side, answer by answer: name and status, certificates and trail, identity,
 * cookie, our certificate signed by it, leap values. Owns what makes an answer acceptable and which flag it sets; what is
 * asked next, packets and key IDs are client.ts's and symmetric.ts's.
 *
 * Stricter than the reference where that costs nothing: expired certificates are refused (once our clock is set), the flags
 * of progress are ours and never the status word's, an identity scheme that was asked for cannot be talked away by an
 * unsigned ASSOC without one, and certificates are shown to others only after the signature of who sent them held.
 * Sources: RFC 5906 §9, §10 and appendix A; autokey-reference.md §2, §4, §5.5 and §7.
 */

import type { Random } from '../../ports/random.js';
import type { AutokeyValue } from '../../wire/autokey-field.js';
import { type Certificate, parseCertificate } from '../certificate/parse.js';
import { type Trail, walkTrail } from '../certificate/trail.js';
import { checkIssuer, timeRefusal } from '../certificate/verify.js';
import { readCookie } from '../cookie.js';
import { associationLine, certificateLine, cookieLine, identityLine, leapLine } from '../cryptostats.js';
import type { CertificateScheme } from '../digest.js';
import { FLAG, hasFlags } from '../flags.js';
import {
  type IdentityParameters,
  type IdentityQuestion,
  type IdentityScheme,
  makeChallenge,
} from '../identity/scheme.js';
import type { IdentityVerdict, ProofEquation } from '../identity/verdict.js';
import { type AutokeyValues, decodeAutokeyValues } from '../key-list.js';
import { decodeLeapValues, type LeapValues } from '../leap-values.js';
import { isBefore } from '../seconds.js';
import { areStampsInOrder, checkValue, type Signer, type Stamps, verifyValue } from '../value.js';
import type { CertificateStore } from './certificate-store.js';
import type { FaultReport } from './fault.js';
import { type DanceHost, type DanceTime, type Filestamped, knownTime } from './host.js';
import { chooseIdentity, groupAskedFor, type IdentityChoice } from './identity-choice.js';
import { introduction } from './introduction.js';
import { certificateRefused, refused, unprovenText } from './refusal.js';
import type { CookieCheck, IdentityCheck, Step } from './step.js';

export interface PartnerOptions {
  readonly host: DanceHost;
  readonly certificates: CertificateStore;
  /** `ident NAME`: the group whose parameters check the server; undefined: see identity-choice.ts */
  readonly ident: string | undefined;
  /** accept the proof of a 4.2.8p15 with stock GQ files (`crypto compat ntpd-4.2.8p15`) */
  readonly compat: boolean;
  readonly random: Random;
}

interface Challenge {
  readonly scheme: IdentityScheme;
  readonly group: string;
  readonly parameters: Filestamped<IdentityParameters>;
  readonly bytes: Uint8Array;
}

/** How the other side proved its identity. */
export interface Proof {
  readonly scheme: IdentityScheme;
  readonly group: string;
  readonly equation: ProofEquation;
}
/** Certificates a partner may send before its trail must have ended. */
const MAX_RECEIVED = 16;
const PROGRESS_MASK = 0xff00;

export class Partner {
  #flags = 0;
  #name = '';
  #status = 0;
  #scheme: CertificateScheme | undefined;
  #received: Filestamped<Certificate>[] = [];
  #wanted = '';
  #trail: Trail | undefined;
  #leaf: Filestamped<Certificate> | undefined;
  /** was the trail walked with a clock that was set? */
  #isTrailTimed = false;
  #challenge: Challenge | undefined;
  #fresh: IdentityQuestion | undefined;
  #proof: Proof | undefined;
  #opening: CookieCheck | undefined;
  #cookie: number | undefined;
  #leap: LeapValues | undefined;
  readonly #stamps = new Map<string, Stamps>();
  readonly #options: PartnerOptions;

  constructor(options: PartnerOptions) {
    this.#options = options;
  }

  /** Status word and progress, as ntpq shows it. */
  get flags(): number {
    return this.#flags;
  }
  /** Name in its certificate; empty: not known yet. */
  get name(): string {
    return this.#name;
  }
  /** Its status word as it was told; of an ASSOC, which nobody signs. */
  get status(): number {
    return this.#status;
  }
  get scheme(): CertificateScheme | undefined {
    return this.#scheme;
  }
  get trail(): Trail | undefined {
    return this.#trail;
  }
  /** Name whose certificate is needed next. */
  get wanted(): string {
    return this.#wanted;
  }
  /** Of its own certificate, once the trail has ended. */
  get certificate(): Certificate | undefined {
    return this.#leaf?.value;
  }
  /** Undefined: none was asked for, or not yet. */
  get proof(): Proof | undefined {
    return this.#proof;
  }
  /** The group that it must prove to be of; undefined: none is asked for. */
  get group(): string | undefined {
    return groupAskedFor(this.#options, this.#trail?.root.subject);
  }
  /** Undefined: not had yet. */
  get cookie(): number | undefined {
    return this.#cookie;
  }
  get leap(): LeapValues | undefined {
    return this.#leap;
  }
  has(bits: number): boolean {
    return hasFlags(this.#flags, bits);
  }
  /** Sets flags of progress that no answer sets. */
  mark(bits: number): void {
    this.#flags = (this.#flags | bits) >>> 0;
  }

  /** Takes flags back: AUTO, when the other side's key list was lost. */
  unmark(bits: number): void {
    this.#flags = (this.#flags & ~bits) >>> 0;
  }

  /**
   * The other side's name and status word. `ids`: our association ID and the one in the answer, for cryptostats. Which of
   * the flags of progress an ASSOC sets at once differs by mode: `done`.
   */
  acceptAssociation(
    body: AutokeyValue | undefined,
    ids: readonly [number, number],
    done: number,
    time: DanceTime,
  ): Step {
    if (body === undefined || body.value.length === 0) return refused('length', 'an ASSOC without name');
    const introduced = introduction(body, this.#options, time);
    if ('kind' in introduced) return introduced;
    const { name, status, scheme } = introduced;
    const { host } = this.#options;
    this.#name = name;
    this.#status = status;
    this.#scheme = scheme;
    this.#wanted = name;
    this.#flags = ((status & ~PROGRESS_MASK) | FLAG.enabled | done) >>> 0;
    if (!hasFlags(status, FLAG.leapKnown)) this.mark(FLAG.leap);
    if (host.certificate.value.isPrivate) {
      this.#leaf = host.certificate;
      this.mark(FLAG.certificate | FLAG.verified | FLAG.signed);
    }
    return { kind: 'advanced', line: associationLine(ids[0], ids[1], name, scheme) };
  }

  /** A certificate of the name that was wanted. */
  acceptCertificate(body: AutokeyValue | undefined, time: DanceTime): Step {
    if (body === undefined || body.value.length === 0) return { kind: 'waiting' };
    const fault = checkValue(body, undefined);
    if (fault !== undefined) return refused(fault, `the stamps of a certificate from ${this.#name} are bad`);
    const parsed = parseCertificate(body.value);
    if (!parsed.ok) return refused('certificate', `a certificate from ${this.#name}: ${parsed.reason}`);
    const { value } = parsed;
    const { filestamp } = body;
    if (value.subject !== this.#wanted)
      return refused(
        'certificate',
        `asked for the certificate of ${this.#wanted}, got that of ${value.subject}`,
      );
    const isKnown = this.#received.some((known) => known.value.subject === value.subject);
    this.#received = this.#received.filter((known) => known.value.subject !== value.subject);
    this.#received.push({ value, filestamp });
    const step = this.#walk(time, isKnown);
    if (step.kind !== 'advanced') return step;
    return { kind: 'advanced', line: certificateLine('cert', value, filestamp) };
  }

  #walk(time: DanceTime, isRepeated: boolean): Step {
    const { host, certificates } = this.#options;
    const leaf = this.#received.find(({ value }) => value.subject === this.#name);
    if (leaf === undefined) return { kind: 'waiting' };
    const result = walkTrail(leaf.value, {
      find: (subject) => [
        ...this.#received.map(({ value }) => value).filter((value) => value.subject === subject),
        ...certificates.find(subject),
      ],
      own: host.certificate.value,
      now: knownTime(time),
      policy: host.policy,
    });
    if (result.kind === 'missing' && this.#received.length < MAX_RECEIVED) {
      const isStuck = isRepeated && this.#wanted === result.name;
      this.#wanted = result.name;
      return isStuck ? { kind: 'waiting' } : { kind: 'advanced', line: '' };
    }
    if (result.kind === 'complete') {
      this.#leaf = leaf;
      this.#trail = result.trail;
      this.#isTrailTimed = time.isSynchronised;
      const isUnasked = this.#chooseIdentity().kind === 'none';
      this.mark(FLAG.certificate | (isUnasked ? FLAG.verified : 0));
      return { kind: 'advanced', line: '' };
    }
    this.#received = [];
    this.#wanted = this.#name;
    return result.kind === 'missing'
      ? refused('certificate', `the trail of ${this.#name} does not end`)
      : certificateRefused(result, result.refusal);
  }

  /**
   * Whether the trail still holds, to be asked before each packet: our clock may have been set after it was walked, and
   * certificates expire; undefined: it does.
   */
  recheckTrail(time: DanceTime): FaultReport | undefined {
    const trail = this.#trail;
    if (trail === undefined || !time.isSynchronised) return undefined;
    const isOver = [...trail.certificates, trail.root].some((link) => timeRefusal(link, time.now));
    if (this.#isTrailTimed && !isOver) return undefined;
    const step = this.#walk(time, true);
    return step.kind === 'refused' ? step.report : undefined;
  }

  #chooseIdentity(): IdentityChoice {
    return chooseIdentity(this.#options, this.#name, this.#trail?.root.subject, this.#flags);
  }

  /** A fresh challenge in a scheme that both hold, or why there is none. */
  makeChallenge(): Challenge | (Step & { kind: 'refused' }) {
    const choice = this.#chooseIdentity();
    if (choice.kind === 'refused') return choice;
    if (choice.kind === 'none') return refused('identity', 'nobody asks for an identity');
    const { scheme, group, parameters } = choice;
    const bytes = makeChallenge(parameters.value, this.#options.random);
    this.#challenge = { scheme, group, parameters, bytes };
    this.#fresh = this.#questionOf(this.#challenge);
    return this.#challenge;
  }

  /** The challenge made since the last call: what can be computed before its answer comes may be. Undefined: none. */
  takeFresh(): IdentityQuestion | undefined {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    return fresh;
  }

  #questionOf({ parameters, bytes }: Challenge): IdentityQuestion {
    const publicValue = this.#trail?.root.gqValue;
    return { held: parameters.value, challenge: bytes, publicValue, compat: this.#options.compat };
  }

  /** A proof: stamps and signature are checked here, what it proves by whoever has the time. */
  acceptIdentity(scheme: IdentityScheme, body: AutokeyValue | undefined): Step | IdentityCheck {
    const challenge = this.#challenge;
    if (challenge?.scheme !== scheme) return refused('identity', `no ${scheme} challenge was sent`);
    if (body === undefined || body.value.length === 0) return { kind: 'waiting' };
    const bad = this.#checkSigned('identity', body);
    if (bad !== undefined) return bad;
    const { filestamp } = challenge.parameters;
    if (scheme === 'gq' ? isBefore(body.filestamp, filestamp) : body.filestamp !== filestamp)
      return refused('filestamp', `our ${scheme} parameters are of other keys than those of ${this.#name}`);
    return { kind: 'identity', question: this.#questionOf(challenge), answer: body.value.slice() };
  }

  /** The verdict of an IdentityCheck. A challenge is used once. */
  settleIdentity(check: IdentityCheck, verdict: IdentityVerdict): Step {
    const challenge = this.#challenge;
    if (challenge === undefined || challenge.bytes !== check.question.challenge) return { kind: 'waiting' };
    this.#challenge = undefined;
    const { scheme, group } = challenge;
    if (!verdict.ok) return refused('identity', unprovenText(scheme, group, verdict.refusal));
    this.#proof = { scheme, group, equation: verdict.equation };
    this.mark(FLAG.verified);
    const root = this.#trail?.root.subject ?? this.#name;
    return { kind: 'advanced', line: identityLine(challenge.scheme, root, challenge.parameters.filestamp) };
  }

  /** A COOKIE answer: stamps and signature are checked here, what is in it is opened by whoever has the host key. */
  acceptCookie(body: AutokeyValue | undefined): Step | CookieCheck {
    if (body === undefined || body.value.length === 0) return { kind: 'waiting' };
    const bad = this.#checkSigned('cookie', body);
    if (bad !== undefined) return bad;
    const { timestamp, filestamp } = body;
    this.#opening = { kind: 'cookie', encrypted: body.value.slice(), stamps: { timestamp, filestamp } };
    return this.#opening;
  }

  /** What was in a cookie, a server's or half of a symmetric one; undefined: it could not be opened. Only the last counts. */
  settleCookie(
    check: CookieCheck,
    opened: Uint8Array | undefined,
    combine: (received: number) => number = (n) => n,
  ): Step {
    if (this.#opening !== check) return { kind: 'waiting' };
    this.#opening = undefined;
    const received = opened && readCookie(opened);
    if (received === undefined)
      return refused('cookie', `the cookie from ${this.#name} could not be opened with our host key`);
    this.#cookie = combine(received);
    this.mark(FLAG.cookie | FLAG.proventic);
    for (const known of this.#received) this.#options.certificates.add(known);
    return { kind: 'advanced', line: cookieLine(undefined, check.stamps) };
  }

  /** Our own certificate, signed by the other side. */
  acceptSignature(body: AutokeyValue | undefined): Step {
    const { host, certificates } = this.#options;
    if (body === undefined || body.value.length === 0) return { kind: 'waiting' };
    const bad = this.#checkSigned('sign', body);
    if (bad !== undefined) return bad;
    const parsed = parseCertificate(body.value);
    const leaf = this.#leaf?.value;
    if (!parsed.ok || leaf === undefined) return refused('certificate', 'what was signed is no certificate');
    const own = host.certificate.value;
    const { subject, parts } = parsed.value;
    if (subject !== own.subject || !Buffer.from(parts.publicKey).equals(own.parts.publicKey))
      return refused('certificate', `${this.#name} signed another certificate than ours`);
    const refusal = checkIssuer(parsed.value, leaf);
    if (refusal !== undefined) return certificateRefused(refusal, refusal);
    const { filestamp } = host.certificate;
    certificates.add({ value: parsed.value, filestamp });
    this.mark(FLAG.signed);
    return { kind: 'advanced', line: certificateLine('sign', parsed.value, body.filestamp) };
  }

  acceptLeap(body: AutokeyValue | undefined): Step {
    if (body === undefined || body.value.length === 0) return { kind: 'waiting' };
    const bad = this.#checkSigned('leap', body);
    if (bad !== undefined) return bad;
    const values = decodeLeapValues(body.value);
    if (!values.ok) return refused('leap', `the leap values of ${this.#name} are malformed`);
    this.#leap = values.value;
    this.mark(FLAG.leap);
    return { kind: 'advanced', line: leapLine(values.value, body.filestamp) };
  }

  /** Values of the other side's key list, asked for or pushed; following it is the caller's. */
  acceptAutokey(
    body: AutokeyValue | undefined,
  ): Step | { readonly kind: 'values'; readonly values: AutokeyValues } {
    if (body === undefined || body.value.length === 0) return { kind: 'waiting' };
    // Of a 4.2.8p15 whose clock is not set.
    if (body.timestamp === 0 && body.signature.length === 0) return { kind: 'waiting' };
    const bad = this.#checkSigned('autokey', body);
    if (bad !== undefined) return bad;
    const values = decodeAutokeyValues(body.value);
    if (!values.ok) return refused('length', `the autokey values of ${this.#name} are malformed`);
    this.mark(FLAG.autokey | (this.has(FLAG.verified) ? FLAG.proventic : 0));
    return { kind: 'values', values: values.value };
  }

  /** Stamps in order and the signature the leaf's; undefined: well, and the stamps are remembered. */
  #checkSigned(kind: string, body: AutokeyValue): (Step & { kind: 'refused' }) | undefined {
    const leaf = this.#leaf;
    const scheme = this.#scheme;
    if (leaf === undefined || scheme === undefined) return refused('public-key', 'no certificate yet');
    const signer: Signer = { publicKey: leaf.value.publicKey, digest: scheme.digest };
    const fault = checkValue(body, this.#stamps.get(kind));
    if (fault !== undefined) return refused(fault, `a ${kind} value of ${this.#name} is out of order`);
    if (!areStampsInOrder([leaf.filestamp, body.timestamp]))
      return refused('timestamp', `a ${kind} value of ${this.#name} is older than its certificate`);
    const bad = verifyValue(signer, body);
    if (bad !== undefined) return refused(bad, `a ${kind} value is not signed by ${this.#name}`);
    this.#stamps.set(kind, { timestamp: body.timestamp, filestamp: body.filestamp });
    return undefined;
  }
}
