/** May the daemon's user open a device? By owner, group and mode, as the kernel would decide for it. */
import { type Case, type Finding, problem } from '../finding.js';
import { mayUse } from '../machine.js';

/** `group`: which members of it may open such devices. */
export function rightsFinding(on: Case, path: string, group: string): Finding | undefined {
  if (mayUse(on.machine, path, on.user) !== false) return undefined;
  const { name } = on.user;
  return problem(
    'device-rights',
    `the user ${name} may not open ${path}`,
    name === 'noonmark'
      ? 'sudo udevadm trigger (the rules of the package give the rights)'
      : `sudo usermod -aG ${group} ${name}, then log in anew`,
  );
}
