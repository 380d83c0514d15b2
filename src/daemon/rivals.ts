/**
 * Which other programs on this machine are known to steer clocks. Reads /proc; used only to name a culprit.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names as in /proc/PID/comm (15 characters), and what to do about each. */
const RIVALS: Readonly<Record<string, string>> = {
  'systemd-timesyn': 'systemd-timesyncd: systemctl disable --now systemd-timesyncd',
  chronyd: 'chronyd: systemctl disable --now chrony',
  ntpd: 'ntpd: systemctl disable --now ntp ntpsec openntpd',
  'ntp-daemon': 'ntpd-rs: systemctl disable --now ntpd-rs',
  phc2sys: 'phc2sys: stop it, or let it steer another clock',
  ptp4l: 'ptp4l: give it free_running 1',
  timemaster: 'timemaster: systemctl disable --now timemaster',
};

/** One phrase each, for a log line; empty when none is found. `proc`: default /proc. */
export function findRivals(proc = '/proc'): readonly string[] {
  const found = new Set<string>();
  try {
    for (const entry of readdirSync(proc)) {
      if (!/^\d+$/.test(entry)) continue;
      const name = commOf(join(proc, entry, 'comm'));
      const advice = RIVALS[name];
      if (advice !== undefined) found.add(advice);
    }
  } catch {
    // Without /proc nobody can be named.
  }
  return [...found];
}

function commOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
