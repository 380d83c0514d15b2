/** What the running daemon says of itself, and of its receiver. */
import { type Case, type Finding, problem, well } from '../finding.js';
import { program } from '../machine.js';
import { shellWord } from '../shell.js';

/** Ports below it are root's, or a service's that is given the right (CAP_NET_BIND_SERVICE). */
const FIRST_FREE_PORT = 1024;

/** `file`: the configuration that noonmarkd reads. */
export function checkService({ status, machine, config }: Case, file: string): readonly Finding[] {
  const needsRoot = config?.clock !== 'none' || config.port < FIRST_FREE_PORT;
  if (status === undefined)
    return [
      problem(
        'daemon-not-running',
        'noonmarkd does not run',
        ['/usr/lib', '/lib', '/etc'].some((folder) =>
          machine.exists(`${folder}/systemd/system/noonmarkd.service`),
        )
          ? 'sudo systemctl enable --now noonmarkd'
          : `${needsRoot ? 'sudo ' : ''}${program(machine, 'noonmarkd')} -c ${shellWord(file)}`,
      ),
    ];
  const noonmark = program(machine, 'noonmark');
  const findings: Finding[] = [];
  const fixes = status.sources.flatMap(({ clock }) => clock?.fix ?? []);
  if (fixes.length > 0 && fixes.every((fix) => fix === 'none'))
    findings.push(
      problem(
        'gps-no-fix',
        `the receiver speaks but has no fix (${status.receiver.satellites.length} satellites seen)`,
        `put the antenna where it sees the sky, and wait up to 15 minutes; "${noonmark} gps DEVICE" shows what it sees`,
      ),
    );
  findings.push(
    status.synchronised
      ? well('synchronised', `noonmarkd: ${status.summary}`)
      : problem(
          'not-synchronised',
          `noonmarkd does not know the time yet: ${status.summary.replace(/^not synchronised: /, '')}`,
          `${noonmark} status --watch`,
        ),
  );
  return findings;
}
