/**
 * One end of every dance of this host: its keys made ready, the values it signs, and the certificates it believes. Made
 * from what was loaded, on the main thread for our own associations and in the crypto thread for those who ask us.
 * Owns which loaded file becomes what; reading them is files/.
 * Sources: autokey-reference.md §3.1 and §6; old-reference.md §8 (names of 2006).
 */
import { parseCertificate } from '../certificate/parse.js';
import type { SessionDigest } from '../digest.js';
import type { LoadedKeys } from '../files/load.js';
import { hostKey } from '../host-key.js';
import type { IdentityKey, IdentityParameters, IdentityScheme } from '../identity/scheme.js';
import type { KeyPolicy } from '../policy.js';
import { CertificateStore } from './certificate-store.js';
import { type DanceHost, type Filestamped, HostValues } from './host.js';

export interface AutokeyEnd {
  readonly host: DanceHost;
  readonly values: HostValues;
  readonly certificates: CertificateStore;
}

export interface EndSettings {
  /** `crypto digest` */
  readonly digest: SessionDigest;
  /** `crypto minimum` */
  readonly policy: KeyPolicy;
}

/** NTP seconds of files are cut to 32 bits, as they stand on the wire. */
const stamped = <T>(value: T, { filestamp }: { readonly filestamp: number }): Filestamped<T> => ({
  value,
  filestamp: filestamp >>> 0,
});

function identityKeysOf({ gqKey, iffKey, mvKey }: LoadedKeys): DanceHost['identityKeys'] {
  const keys = new Map<IdentityScheme, Filestamped<IdentityKey>>();
  if (gqKey !== undefined) keys.set('gq', stamped({ scheme: 'gq', key: gqKey.value }, gqKey));
  if (iffKey !== undefined) keys.set('iff', stamped({ scheme: 'iff', key: iffKey.value }, iffKey));
  if (mvKey !== undefined) keys.set('mv', stamped({ scheme: 'mv', key: mvKey.value }, mvKey));
  return keys;
}

function parametersOf(
  { gqParameters, iffParameters, mvParameters }: LoadedKeys,
  scheme: IdentityScheme,
  group: string,
): Filestamped<IdentityParameters> | undefined {
  switch (scheme) {
    case 'gq': {
      const file = gqParameters.get(group);
      return file && stamped({ scheme, parameters: file.value }, file);
    }
    case 'iff': {
      const file = iffParameters.get(group);
      return file && stamped({ scheme, parameters: file.value }, file);
    }
    case 'mv': {
      const file = mvParameters.get(group);
      return file && stamped({ scheme, parameters: file.value }, file);
    }
  }
}

/** Undefined: host key or certificate are missing or unusable, which the loader's problems tell. Throws nothing. */
export function makeEnd(keys: LoadedKeys, { digest, policy }: EndSettings): AutokeyEnd | undefined {
  const { host: loadedHost, sign, certificate: loadedCertificate } = keys;
  if (loadedHost === undefined || loadedCertificate === undefined) return undefined;
  const parsed = parseCertificate(loadedCertificate.der);
  if (!parsed.ok) return undefined;
  const own = hostKey(loadedHost.key);
  const signKey = sign === undefined ? own : hostKey(sign.key);
  if (!signKey.canSign(parsed.value.scheme.digest)) return undefined;
  const host: DanceHost = {
    digest,
    policy,
    hostKey: stamped(own, loadedHost),
    signKey,
    certificate: stamped(parsed.value, loadedCertificate),
    identityKeys: identityKeysOf(keys),
    parameters: (scheme, group) => parametersOf(keys, scheme, group),
    identityNames: { old: keys.oldNames, own: [...new Set([keys.group, keys.hostName])] },
  };
  return { host, values: new HostValues(host), certificates: new CertificateStore(host.certificate) };
}
