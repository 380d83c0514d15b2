/**
 * The keys of the peer tests, and each daemon's way of writing them down.
 * Sources: ntp.keys(5) of ntpd 4.2.8p15 and of ntpsec 1.2, chrony.conf(5) "keyfile".
 */
export interface TestKey {
  readonly id: number;
  readonly algorithm: 'MD5' | 'SHA1' | 'AES-128-CMAC';
  readonly hex: string;
}

export const KEYS = {
  md5: { id: 11, algorithm: 'MD5', hex: '5e1f7a09c3d24b6880914cdd3be6f702' },
  sha1: { id: 12, algorithm: 'SHA1', hex: '91c3a4d07fe2b65508ad13c97e46fb20d9a80c51' },
  cmac: { id: 13, algorithm: 'AES-128-CMAC', hex: '0c8e5b3fa1d7426e93b0ff184d2ac765' },
} as const satisfies Record<string, TestKey>;

/** The SHA-1 key's number with another secret. */
export const WRONG_KEY: TestKey = { ...KEYS.sha1, hex: '0000000000000000000000000000000000000001' };

const NAMES = {
  MD5: { ntpd: 'MD5', ntpsec: 'MD5', chrony: 'MD5' },
  SHA1: { ntpd: 'SHA1', ntpsec: 'SHA1', chrony: 'SHA1' },
  'AES-128-CMAC': { ntpd: 'AES128CMAC', ntpsec: 'AES', chrony: 'AES128' },
} as const;

export type Dialect = 'ntpd' | 'ntpsec' | 'chrony';

/** The text of a keys file. */
export const keysFile = (dialect: Dialect, keys: readonly TestKey[]): string =>
  keys
    .map(
      ({ id, algorithm, hex }) =>
        `${id} ${NAMES[algorithm][dialect]} ${dialect === 'chrony' ? 'HEX:' : ''}${hex}\n`,
    )
    .join('');
