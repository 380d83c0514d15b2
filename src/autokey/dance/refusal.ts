/** Refusals of a dance's answers: which fault of the reference's a finding is, and the words for it. */
import type { CertificateRefusal } from '../certificate/verify.js';
import { parameterLink } from '../files/names.js';
import type { IdentityScheme } from '../identity/scheme.js';
import type { DanceFault } from './fault.js';
import type { Question } from './request.js';
import type { Step } from './step.js';

/** Parameters that do not fit, and which file mends it. */
const otherParameters = (scheme: IdentityScheme, group: string): string =>
  `our parameters of group ${group} are not those of its key. Get ${parameterLink(scheme, group)} anew from the group's ` +
  'trusted host';

/** What the error bit in the answer to a question means. */
export function refusedText({ operation }: Question, group: string): string {
  switch (operation) {
    case 'gq':
    case 'iff':
    case 'mv':
      // Ours may be out of the range of its numbers; it may lack the key, too.
      return `the server refused our ${operation} challenge: ${otherParameters(operation, group)}`;
    case 'cookie':
      return "the server refused our host key: it is too short for its 'crypto minimum'";
    case 'sign':
      return 'the server did not sign our certificate: it, or its own, has expired or is too weak for it';
    default:
      return `the server refused ${operation}`;
  }
}

/** What is wrong, and which file mends it. */
export const unprovenText = (scheme: IdentityScheme, group: string, refusal: string): string =>
  `its identity was not proved (${scheme}, ${refusal}): ${otherParameters(scheme, group)}` +
  (scheme === 'gq' ? "; for a 4.2.8p15 with stock files see 'compat ntpd-4.2.8p15'" : '');

export const refused = (fault: DanceFault, text: string, allowedBy?: string): Step & { kind: 'refused' } => ({
  kind: 'refused',
  report: { fault, text, allowedBy },
});

export const certificateRefused = (
  { what, text }: { what: string; text: string },
  refusal?: CertificateRefusal,
) => {
  const fault: DanceFault =
    what === 'expired' || what === 'not-yet-valid'
      ? 'certificate-expired'
      : what === 'signature' || what === 'outside-issuer'
        ? 'certificate-unverified'
        : what === 'filestamp'
          ? 'filestamp'
          : 'certificate';
  return refused(fault, text, refusal?.what === 'weak' ? refusal.weakness.allowedBy : undefined);
};
