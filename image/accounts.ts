/**
 * Users and groups of the card, with numbers that stay: files on the state partition belong to them across updates. Pure.
 */

export interface Account {
  readonly name: string;
  readonly id: number;
  readonly home: string;
  /** further groups */
  readonly groups?: readonly string[];
}

/** Those that the packages of a card would make at installation (their sysusers.d), below the numbers of people. */
export const ACCOUNTS: readonly Account[] = [
  { name: 'noonmark', id: 900, home: '/var/lib/noonmark', groups: ['dialout', 'gpio', 'i2c'] },
  { name: 'systemd-network', id: 901, home: '/' },
  { name: 'systemd-resolve', id: 902, home: '/' },
  { name: 'sshd', id: 903, home: '/run/sshd' },
  { name: 'messagebus', id: 904, home: '/nonexistent' },
];

/** Groups without users, that Debian's udev rules and ours name. */
export const GROUPS: readonly { readonly name: string; readonly id: number }[] = [
  { name: 'gpio', id: 910 },
  { name: 'i2c', id: 911 },
  { name: 'input', id: 912 },
  { name: 'sgx', id: 913 },
  { name: 'clock', id: 914 },
  { name: 'kvm', id: 915 },
  { name: 'render', id: 916 },
  { name: 'systemd-journal', id: 917 },
];

/** Days since 1970 that shadow wants for "changed"; always the same. */
const CHANGED = 20000;

export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
  readonly shadow: string;
  readonly gshadow: string;
}

/** From Debian's masters (base-passwd) and ours. Nobody has a password; root can log in by key or at the screen. */
export function accountFiles(passwdMaster: string, groupMaster: string): AccountFiles {
  const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
  const passwd = [
    ...linesOf(passwdMaster).map((line) => line.replace(/^([^:]+):[^:]*:/, '$1:x:')),
    ...ACCOUNTS.map(({ name, id, home }) => `${name}:x:${id}:${id}::${home}:/usr/sbin/nologin`),
  ];
  const groups = [
    ...linesOf(groupMaster).map((line) => line.replace(/^([^:]+):[^:]*:/, '$1:x:')),
    ...ACCOUNTS.map(({ name, id }) => `${name}:x:${id}:`),
    ...GROUPS.map(({ name, id }) => `${name}:x:${id}:`),
  ].map((line) => {
    const [name = '', secret, id, listed = ''] = line.split(':');
    const members = ACCOUNTS.filter(({ groups: more }) => more?.includes(name) === true).map((a) => a.name);
    return [name, secret, id, [...listed.split(',').filter((n) => n !== ''), ...members].join(',')].join(':');
  });
  const nameOf = (line: string) => line.split(':', 1)[0] ?? '';
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  return {
    passwd: text(passwd),
    group: text(groups),
    shadow: text(passwd.map((line) => `${nameOf(line)}:*:${CHANGED}:0:99999:7:::`)),
    gshadow: text(groups.map((line) => `${nameOf(line)}:*::${line.split(':')[3] ?? ''}`)),
  };
}

/** Users and groups that sysusers.d files name and these files lack. `wanted`: the files' texts. Source: sysusers.d(5). */
export function missingAccounts(
  wanted: readonly string[],
  { passwd, group }: Pick<AccountFiles, 'passwd' | 'group'>,
): readonly string[] {
  const names = (text: string) => new Set(text.split('\n').map((line) => line.split(':', 1)[0]));
  const [users, groups] = [names(passwd), names(group)];
  const missing = wanted
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const [, type, name = ''] = /^([ug])!?\s+(\S+)/.exec(line) ?? [];
      if (type === 'u' && !users.has(name)) return [`user ${name}`];
      return type === 'g' && !groups.has(name) ? [`group ${name}`] : [];
    });
  return [...new Set(missing)];
}
