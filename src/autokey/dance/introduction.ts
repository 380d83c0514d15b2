/**
 * Who the other side says it is, in its ASSOC, which nobody signs: what is refused at once because no dance with it could
 * end well. Pure.
 * Sources: RFC 5906 §10.2 (ASSOC); autokey-reference.md §2 and §7.
 */
import type { AutokeyValue } from '../../wire/autokey-field.js';
import { isCertificateName } from '../certificate/parse.js';
import { timeRefusal } from '../certificate/verify.js';
import { type CertificateScheme, schemeOfFlags } from '../digest.js';
import { FLAG, hasFlags } from '../flags.js';
import { weaknessOf } from '../policy.js';
import { type DanceHost, type DanceTime, groupOf, hostName } from './host.js';
import { refused } from './refusal.js';
import type { Step } from './step.js';

export interface Introduction {
  readonly name: string;
  readonly status: number;
  readonly scheme: CertificateScheme;
}

/** `ident`: the group that the association asks for. */
export function introduction(
  { value, filestamp: status }: AutokeyValue,
  { host, ident }: { readonly host: DanceHost; readonly ident: string | undefined },
  time: DanceTime,
): Introduction | (Step & { kind: 'refused' }) {
  const own = host.certificate.value;
  const name = Buffer.from(value).toString('latin1');
  if (!isCertificateName(name)) return refused('length', 'a host name of other than plain characters');
  const scheme = schemeOfFlags(status);
  if (scheme === undefined)
    return refused('digest-type', `${name} signs with algorithm ${status >>> 16}, which is not known`);
  const weakness = weaknessOf({ bits: Infinity, digest: scheme.digest }, host.policy);
  if (weakness !== undefined)
    return refused('digest-type', `${name} has ${weakness.text}`, weakness.allowedBy);
  const group = groupOf(name);
  const groups = [ident, groupOf(hostName(host))].filter((known) => known !== undefined);
  if (group !== undefined && groups.length > 0 && !groups.includes(group))
    return refused('identity-type', `${name} is of another group than ${groups.join(' and ')}`);
  if (own.isPrivate !== hasFlags(status, FLAG.pc))
    return refused(
      'public-key',
      own.isPrivate
        ? `${name} does not hold the private certificate that we do`
        : `${name} shares a private certificate, which we do not hold`,
    );
  if (!own.isPrivate && name === own.subject)
    return refused('certificate', `the other side has our own name, ${name}: give one of them another`);
  const expired = own.isPrivate && time.isSynchronised ? timeRefusal(own, time.now) : undefined;
  if (expired !== undefined) return refused('certificate-expired', expired.text);
  return { name, status, scheme };
}
