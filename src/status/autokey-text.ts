/** Autokey in `noonmark status` for people: this host in a line, and each association in one of its own. */
import type { AutokeySourceSnapshot } from './autokey-snapshot.js';
import type { Snapshot } from './snapshot.js';
import { plural, span } from './words.js';

const day = (iso: string | null): string => (iso === null ? 'an unknown day' : iso.slice(0, 10));

/** How the certificates fare at `now`; both ISO 8601. */
const validity = (until: string | null, now: string | null): string =>
  until !== null && now !== null && until < now ? `EXPIRED on ${day(until)}` : `good until ${day(until)}`;

/** Undefined: this host does no Autokey. */
export function ownAutokeyText({ autokey, time }: Snapshot): string | undefined {
  if (autokey === null) return undefined;
  const { host, signature, digest, updated, certificates, flagNames } = autokey;
  const own = certificates.at(-1);
  const schemes = flagNames.filter((name) => /^(PC|IFF|GQ|MV)$/.test(name));
  const parts = [
    `${host}${own?.trusted === true ? ', trusted' : ''}`,
    `${own?.bits ?? '?'} bits ${signature}, session keys ${digest}`,
    schemes.length === 0 ? 'no identity key' : `proves ${schemes.join(', ')}`,
    `certificate ${validity(own?.until ?? null, time)}`,
    updated === null ? 'nothing signed until the clock is set' : `signed ${updated.replace(/\.\d+Z$/, 'Z')}`,
    plural(certificates.length - 1, 'certificate of others', 'certificates of others'),
  ];
  return parts.join('; ');
}

/** `time`: of the snapshot; `remark`: what was said of the source already. */
export function autokeySourceText(
  autokey: AutokeySourceSnapshot,
  time: string | null,
  remark: string,
): string {
  const { step, flags, host, proven, identityScheme, identityGroup, trail, root, quirk } = autokey;
  const parts = [remark.includes(step) ? `flags ${flags}` : `${step} (${flags})`];
  if (host !== null) parts.push(host);
  if (identityScheme !== null) {
    const of = identityGroup === null ? '' : ` of group ${identityGroup}`;
    const by = quirk === null ? '' : `, by the equation of ${quirk}`;
    parts.push(
      identityScheme === 'TC'
        ? 'no identity asked for'
        : `${identityScheme}${of}${proven ? ' proved' : ''}${by}`,
    );
  }
  if (root !== null) parts.push(trail.length > 1 ? `trail ${trail.join(' < ')}` : `root ${root}`);
  if (autokey.weakestBits !== null)
    parts.push(`weakest ${autokey.weakestBits} bits ${autokey.weakestDigest ?? ''}`);
  if (autokey.cookieAgeSeconds !== null) parts.push(`cookie ${span(autokey.cookieAgeSeconds)} old`);
  if (autokey.certificatesUntil !== null)
    parts.push(`certificates ${validity(autokey.certificatesUntil, time)}`);
  return parts.join('; ');
}
