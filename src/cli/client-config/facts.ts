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
import { exportParameters } from '../../autokey/keygen/exports.js';
import { groupOfSubject } from '../../autokey/keygen/make.js';
import { clientKeyFile, type Hand, type NewFile, withSubjects } from '../../autokey/keygen/new-file.js';
import { bitLength } from '../../autokey/powers/integers.js';
import type { Config } from '../../config/types.js';
import { NoonmarkError } from '../../errors.js';
import type { Random } from '../../ports/random.js';

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
  /** the file that a client checks the group by; undefined: the scheme has none, or another host has it */
  readonly parameters: string | undefined;
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
  /** numbers of the other trusted AES-CMAC keys, for other clients */
  readonly otherKeys: readonly number[];
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
  readonly random: Random;
  /** which symmetric key; undefined: the first trusted AES-CMAC key */
  readonly keyId: number | undefined;
  /** MV: which client's key, from 1 */
  readonly mvClient: number;
}

/**
 * Throws NoonmarkError: ERR_FILE or ERR_PERMISSION for the keys file, ERR_USAGE for a key that is not in it, ERR_KEYS for
 * a trusted agent's file that cannot be read.
 */
export function factsOf(config: Config, context: FactsContext): ServerFacts {
  const folder = context.openFolder(config.keysDirectory ?? DEFAULT_KEYS_DIRECTORY);
  const keys = cryptoKeys(config, context, folder);
  const trusted = trustedOf(config, context);
  const symmetric = symmetricKey(config, context, trusted);
  const trouble = keys?.problems.find(({ severity }) => severity === 'error');
  return {
    autokey: keys === undefined ? undefined : autokeyFacts(config, context, folder, keys),
    autokeyTrouble: trouble && `${trouble.file}:${trouble.line}: ${trouble.message}; ${trouble.remedy}`,
    symmetric,
    otherKeys: trusted.flatMap(({ id, algorithm }) =>
      isCipher(algorithm) && id !== symmetric?.id ? [id] : [],
    ),
    keysFile: config.keysFile,
  };
}

function cryptoKeys({ crypto }: Config, context: FactsContext, folder: KeyFolder): LoadedKeys | undefined {
  if (crypto === undefined) return undefined;
  return loadKeys(folder, {
    hostName: crypto.host ?? context.machine,
    group: crypto.ident,
    password: crypto.pw ?? context.machine,
    nowSeconds: context.nowSeconds,
  });
}

function autokeyFacts(
  { crypto }: Config,
  context: FactsContext,
  folder: KeyFolder,
  keys: LoadedKeys,
): AutokeyFacts | undefined {
  const parsed = keys.certificate === undefined ? undefined : parseCertificate(keys.certificate.der);
  if (parsed?.ok !== true || keys.host === undefined) return undefined;
  const { isPrivate, subject } = parsed.value;
  const { gqKey, iffKey, mvKey, hostName, directory } = keys;
  const hand = (filestamp: number): Hand => ({
    ...{ filestamp, password: undefined, cipher: 'aes-256-cbc', isForP15: false, random: context.random },
  });
  // The order in which a client of ours and of the reference's takes them.
  const identity: Identity | undefined = iffKey
    ? {
        ...{ scheme: 'iff', owner: iffKey.owner, modulus: iffKey.value.p },
        file: () =>
          clientKeyFile(hand(iffKey.filestamp), iffKey.owner, { scheme: 'iff', value: iffKey.value }, []),
      }
    : gqKey
      ? {
          ...{ scheme: 'gq', owner: gqKey.owner, modulus: gqKey.value.n },
          file: () =>
            clientKeyFile(hand(gqKey.filestamp), gqKey.owner, { scheme: 'gq', value: gqKey.value }, []),
        }
      : mvKey && {
          ...{ scheme: 'mv', owner: mvKey.owner, modulus: mvKey.value.p },
          file: () => mvFile(folder, hostName, mvKey.owner, hand(0), context, crypto?.pw),
        };
  const isIdentity = !isPrivate && identity !== undefined;
  const subjectGroup = groupOfSubject(subject);
  const plain = isIdentity ? identity.file() : undefined;
  const file =
    plain && subjectGroup !== undefined && subjectGroup === identity?.owner
      ? withSubjects(plain, subjectGroup)
      : plain;
  return {
    ...{
      hostName,
      keysDirectory: directory,
      digest: crypto?.digest,
      minimumBits: crypto?.minimumBits ?? 1024,
    },
    scheme: isPrivate ? 'pc' : (identity?.scheme ?? 'tc'),
    group: isIdentity ? identity.owner : hostName,
    subjectGroup,
    parameters: file?.text,
    identityBits: isIdentity ? bitLength(identity.modulus) : undefined,
  };
}

interface Identity {
  readonly scheme: Scheme;
  readonly owner: string;
  readonly modulus: bigint;
  readonly file: () => NewFile | undefined;
}

/** Only the trusted agent's file has clients' keys, and it need not be on this host. */
function mvFile(
  folder: KeyFolder,
  hostName: string,
  group: string,
  { cipher, isForP15, random }: Hand,
  { machine, mvClient }: FactsContext,
  password = machine,
): NewFile | undefined {
  const wish = { group, hostName, scheme: 'mv', password, subjects: false, mvClient } as const;
  return exportParameters(folder, { ...wish, cipher, isForP15, random })[0];
}

function trustedOf({ keysFile, trustedKeys }: Config, context: FactsContext): readonly KeyMaterial[] {
  const keys = keysFile === undefined ? [] : context.loadKeys(keysFile);
  return keys.filter(({ id }) => trustedKeys.includes(id));
}

function symmetricKey(
  { keysFile }: Config,
  { keyId }: FactsContext,
  trusted: readonly KeyMaterial[],
): KeyMaterial | undefined {
  if (keyId === undefined) return trusted.find(({ algorithm }) => isCipher(algorithm));
  const key = trusted.find(({ id }) => id === keyId);
  if (key !== undefined) return key;
  throw new NoonmarkError(
    'ERR_USAGE',
    `key ${keyId} is not among the trusted keys of ${keysFile ?? 'this server, which has no keys file'}`,
    trusted.length === 0 ? 'keys FILE and trustedkey ID in its ntp.conf' : `--key ${trusted[0]?.id}`,
  );
}
