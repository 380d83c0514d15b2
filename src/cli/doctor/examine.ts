/**
 * `noonmark doctor` without its printing: looks at a machine and answers what it finds, in the order in which time comes
 * about. Changes nothing.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { detectBoard, resolveBoard } from '../../../boards/detect.js';
import { loadConfig } from '../../config/load.js';
import type { ReadResult } from '../../config/read.js';
import { NoonmarkError } from '../../errors.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../units/time.js';
import { boardProblems } from '../board-problem.js';
import { autokeyProblems, keyProblems } from '../key-problems.js';
import { checkBattery } from './checks/battery.js';
import { checkConfiguration } from './checks/configuration.js';
import { checkBoard, checkClock, checkNetwork } from './checks/host.js';
import { checkPulse } from './checks/pulse.js';
import { checkReceiver } from './checks/receiver.js';
import { checkSerial } from './checks/serial.js';
import { checkService } from './checks/service.js';
import type { Case, Finding } from './finding.js';
import { type Machine, program, sharedFile, userNamed } from './machine.js';
import { shellWord } from './shell.js';
import { isCardsOwn, type System, systemOf, writtenTo } from './system.js';

export async function examine(machine: Machine, configFile: string): Promise<readonly Finding[]> {
  const system = systemOf(machine);
  const read = attemptConfig(machine, system, configFile);
  const config = 'result' in read ? read.result.config : undefined;
  const deviceTree = '/sys/firmware/devicetree/base';
  const options = { deviceTree, read: (path: string) => machine.read(path) };
  const detected = detectBoard(options);
  const named = config?.board === undefined || config.board === 'auto' ? undefined : config.board;
  const on: Case = {
    machine,
    board: named === undefined ? detected.board : boardNamed(named, detected.board),
    model: detected.model,
    configFile: writtenTo(system, configFile),
    config,
    status: await machine.status(),
    user: userNamed(machine, 'noonmark') ?? machine.self,
    system,
  };
  const configuration = checkConfiguration(on, configFile, {
    unreadable: 'result' in read ? undefined : read,
    problems: 'result' in read ? [...read.result.problems, ...boardProblems(read.result)] : [],
    keyProblems:
      'result' in read
        ? [
            ...keyProblems(read.result),
            ...autokeyProblems(
              read.result,
              hostname(),
              Number(machine.nowNs / 1_000_000_000n + NTP_UNIX_OFFSET_SECONDS),
            ),
          ]
        : [],
  });
  return [
    ...checkBoard(on),
    ...checkClock(on),
    ...configuration,
    ...checkSerial(on),
    ...(await checkPulse(on)),
    ...checkReceiver(on),
    ...checkBattery(on),
    ...checkNetwork(on),
    ...checkService(on, configFile),
  ];
}

/** A board that does not exist is the configuration's mistake, and found there. */
function boardNamed(name: string, otherwise: Case['board']): Case['board'] {
  try {
    return resolveBoard(name).board;
  } catch {
    return otherwise;
  }
}

function attemptConfig(
  machine: Machine,
  system: System,
  file: string,
): { readonly result: ReadResult } | { readonly text: string; readonly remedy: string } {
  try {
    return { result: loadConfig(machine.root === '/' ? file : join(machine.root, file)) };
  } catch (error) {
    if (!(error instanceof NoonmarkError)) throw error;
    const doctor = `${program(machine, 'noonmark')} doctor`;
    if (error.code !== 'ERR_FILE') return { text: error.message, remedy: `sudo ${doctor}` };
    const remedy = isCardsOwn(system, file)
      ? 'restart, and the card puts it back: sudo reboot'
      : `sudo install -D -m 644 ${sharedFile(machine, 'ntp.conf')} ${shellWord(file)}, or name another: ${doctor} -c FILE`;
    return { text: error.message, remedy };
  }
}
