/** The machine itself: which board, Node.js, its clock, its network, and who else wants clock or port. */
import { findRivals } from '../../../clock/rivals.js';
import { type Case, type Finding, note, problem, well } from '../finding.js';
import type { Machine } from '../machine.js';
import { isConfigured } from '../system.js';

/** Firmware and kernel keep some for themselves, as on a Zero 2 W 60 of 512 MiB. */
const LEAST_MEMORY = 0.75;
const LEAST_NODE = [20, 19] as const;

export function checkBoard(on: Case): readonly Finding[] {
  const { board, model, machine } = on;
  const release = machine.read('/proc/sys/kernel/osrelease')?.trim() ?? 'an unknown kernel';
  const here = `Linux ${release} on ${machine.architecture}, Node.js ${machine.nodeVersion}`;
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const old = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  const findings =
    board.id === 'generic'
      ? [
          note(
            'board-unknown',
            `${model === undefined ? 'a machine without a device tree' : `"${model}", which noonmark does not know`}; ${here}`,
            'name devices in full in the configuration: "refclock gps device PATH" and "refclock pps device PATH"',
          ),
        ]
      : [well('board-known', `${model ?? board.name} (board ${board.id}); ${here}`)];
  if (board.models.length > 0 && board.verifiedAgainst.against === 'none')
    findings.push(
      note(
        'board-unverified',
        `nobody has tried noonmark on this board: ${board.verifiedAgainst.note}`,
        'report what works and what does not',
      ),
    );
  findings.push(
    ...board.quirks
      .filter(({ staysOnCard }) => staysOnCard === undefined || on.system.kind !== 'card')
      .filter(({ mendedBy }) => mendedBy === undefined || !isMended(on, mendedBy))
      .map(({ text, remedy, link }) => note('board-quirk', text, `${remedy} (${link})`)),
  );
  findings.push(...smallerFindings(board, machine));
  if (old)
    findings.push(
      problem(
        'node-old',
        `Node.js ${machine.nodeVersion} is too old`,
        `install ${LEAST_NODE.join('.')} or newer (Debian 13: sudo apt install nodejs)`,
      ),
    );
  return findings;
}

const isMended = (on: Case, word: string): boolean =>
  isConfigured(on, word) || (on.machine.read('/proc/cmdline') ?? '').split(/\s+/).includes(word);

/** What the definition's budgets count on, and somebody has switched off. */
function smallerFindings({ cores, memoryMegabytes }: Case['board'], machine: Machine): readonly Finding[] {
  const findings: Finding[] = [];
  // As "0-3" or "0,2-3".
  const online = machine.read('/sys/devices/system/cpu/online')?.trim();
  const on = (online ?? '')
    .split(',')
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
  if (cores !== undefined && online !== undefined && on < cores)
    findings.push(
      note(
        'board-smaller',
        `only ${on} of this board's ${cores} processors are on: clients wait while keys are worked with`,
        'take "maxcpus=" or "nr_cpus=" out of the kernel\'s command line and restart',
      ),
    );
  const kilobytes = /^MemTotal: +(\d+) kB$/m.exec(machine.read('/proc/meminfo') ?? '')?.[1];
  const megabytes = Math.round(Number(kilobytes ?? Number.NaN) / 1024);
  if (memoryMegabytes !== undefined && megabytes < LEAST_MEMORY * memoryMegabytes)
    findings.push(
      note(
        'board-smaller',
        `Linux has ${megabytes} MiB of memory, where this board is counted on to have ${memoryMegabytes}`,
        'take "total_mem=" or a large "gpu_mem=" out of config.txt, or "mem=" out of the kernel\'s command line, and restart',
      ),
    );
  return findings;
}

export function checkClock({ machine, config }: Case): readonly Finding[] {
  const findings: Finding[] = [];
  if (machine.nowNs < machine.builtAtNs)
    findings.push(
      problem(
        'clock-before-build',
        `the clock shows ${day(machine.nowNs)}, before this program was made (${day(machine.builtAtNs)})`,
        'nothing if a receiver is connected, noonmark sets it at the first fix; else: sudo date -s "YYYY-MM-DD HH:MM"',
      ),
    );
  if (config?.clock === 'none' || config?.clock === 'simulated') return findings;
  for (const rival of findRivals(machine.root)) {
    const [name = '', ...remedy] = rival.split(': ');
    findings.push(
      problem('rival-daemon', `${name} steers the clock of this machine as well`, sudo(remedy.join(': '))),
    );
  }
  return findings;
}

const sudo = (command: string) => (command.startsWith('systemctl') ? `sudo ${command}` : command);
const day = (ns: bigint) => new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 10);

/** A network that leads to others: a route by an interface that is not the loopback. */
export function checkNetwork({ machine, status, config }: Case): readonly Finding[] {
  if (config?.clock === 'simulated') return [];
  const four = (machine.read('/proc/net/route') ?? '').split('\n').slice(1);
  const six = (machine.read('/proc/net/ipv6_route') ?? '').split('\n');
  const ways = new Set(
    [
      ...four.map((line) => line.split('\t')[0] ?? ''),
      // Link-local (fe80::/10) and multicast (ff00::/8) routes are there without any network.
      ...six.filter((line) => !/^(fe[89ab]|ff)/.test(line)).map((line) => line.trim().split(/\s+/)[9] ?? ''),
    ].filter((name) => name !== '' && name !== 'lo' && machine.exists(`/sys/class/net/${name}`)),
  );
  const up = [...ways].filter((name) => machine.read(`/sys/class/net/${name}/carrier`)?.trim() !== '0');
  const findings: Finding[] =
    up.length > 0
      ? [well('route-ok', `there is a network by ${up.join(', ')}`)]
      : [
          problem(
            'no-route',
            ways.size > 0
              ? `no signal on ${[...ways].join(', ')}: nobody can ask for the time`
              : 'this machine has no route to any network: nobody can ask for the time',
            ways.size > 0 ? 'plug the cable in' : 'connect it, and see "ip address" for one of the LAN',
          ),
        ];
  const port = config?.port ?? 123;
  if (status === undefined && portIsTaken(machine.read('/proc/net/udp') ?? '', port))
    findings.push(
      problem(
        'port-taken',
        `noonmarkd does not run, but another program has UDP port ${port}`,
        `see who: sudo ss -ulpn "sport = :${port}", and stop that`,
      ),
    );
  return findings;
}

/** Lines of /proc/net/udp: "  12: 00000000:007B 00000000:0000 07 …" */
const portIsTaken = (table: string, port: number): boolean =>
  table
    .split('\n')
    .some((line) => Number.parseInt(line.trim().split(/\s+/)[1]?.split(':')[1] ?? '', 16) === port);
