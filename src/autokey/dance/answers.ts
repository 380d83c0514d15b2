/**
 * Which of the partner's judgements an answer to a question goes to, for both machines. Left to them are ASSOC, whose flags
 * differ by mode, and AUTO, whose list is theirs to follow.
 * Source: RFC 5906 §9.2 and §11.2.
 */
import type { AutokeyValue } from '../../wire/autokey-field.js';
import type { DanceTime } from './host.js';
import type { Partner } from './partner.js';
import type { Question } from './request.js';
import type { CookieCheck, IdentityCheck, Step } from './step.js';

/** Questions whose answers mean the same to a client and to a symmetric peer. */
type CommonOperation = Exclude<Question['operation'], 'assoc' | 'autokey'>;

export function acceptAnswer(
  partner: Partner,
  operation: CommonOperation,
  body: AutokeyValue | undefined,
  time: DanceTime,
): Step | IdentityCheck | CookieCheck {
  switch (operation) {
    case 'cert':
      return partner.acceptCertificate(body, time);
    case 'iff':
    case 'gq':
    case 'mv':
      return partner.acceptIdentity(operation, body);
    case 'cookie':
      return partner.acceptCookie(body);
    case 'sign':
      return partner.acceptSignature(body);
    case 'leap':
      return partner.acceptLeap(body);
  }
}
