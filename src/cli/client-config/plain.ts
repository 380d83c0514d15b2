/**
 * What clients are told that cannot authenticate a server: their lines, and that they cannot. Pure.
 * Sources: timesyncd.conf(5); Microsoft's "Windows Time service tools and settings" (w32tm, flag 0x8: client mode).
 */
export const PLAIN_CLIENTS = ['systemd-timesyncd', 'windows'] as const;
export type PlainClient = (typeof PLAIN_CLIENTS)[number];

const UNAUTHENTICATED =
  'Not authenticated: whoever can forge packets in this network can set its clock. Where that matters, chrony in its place.';

const RECIPES: Readonly<Record<PlainClient, (address: string) => readonly string[]>> = {
  'systemd-timesyncd': (address) => [
    'in /etc/systemd/timesyncd.conf.d/noonmark.conf:',
    '',
    '  [Time]',
    `  NTP=${address}`,
    '',
    'then:',
    '',
    '  systemctl restart systemd-timesyncd && timedatectl timesync-status',
    '',
    UNAUTHENTICATED,
  ],
  windows: (address) => [
    'in a command prompt as administrator:',
    '',
    `  w32tm /config /manualpeerlist:"${address},0x8" /syncfromflags:manual /update`,
    '  net stop w32time & net start w32time',
    '  w32tm /resync',
    '  w32tm /query /status',
    '',
    'A member of a domain takes its time from the domain; there this is for the domain controller.',
    UNAUTHENTICATED.replace('chrony', 'ntpd for Windows with a symmetric key (as for ntpd-4.2.8p15)'),
  ],
};

/** Text for one kind of client, with a newline at the end. `address`: of the server, as the client asks it. */
export const plainRecipe = (kind: PlainClient, address: string, client?: string): string =>
  `# ${kind}${client === undefined ? '' : ` on ${client}`}, as a client of ${address}\n\n${RECIPES[kind](address).join('\n')}\n`;

export const isPlainClient = (kind: string): kind is PlainClient =>
  PLAIN_CLIENTS.some((known) => known === kind);
