/**
 * Which other programs on this machine are known to steer clocks. Used only to name a culprit. Reads /proc, where other
 * users' processes may be hidden from the service (ProtectProc=), and therefore the control groups of units as well.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Rival {
  /** as in /proc/PID/comm (15 characters) */
  readonly comm: string;
  readonly units: readonly string[];
  /** what to do about it, in words */
  readonly advice: string;
}

const RIVALS: readonly Rival[] = [
  {
    comm: 'systemd-timesyn',
    units: ['systemd-timesyncd'],
    advice: 'systemd-timesyncd: systemctl disable --now systemd-timesyncd',
  },
  { comm: 'chronyd', units: ['chrony', 'chronyd'], advice: 'chronyd: systemctl disable --now chrony' },
  {
    comm: 'ntpd',
    units: ['ntp', 'ntpd', 'ntpsec', 'openntpd'],
    advice: 'ntpd: systemctl disable --now ntp ntpsec openntpd',
  },
  { comm: 'ntp-daemon', units: ['ntpd-rs'], advice: 'ntpd-rs: systemctl disable --now ntpd-rs' },
  { comm: 'phc2sys', units: ['phc2sys'], advice: 'phc2sys: stop it, or let it steer another clock' },
  { comm: 'ptp4l', units: ['ptp4l'], advice: 'ptp4l: give it free_running 1' },
  {
    comm: 'timemaster',
    units: ['timemaster'],
    advice: 'timemaster: systemctl disable --now timemaster',
  },
];

/** One phrase each, for a log line; empty when none is found. `root`: where /proc and /sys are, default the real ones. */
export function findRivals(root = '/'): readonly string[] {
  const running = runningCommands(join(root, 'proc'));
  const slice = join(root, 'sys/fs/cgroup/system.slice');
  return RIVALS.filter(
    ({ comm, units }) =>
      running.has(comm) ||
      units.some((unit) => /^populated 1$/m.test(textOf(join(slice, `${unit}.service`, 'cgroup.events')))),
  ).map(({ advice }) => advice);
}

function runningCommands(proc: string): ReadonlySet<string> {
  try {
    const processes = readdirSync(proc).filter((entry) => /^\d+$/.test(entry));
    return new Set(processes.map((entry) => textOf(join(proc, entry, 'comm')).trim()));
  } catch {
    return new Set();
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
