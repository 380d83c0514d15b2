/** Autokey of this host as views show it, from its keys, values and certificates. Shows nothing secret. */
import { ownCertificateFlags, receivedCertificateFlags } from '../autokey/cryptostats.js';
import type { AutokeyEnd } from '../autokey/dance/end.js';
import { secondsNear } from '../autokey/seconds.js';
import { NS_PER_SECOND, NTP_UNIX_OFFSET_SECONDS, ntpSecondsToUnixNs } from '../units/time.js';
import type { AutokeyView } from './view.js';

/** `nowNs`: served time, for the era of the update's stamp. */
export function autokeyView(
  { host, values, certificates }: AutokeyEnd,
  ident: string | undefined,
  nowNs: bigint,
): AutokeyView {
  const own = host.certificate.value;
  const now = Number(nowNs / NS_PER_SECOND + NTP_UNIX_OFFSET_SECONDS);
  return {
    host: own.subject,
    ident,
    flags: values.flags,
    digest: host.digest,
    signature: own.scheme.name,
    updatedNs: values.updatedAt === 0 ? undefined : ntpSecondsToUnixNs(secondsNear(values.updatedAt, now)),
    certificates: certificates.all.map(({ value }) => ({
      subject: value.subject,
      issuer: value.issuer,
      flags: value === own ? ownCertificateFlags(value) : receivedCertificateFlags(value),
      bits: value.bits,
      digest: value.scheme.digest,
      untilNs: ntpSecondsToUnixNs(value.notAfter),
    })),
  };
}
