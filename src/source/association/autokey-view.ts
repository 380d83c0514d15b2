/**
 * How far the dance with one server or peer has come, as status pages and ntpq show it; made of the dance's partner alone,
 * so client and symmetric associations tell it alike.
 * Source: autokey-reference.md §2 and §11 (peer variables host, flags, signature, ident).
 */
import type { Certificate } from '../../autokey/certificate/parse.js';
import type { Partner } from '../../autokey/dance/partner.js';
import { FLAG, hasFlags } from '../../autokey/flags.js';
import { ntpSecondsToUnixNs } from '../../units/time.js';
import type { AutokeySourceView } from '../types.js';

/** The scheme that proved it; before that the one it will be asked for, as far as is known. */
function schemeOf(partner: Partner): AutokeySourceView['scheme'] {
  if (partner.has(FLAG.pc)) return 'PC';
  const { proof, group } = partner;
  if (proof !== undefined) return ({ gq: 'GQ', iff: 'IFF', mv: 'MV' } as const)[proof.scheme];
  if (group === undefined) return partner.has(FLAG.enabled) ? 'TC' : undefined;
  return partner.has(FLAG.gq)
    ? 'GQ'
    : partner.has(FLAG.iff)
      ? 'IFF'
      : partner.has(FLAG.mv)
        ? 'MV'
        : undefined;
}

/** The first of the trail to expire; NTP seconds. */
const firstExpiry = (certificates: readonly Certificate[]): number | undefined =>
  certificates.length === 0 ? undefined : Math.min(...certificates.map(({ notAfter }) => notAfter));

/** `step`: what is being done, in words. `cookieSince`: monotonic ns; undefined: there is none. */
export function autokeySourceView(
  partner: Partner,
  step: string,
  cookieSinceNs: bigint | undefined,
  nowMonoNs: bigint,
): AutokeySourceView {
  const { trail, certificate, proof, scheme } = partner;
  const until = firstExpiry(trail?.certificates ?? (certificate === undefined ? [] : [certificate]));
  return {
    host: partner.name,
    flags: partner.flags,
    signature: scheme?.name,
    ident: partner.group,
    step,
    scheme: schemeOf(partner),
    isProven: hasFlags(partner.flags, FLAG.certificate | FLAG.verified | FLAG.proventic),
    trail: (trail?.certificates ?? []).map(({ subject }) => subject),
    root: trail?.root.subject,
    weakest: trail?.weakest,
    quirk: proof?.equation === 'ntpd-4.2.8p15' ? proof.equation : undefined,
    cookieAgeSeconds: cookieSinceNs === undefined ? undefined : Number(nowMonoNs - cookieSinceNs) / 1e9,
    certificateUntilNs: until === undefined ? undefined : ntpSecondsToUnixNs(until),
  };
}
