/** Hosts for dances in tests: made of the recorded cases' keys, or of fresh ones. */
import { CertificateStore } from '../../src/autokey/dance/certificate-store.js';
import { type DanceHost, type Filestamped, HostValues } from '../../src/autokey/dance/host.js';
import type { SessionDigest } from '../../src/autokey/digest.js';
import type { IdentityKey, IdentityParameters, IdentityScheme } from '../../src/autokey/identity/scheme.js';
import { type KeyPolicy, keyPolicy } from '../../src/autokey/policy.js';
import type { CaseHost } from './autokey-case.js';
import { makeCertificate, TEST_TIME, TRUST_ROOT, testKey } from './certificates.js';

/** Takes the reference's keys of 512 bits. */
export const ANY_KEY: KeyPolicy = keyPolicy(512, 'MD4');

const NO_OLD_NAMES: DanceHost['identityNames'] = { old: new Set(), own: [] };

export interface DanceEnd {
  readonly host: DanceHost;
  readonly values: HostValues;
  readonly certificates: CertificateStore;
}

const endOf = (host: DanceHost): DanceEnd => ({
  host,
  values: new HostValues(host),
  certificates: new CertificateStore(host.certificate),
});

/** A recorded host with its filestamp (host key and certificate of one run of ntp-keygen). */
export const recordedEnd = (
  { key, certificate }: CaseHost,
  filestamp: number,
  digest: SessionDigest,
  identityKeys: DanceHost['identityKeys'] = new Map(),
  parameters: DanceHost['parameters'] = () => undefined,
): DanceEnd =>
  endOf({
    digest,
    hostKey: { value: key, filestamp },
    signKey: key,
    certificate: { value: certificate, filestamp },
    identityKeys,
    parameters,
    identityNames: NO_OLD_NAMES,
    policy: ANY_KEY,
  });

export interface EndWish {
  readonly name: string;
  readonly trusted?: boolean;
  readonly identityKeys?: ReadonlyMap<IdentityScheme, Filestamped<IdentityKey>>;
  readonly parameters?: ReadonlyMap<string, Filestamped<IdentityParameters>>;
  readonly gqValue?: Uint8Array;
  readonly notAfter?: number;
  readonly usages?: readonly string[];
  readonly digest?: SessionDigest;
  readonly policy?: KeyPolicy;
  readonly identityNames?: DanceHost['identityNames'];
  readonly keyName?: string;
}

/** A host with fresh keys; `parameters` by `scheme group`. */
export function freshEnd(wish: EndWish): DanceEnd {
  const { name, trusted = false, identityKeys = new Map(), parameters = new Map(), gqValue } = wish;
  const { key } = testKey(wish.keyName ?? name);
  const certificate = makeCertificate({
    ...{ subject: name, issuer: name, publicDer: key.publicDer, signedBy: key },
    usages: wish.usages ?? (trusted ? [TRUST_ROOT] : []),
    ...(gqValue === undefined ? {} : { gqValue }),
    ...(wish.notAfter === undefined ? {} : { notAfter: wish.notAfter }),
  });
  return endOf({
    digest: wish.digest ?? 'MD5',
    hostKey: { value: key, filestamp: TEST_TIME },
    signKey: key,
    certificate: { value: certificate, filestamp: TEST_TIME },
    identityKeys,
    parameters: (scheme, group) => parameters.get(`${scheme} ${group}`),
    identityNames: wish.identityNames ?? NO_OLD_NAMES,
    policy: wish.policy ?? keyPolicy(1024, 'SHA1'),
  });
}
