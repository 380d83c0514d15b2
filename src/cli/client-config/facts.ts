/**
 * What a server offers its clients, drawn from its configuration and keys. Owns no words for people and reads no disk by
 * itself.
 */
import type { KeyMaterial } from '../../auth/mac.js';
import { isCipher } from '../../auth/mac.js';
import { parseCertificate } from '../../autokey/certificate/parse.js';
import type { KeyFolder } from '../../autokey/files/folder.js';
import { type LoadedKeys, loadKeys } from '../../autokey/files/load.js';
import { DEFAULT_KEYS_DIRECTORY, type Scheme } from '../../autokey/files/names.js';
import { groupOfSubject } from '../../autokey/keygen/make.js';
import { bitLength } from '../../autokey/powers/integers.js';
import type { Config } from '../../config/types.js';
import { NoonmarkError } from '../../errors.js';

/** The identity scheme a client checks the server by: an identity key's, the private certificate, or none (TC). */
export type OfferedScheme = Scheme | 'pc' | 'tc';

export interface AutokeyFacts {
  readonly hostName: string;
  readonly keysDirectory: string;
  readonly scheme: OfferedScheme;
  /** whose parameters clients need */
  readonly group: string;
  /** the group in certificates of this server (HOST@GROUP), which the reference wants in its clients' too */
  readonly subjectGroup: string | undefined;
  /** of the identity key; undefined: the scheme has none */
  readonly identityBits: number | undefined;
  /** `crypto digest`, which both sides must have alike; undefined: MD5 */
  readonly digest: string | undefined;
  readonly minimumBits: number;
}

export interface ServerFacts {
  /** undefined: no `crypto` line, or no keys that can be opened */
  readonly autokey: AutokeyFacts | undefined;
  /** why there is no Autokey though the configuration has `crypto` */
  readonly autokeyTrouble: string | undefined;
  readonly symmetric: KeyMaterial | undefined;
  readonly keysFile: string | undefined;
}

export interface FactsContext {
  /** the machine's name */
  readonly machine: string;
  /** seconds since 1900, not cut to 32 bits */
  readonly nowSeconds: number;
  readonly openFolder: (path: string) => KeyFolder;
  /** Throws NoonmarkError. */
  readonly loadKeys: (path: string) => readonly KeyMaterial[];
  /** which symmetric key; undefined: the first trusted AES-CMAC key */
  readonly keyId: number | undefined;
}

/** Throws NoonmarkError: ERR_FILE or ERR_PERMISSION for the keys file, ERR_USAGE for a key that is not in it. */
export function factsOf(config: Config, context: FactsContext): ServerFacts {
  const keys = cryptoKeys(config, context);
  const trouble = keys?.problems.find(({ severity }) => severity === 'error');
  return {
    autokey: keys === undefined ? undefined : autokeyFacts(config, keys),
    autokeyTrouble: trouble && `${trouble.file}:${trouble.line}: ${trouble.message}; ${trouble.remedy}`,
    symmetric: symmetricKey(config, context),
    keysFile: config.keysFile,
  };
}

function cryptoKeys({ crypto, keysDirectory }: Config, context: FactsContext): LoadedKeys | undefined {
  if (crypto === undefined) return undefined;
  return loadKeys(context.openFolder(keysDirectory ?? DEFAULT_KEYS_DIRECTORY), {
    hostName: crypto.host ?? context.machine,
    group: crypto.ident,
    password: crypto.pw ?? context.machine,
    nowSeconds: context.nowSeconds,
  });
}

function autokeyFacts({ crypto }: Config, keys: LoadedKeys): AutokeyFacts | undefined {
  const parsed = keys.certificate === undefined ? undefined : parseCertificate(keys.certificate.der);
  if (parsed?.ok !== true || keys.host === undefined) return undefined;
  const { isPrivate, subject } = parsed.value;
  const { gqKey, iffKey, mvKey, hostName, directory } = keys;
  // The order in which a client of ours and of the reference's takes them.
  const identity = iffKey
    ? ({ scheme: 'iff', owner: iffKey.owner, modulus: iffKey.value.p } as const)
    : gqKey
      ? ({ scheme: 'gq', owner: gqKey.owner, modulus: gqKey.value.n } as const)
      : mvKey && ({ scheme: 'mv', owner: mvKey.owner, modulus: mvKey.value.p } as const);
  const isIdentity = !isPrivate && identity !== undefined;
  return {
    ...{
      hostName,
      keysDirectory: directory,
      digest: crypto?.digest,
      minimumBits: crypto?.minimumBits ?? 1024,
    },
    scheme: isPrivate ? 'pc' : (identity?.scheme ?? 'tc'),
    group: isIdentity ? identity.owner : hostName,
    subjectGroup: groupOfSubject(subject),
    identityBits: isIdentity ? bitLength(identity.modulus) : undefined,
  };
}

function symmetricKey(
  { keysFile, trustedKeys }: Config,
  { keyId, loadKeys: load }: FactsContext,
): KeyMaterial | undefined {
  const keys = keysFile === undefined ? [] : load(keysFile);
  const trusted = keys.filter(({ id }) => trustedKeys.includes(id));
  if (keyId === undefined) return trusted.find(({ algorithm }) => isCipher(algorithm));
  const key = trusted.find(({ id }) => id === keyId);
  if (key !== undefined) return key;
  throw new NoonmarkError(
    'ERR_USAGE',
    `key ${keyId} is not among the trusted keys of ${keysFile ?? 'this server, which has no keys file'}`,
    trusted.length === 0 ? 'keys FILE and trustedkey ID in its ntp.conf' : `--key ${trusted[0]?.id}`,
  );
}
