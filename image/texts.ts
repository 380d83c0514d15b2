/**
 * The small files that make a card out of Debian's packages. Pure: text from options.
 */
import { CLOCKS, type ClockId } from '../boards/clocks.js';
import type { HatDefinition } from '../boards/hats/hat.js';
import { raspberryPi } from '../boards/raspberry-pi.js';
import { NoonmarkError } from '../src/errors.js';

export const ROOT_LABEL = 'noonmark-root';
/** FAT knows capitals only. */
export const BOOT_LABEL = 'NOONMARK';

/**
 * What the firmware reads. It takes the device tree of its board by Debian's name (upstream_kernel), and those in the
 * partition have the overlays of board and hat in them already.
 * Source: https://www.raspberrypi.com/documentation/computers/config_txt.html
 */
export const configText = `# Read by the Raspberry Pi's firmware. noonmark's own settings are in noonmark.conf.
arm_64bit=1
upstream_kernel=1
kernel=kernel8.img
initramfs initrd.img followkernel
# The device trees here have pulse, UART and I2C of the hat in them; overlays of Raspberry Pi OS do not fit them.
enable_uart=0
disable_splash=1
`;

/** No console on a serial line: the header's UART is the receiver's. */
export const commandLine = `console=tty0 root=LABEL=${ROOT_LABEL} ro rootwait net.ifnames=0 panic=10 loglevel=4\n`;

export const fstab = `# The state partition is mounted before systemd starts: /usr/lib/noonmark-card/init.
LABEL=${ROOT_LABEL} / ext4 ro,noatime 0 0
LABEL=${BOOT_LABEL} /boot/firmware vfat ro,noatime,nofail,umask=0077 0 0
tmpfs /var/log tmpfs nosuid,nodev,noexec,size=32M,mode=0755 0 0
tmpfs /var/tmp tmpfs nosuid,nodev,size=32M,mode=1777 0 0
`;

export function hostsText(hostname: string): string {
  return `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost ip6-localhost ip6-loopback\n`;
}

/** One label of a DNS name. Throws ERR_USAGE. */
export function checkHostname(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new NoonmarkError(
    'ERR_USAGE',
    `'${name}' cannot be a host's name`,
    '--hostname takes lower-case letters, digits and hyphens, e.g. noonmark',
  );
}

/** An interface that takes its address from DHCP and answers for NAME.local. `metric`: the lower is preferred. */
export function networkText(match: string, metric: number): string {
  return `[Match]
${match}

[Network]
DHCP=yes
MulticastDNS=yes
LinkLocalAddressing=yes

[DHCPv4]
UseNTP=no
RouteMetric=${metric}

[DHCPv6]
UseNTP=no
`;
}

const RECEIVER = /^refclock gps device \/dev\/gps0$/m;
const CLOCK = /^clock system$/m;
const AUTHENTICATION = /^# --- Authenticated time ---\n(?:.*\n)*?(?=# --- )/m;

/** What is on the card: for people, for those who look for known faults, and what it was made for, for `noonmark doctor`. */
export function manifestText(
  { boards, hat, rtc, hostname }: ManifestHead,
  /** NAME VERSION SHA256 */
  packages: readonly string[],
): string {
  const names = boards.map(({ id }) => id).join(' ');
  const clock = rtc === undefined ? [] : [`rtc ${rtc}`];
  const head = [`boards ${names}`, `hat ${hat.id}`, ...clock, `hostname ${hostname}`];
  return [...head, ...packages, ''].join('\n');
}

interface ManifestHead {
  readonly boards: readonly { readonly id: string }[];
  readonly hat: { readonly id: string };
  readonly rtc: string | undefined;
  readonly hostname: string;
}

/** Without power a receiver forgets its `speed`, and is listened for at that of the factory next. */
const receiverWords = ({ receiverOptions, factoryBaud }: HatDefinition): string =>
  factoryBaud !== undefined && /\bspeed\b/.test(receiverOptions)
    ? `${receiverOptions} baud ${factoryBaud}`
    : receiverOptions;

const ddcText = ({ ddcAddress }: HatDefinition): string =>
  ddcAddress === undefined
    ? ''
    : `\n# It answers on the I2C bus as well, at 0x${ddcAddress.toString(16)}: "refclock gps device /dev/i2c-${raspberryPi.i2cBus}".`;

/** Its line, where no kernel driver serves it; the bus has its number from boards/overlays/i2c-header.dts. */
function clockLines(id: ClockId | undefined): string {
  if (id === undefined || CLOCKS[id].hasKernelDriver) return '';
  return `
# The clock on battery: the time at the start, before any satellite. An ${CLOCKS[id].name}, for which this kernel has no driver.
rtc i2c-1 ${id}`;
}

/**
 * The card's configuration from the package's: with what the hat's receiver is set to, the line of its pulse, the clock on
 * battery (the hat's, or `rtc` beside it), and the keys of the first boot, whose password is in a file of its own that only
 * the service can read. Throws when the package's file has no such parts.
 */
export function cardConfiguration(packaged: string, hat: HatDefinition, rtc?: ClockId): string {
  if (!AUTHENTICATION.test(packaged)) throw new Error('packaging/ntp.conf has no part on authenticated time');
  if (!RECEIVER.test(packaged)) throw new Error('packaging/ntp.conf has no receiver');
  if (!CLOCK.test(packaged)) throw new Error('packaging/ntp.conf sets no clock');
  const text = packaged
    .replace(CLOCK, (line) => line + clockLines(rtc ?? hat.rtc))
    .replace(RECEIVER, (line) => `${`${line} ${receiverWords(hat)}`.trimEnd()}${ddcText(hat)}`)
    .replace('refclock pps gpio 18', `refclock pps gpio ${hat.pps.gpio}`);
  return `# Edit this file on any computer: it is on the card's first partition. At the next start a changed file is taken
# over if "noonmark check" finds no mistake in it; else its mistakes are shown on the screen and the old one stays.
# This card was made for: ${hat.name}.
#
${text.replace(
  AUTHENTICATION,
  `# --- Authenticated time ---

# Keys made at the first boot: AES-CMAC keys (21 to 30) and an Autokey group. "noonmark client-config HOST", over SSH or
# on the screen, prints what the client HOST needs, secrets with it.
includefile /etc/noonmark/authentication.conf

`,
)}`;
}
