/**
 * What `noonmark doctor` can find. An id is stable: scripts may rely on it. A problem is what keeps time from being right
 * or clients from having it, and comes with the one command or line that mends it.
 */
import type { BoardDefinition } from '../../../boards/board.js';
import type { Config } from '../../config/types.js';
import type { Snapshot } from '../../status/snapshot.js';
import type { Machine, User } from './machine.js';
import type { System } from './system.js';

export const FINDINGS = {
  'board-known': 'which board this is',
  'board-unknown': 'no definition fits this machine',
  'board-unverified': 'nobody has tried noonmark on this board',
  'board-quirk': 'a known weakness of this board',
  'board-smaller': 'processors or memory of this board are not in use',
  'node-old': 'this Node.js is too old',
  'config-missing': 'there is no configuration',
  'config-error': 'the configuration has a mistake',
  'config-ok': 'the configuration is in order',
  'keys-problem': 'keys or certificates are missing, bad or expired',
  'pps-ok': 'pulses come',
  'pps-no-kernel': 'this kernel has no PPS',
  'pps-no-device': 'nothing makes a PPS device',
  'pps-restart': 'the overlay is configured but not in force',
  'pps-no-edges': 'a PPS device without pulses',
  'uart-ok': 'the serial line is there and free',
  'uart-missing': 'the serial line of the receiver is not there',
  'uart-console': 'the kernel’s console is on the serial line',
  'uart-debug': 'the serial line is the debug connector’s, not the header’s',
  'uart-getty': 'a login prompt is on the serial line',
  'uart-bluetooth': 'Bluetooth has the serial line',
  'uart-mini': 'the serial line is the mini UART',
  'uart-held': 'another program has the serial line open',
  'device-rights': 'the daemon may not open a device',
  'gpio-ok': 'the GPIO line of the pulse may be read',
  'gpio-chip-missing': 'the chip behind the header is not there',
  'gpio-base': 'GPIO numbers of sysfs do not begin at 0',
  'gpio-sysfs': 'the pulse is read through the old interface',
  'rival-daemon': 'another program steers the clock',
  'port-taken': 'another program has UDP port 123',
  'clock-before-build': 'the clock shows a time before this program was made',
  'no-route': 'no network leads anywhere',
  'route-ok': 'there is a network',
  'daemon-not-running': 'noonmarkd does not run',
  'gps-no-fix': 'the receiver has no fix',
  'gps-antenna': 'the receiver says that its antenna is open or short',
  'gps-signals': 'the receiver says that its signals are jammed or false',
  'gps-settings': 'the receiver did not take all settings',
  'i2c-missing': 'an I2C bus that the configuration names is not there',
  'module-missing': 'a native module that the configuration wants does not load',
  'rtc-lost': 'the clock on battery has lost its time',
  'rtc-missing': 'the clock on battery that the configuration names, or that a hat has, is not there',
  'watchdog-off': 'the board has a hardware watchdog that nobody feeds',
  'not-synchronised': 'the daemon does not know the time',
  synchronised: 'the daemon knows the time',
} as const;

export type FindingId = keyof typeof FINDINGS;

export interface Finding {
  readonly id: FindingId;
  /** 'note': worth knowing, nothing to mend for time to be right */
  readonly level: 'ok' | 'note' | 'problem';
  /** a sentence for a person */
  readonly text: string;
  /** one command, or one line and where it goes; empty for what is well */
  readonly remedy: string;
}

export const well = (id: FindingId, text: string): Finding => ({ id, level: 'ok', text, remedy: '' });
export const note = (id: FindingId, text: string, remedy: string): Finding => ({
  ...{ id, level: 'note', text, remedy },
});
export const problem = (id: FindingId, text: string, remedy: string): Finding => ({
  ...{ id, level: 'problem', text, remedy },
});

/** What the checks look at. */
export interface Case {
  readonly machine: Machine;
  readonly board: BoardDefinition;
  /** what the machine calls itself */
  readonly model: string | undefined;
  /** where a person writes the configuration's lines: on a card not the file that noonmarkd reads */
  readonly configFile: string;
  /** undefined: it cannot be read */
  readonly config: Config | undefined;
  /** of the running daemon; undefined: it does not run */
  readonly status: Snapshot | undefined;
  /** who the daemon is, or will be */
  readonly user: User;
  readonly system: System;
}
