/**
 * The server's half of the dance: one request field in, one answer out, nothing remembered of the client. Owns what each
 * request draws; who may ask how often is budget.ts, the packet around the field is server-packet.ts.
 *
 * | request                               | answer                                                               |
 * | ------------------------------------- | -------------------------------------------------------------------- |
 * | ASSOC, with or without value          | our name and status word, not signed                                 |
 * | CERT of a name                        | its certificate; 8 bytes without error: none to be had (yet)         |
 * | IFF, GQ, MV                           | the proof; error: a scheme we lack, no challenge, one out of range   |
 * | COOKIE                                | the cookie, for the key in it; error: no key, one too weak           |
 * | AUTO                                  | autokey values of that broadcast association; error: there is none   |
 * | SIGN                                  | the certificate in it, signed; error: what is wrong with it          |
 * | LEAP                                  | leap values                                                          |
 * | anything else, another version        | error, 8 bytes, code and association ID as received                  |
 *
 * A request with the response bit set is answered like one without. Until our clock is set nothing can be signed: all but
 * ASSOC draw the 8 bytes without error, upon which clients ask again at their next poll (the reference does so with CERT).
 * Sources: RFC 5906 §10; autokey-reference.md §5 (odd requests) and §7 (codes).
 */
import {
  AUTOKEY_VERSION,
  type AutokeyHeader,
  type AutokeyOperationName,
  type AutokeyValue,
  autokeyFieldLength,
  autokeyOperationName,
  decodeAutokeyField,
  decodeAutokeyHeader,
} from '../../wire/autokey-field.js';
import { isCertificateName, parseCertificate } from '../certificate/parse.js';
import { signCertificate } from '../certificate/sign.js';
import { checkCertificate, checkIssuer, isSelfSigned, timeRefusal } from '../certificate/verify.js';
import { encryptCookie } from '../cookie.js';
import { refuseChallenge } from '../identity/bounds.js';
import { challengeLimit, type IdentityKey, type IdentityScheme } from '../identity/scheme.js';
import { weaknessOf } from '../policy.js';
import { parseRsaPublicKey } from '../rsa.js';
import { checkValue, unsignedValue, verifyValue } from '../value.js';
import type { CertificateStore } from './certificate-store.js';
import type { FaultReport } from './fault.js';
import { fieldBytes, fieldWord, MAX_SENT_FIELD } from './field.js';
import { type DanceTime, type HostValues, hostName } from './host.js';

export interface ServerContext {
  readonly values: HostValues;
  readonly certificates: CertificateStore;
  readonly time: DanceTime;
  /** a server's cookie for this client, or our half of a symmetric one */
  readonly cookie: () => number;
  /** of the answer to ASSOC in symmetric modes; undefined: that of the request, as servers have it */
  readonly associationId?: number;
  /** autokey values of the broadcast association of this ID; undefined: there is none */
  readonly autokeyValues: (associationId: number) => AutokeyValue | undefined;
}

/** An answer ready to be sent. */
export interface ServerReply {
  readonly kind: 'reply';
  readonly operation: AutokeyOperationName | undefined;
  /** the whole field */
  readonly field: Uint8Array;
  /** what was wrong with the request; undefined: nothing */
  readonly report: FaultReport | undefined;
  /** first word of the answer, for cryptostats */
  readonly word: number;
  readonly associationId: number;
}

/** A proof is wanted, which costs much: whoever makes it, in its own time, calls `finish`. */
export interface IdentityWork {
  readonly kind: 'identity';
  readonly scheme: IdentityScheme;
  readonly key: IdentityKey;
  /** in range */
  readonly challenge: Uint8Array;
  /** `answer`: DER of the proof; undefined: it could not be made. `time`: of now, not of the request. */
  finish(answer: Uint8Array | undefined, time: DanceTime): ServerReply;
}

export type ServerDecision = ServerReply | IdentityWork;

/** A value to send, nothing yet, or a fault. */
type Settled = { readonly body: AutokeyValue } | { readonly report: FaultReport } | 'empty';
type Challenge = Omit<IdentityWork, 'kind' | 'finish'>;
type Outcome = Settled | Challenge;

const isChallenge = (outcome: Outcome): outcome is Challenge => outcome !== 'empty' && 'challenge' in outcome;

const fault = (name: FaultReport['fault'], text: string, allowedBy?: string): Settled => ({
  report: { fault: name, text, allowedBy },
});

const IDENTITY: ReadonlySet<string> = new Set(['iff', 'gq', 'mv']);
const isIdentity = (name: AutokeyOperationName | undefined): name is IdentityScheme =>
  name !== undefined && IDENTITY.has(name);

/**
 * The answer to the field of `length` bytes at `at`, which lies within the packet (scanTail). Throws nothing for what
 * stands in it.
 */
export function answerRequest(
  view: DataView,
  at: number,
  length: number,
  context: ServerContext,
): ServerDecision {
  const header = decodeAutokeyHeader(view, at);
  const operation = header.version === AUTOKEY_VERSION ? autokeyOperationName(header.operation) : undefined;
  const field = decodeAutokeyField(view, at, length);
  const body = field.ok ? field.value.body : undefined;
  const outcome =
    operation === undefined || operation === 'null'
      ? fault('protocol', `operation ${header.operation} of version ${header.version} is not known`)
      : field.ok || operation === 'assoc' || operation === 'leap'
        ? outcomeOf(operation, header, body, context)
        : fault('length', 'the field does not hold what it says');
  if (isChallenge(outcome)) {
    const { filestamp } = context.values.host.identityKeys.get(outcome.scheme) ?? { filestamp: 0 };
    return {
      kind: 'identity',
      ...outcome,
      finish: (answer, time) => {
        if (answer === undefined)
          return reply(header, operation, fault('identity', 'the proof could not be made'));
        if (!time.isSynchronised) return reply(header, operation, 'empty');
        return reply(header, operation, { body: context.values.sign(time.now, filestamp, answer) });
      },
    };
  }
  const own = operation === 'assoc' ? context.associationId : undefined;
  return reply(own === undefined ? header : { ...header, associationId: own }, operation, outcome);
}

function reply(
  request: AutokeyHeader,
  operation: AutokeyOperationName | undefined,
  outcome: Settled,
): ServerReply {
  const isFault = outcome !== 'empty' && 'report' in outcome;
  const body = outcome !== 'empty' && 'body' in outcome ? outcome.body : undefined;
  const header = { ...request, response: true, error: isFault || request.error };
  // The reference leaves out what does not fit; what we sign ourselves always does.
  const fits = autokeyFieldLength(body) <= MAX_SENT_FIELD;
  const field = fieldBytes(header, fits ? body : undefined);
  return {
    kind: 'reply',
    operation,
    field,
    report: isFault ? outcome.report : undefined,
    word: fieldWord(header, field.length),
    associationId: request.associationId,
  };
}

function outcomeOf(
  operation: Exclude<AutokeyOperationName, 'null'>,
  header: AutokeyHeader,
  body: AutokeyValue | undefined,
  context: ServerContext,
): Outcome {
  const { values, time } = context;
  if (operation === 'assoc')
    return { body: unsignedValue(values.updatedAt, values.flags, Buffer.from(hostName(values.host))) };
  if (isIdentity(operation)) return proofOf(operation, body, context);
  // What is wrong with a request is said even while nothing can be signed.
  const hasValue = body !== undefined && body.value.length > 0;
  if (!hasValue && operation !== 'leap' && operation !== 'autokey')
    return fault('length', `a ${operation} request without value`);
  const isUnset = !time.isSynchronised || values.updatedAt === 0;
  switch (operation) {
    case 'cert':
      return isUnset ? 'empty' : certificateOf(body, context);
    case 'cookie':
      return cookieFor(body, isUnset, context);
    case 'autokey': {
      const autokey = context.autokeyValues(header.associationId);
      return autokey === undefined
        ? fault('protocol', `there is no broadcast association ${header.associationId}`)
        : { body: autokey };
    }
    case 'sign':
      return isUnset ? 'empty' : signatureFor(body, context);
    case 'leap':
      return isUnset ? 'empty' : { body: values.leap() };
  }
}

function certificateOf(
  body: AutokeyValue | undefined,
  { values, certificates, time }: ServerContext,
): Outcome {
  const name = Buffer.from(body?.value ?? []).toString('latin1');
  if (!isCertificateName(name)) return 'empty';
  const found = certificates.serve(name, time.now);
  return found === undefined ? 'empty' : { body: values.certificate(found) };
}

function proofOf(
  scheme: IdentityScheme,
  body: AutokeyValue | undefined,
  { values, time }: ServerContext,
): Outcome {
  const held = values.host.identityKeys.get(scheme);
  if (held === undefined) return fault('identity', `we hold no ${scheme} key`);
  const challenge = body?.value;
  if (challenge === undefined || challenge.length === 0)
    return fault('identity', `a ${scheme} request without challenge`);
  const refusal = refuseChallenge(challenge, challengeLimit(held.value));
  if (refusal !== undefined) return fault('identity', `a ${scheme} challenge is refused: ${refusal}`);
  if (!time.isSynchronised) return 'empty';
  // a view over the packet would be overwritten before the work is done
  return { scheme, key: held.value, challenge: challenge.slice() };
}

function cookieFor(
  body: AutokeyValue | undefined,
  isUnset: boolean,
  { values, cookie, time }: ServerContext,
): Outcome {
  const key = parseRsaPublicKey(body?.value ?? new Uint8Array(0));
  if (!key.ok) return fault('public-key', `the client's host key is refused: ${key.reason}`);
  const weakness = weaknessOf(key.value, values.host.policy);
  if (weakness !== undefined)
    return fault('public-key', `the client's host key is ${weakness.text}`, weakness.allowedBy);
  if (isUnset) return 'empty';
  const encrypted = encryptCookie(key.value.key, cookie());
  return encrypted === undefined
    ? fault('public-key', "the client's host key cannot carry a cookie")
    : { body: values.sign(time.now, values.updatedAt, encrypted) };
}

/** Signs what is the sender's own, holds, and is not ours. */
function signatureFor(body: AutokeyValue | undefined, { values, time }: ServerContext): Outcome {
  const { certificate: own, policy, signKey } = values.host;
  const stamps = checkValue(body, undefined);
  if (body === undefined || stamps !== undefined)
    return fault(stamps ?? 'length', 'the stamps of a SIGN request are out of order');
  const parsed = parseCertificate(body.value);
  if (!parsed.ok) return fault('certificate', `a certificate to be signed is refused: ${parsed.reason}`);
  const certificate = parsed.value;
  const { subject, isPrivate, publicKey, scheme } = certificate;
  if (!isSelfSigned(certificate) || isPrivate || subject === own.value.subject)
    return fault('certificate', `the certificate of ${subject} is not the sender's own, or bears our name`);
  if (timeRefusal(own.value, time.now) !== undefined)
    return fault('certificate-expired', 'our own certificate does not hold now, so it can sign no other');
  const refusal =
    checkCertificate(certificate, body.filestamp, time.now, policy) ?? checkIssuer(certificate, certificate);
  if (refusal !== undefined)
    return refusal.what === 'weak'
      ? fault('certificate', refusal.text, refusal.weakness.allowedBy)
      : fault(
          refusal.what === 'expired' || refusal.what === 'not-yet-valid'
            ? 'certificate-expired'
            : 'certificate-unverified',
          refusal.text,
        );
  const bad = verifyValue({ publicKey, digest: scheme.digest }, body);
  if (bad !== undefined) return fault(bad, `the SIGN request of ${subject} is not signed by its key`);
  const signer = { name: own.value.subject, key: signKey, scheme: own.value.scheme };
  const signed = signCertificate(certificate, signer, time.now);
  return { body: values.sign(time.now, body.filestamp, signed) };
}
