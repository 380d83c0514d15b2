/**
 * The machine that `noonmark doctor` looks at: its files below a root folder, its time, and the daemon on it. The real one
 * is the root "/", tests make folders up. Reads only; knows nothing of what is good or bad.
 */
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { I2cAnswer } from '../../../drivers/i2c/probe.js';
import type { OptionalModule } from '../../../drivers/optional-module.js';
import type { Snapshot } from '../../status/snapshot.js';
import { shellWord } from './shell.js';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly number[];
}

export interface Machine {
  /** text of a file; undefined: it cannot be read */
  read(path: string): string | undefined;
  /** names in a folder; none when it cannot be read */
  list(path: string): readonly string[];
  exists(path: string): boolean;
  /** the path with all links followed; undefined: there is nothing */
  real(path: string): string | undefined;
  rights(path: string): Pick<Stats, 'mode' | 'uid' | 'gid'> | undefined;
  /** where the root is, for readers of files that take paths themselves */
  readonly root: string;
  readonly nowNs: bigint;
  /** when this program was made, Unix ns */
  readonly builtAtNs: bigint;
  /** the checkout that this program runs from; undefined: a package put it in its place */
  readonly checkout: string | undefined;
  /** who asks */
  readonly self: User;
  /** what node calls the processor */
  readonly architecture: string;
  readonly nodeVersion: string;
  /** the file of the Node.js that runs this */
  readonly nodeFile: string;
  wait(seconds: number): Promise<void>;
  /** Loads a module that an installation may do without. Throws ERR_OPTIONAL_MODULE. */
  load(module: OptionalModule): unknown;
  /** Whether a device is at that address of /dev/i2c-N. */
  probe(bus: number, address: number): I2cAnswer;
  /** of the running daemon; undefined: none answers */
  status(): Promise<Snapshot | undefined>;
}

export type MachineParts = Pick<
  Machine,
  | 'architecture'
  | 'builtAtNs'
  | 'checkout'
  | 'load'
  | 'nodeFile'
  | 'nodeVersion'
  | 'nowNs'
  | 'probe'
  | 'root'
  | 'self'
  | 'status'
  | 'wait'
>;

export function folderMachine(parts: MachineParts): Machine {
  const { root } = parts;
  const at = (path: string) => join(root, path);
  const attempt = <T>(action: () => T): T | undefined => {
    try {
      return action();
    } catch {
      return undefined;
    }
  };
  const base = attempt(() => realpathSync(root)) ?? root;
  return {
    ...parts,
    read: (path) => attempt(() => readFileSync(at(path), 'utf8')),
    list: (path) => attempt(() => readdirSync(at(path))) ?? [],
    exists: (path) => attempt(() => statSync(at(path))) !== undefined,
    real: (path) => {
      const found = attempt(() => realpathSync(at(path)));
      return found === undefined || base === '/' ? found : found.slice(base.length);
    },
    rights: (path) => attempt(() => statSync(at(path))),
  };
}

/** What packages put into one folder, and the folder of a checkout that has it. */
const SHARED = { 'ntp.conf': 'packaging', 'hardware-watchdog.conf': 'systemd', overlays: 'boards' } as const;

/** Where it is on this machine, as a shell takes it. */
export const sharedFile = ({ checkout }: Machine, name: keyof typeof SHARED): string =>
  checkout === undefined ? `/usr/share/noonmark/${name}` : shellWord(join(checkout, SHARED[name], name));

/**
 * How one of our programs is called here: a checkout's are in nobody's PATH, and a Node.js that its user installed (nvm,
 * fnm) is not in sudo's.
 */
export const program = ({ checkout, nodeFile }: Machine, name: 'noonmark' | 'noonmarkd'): string =>
  checkout === undefined
    ? name
    : [nodeFile, join(checkout, 'dist/src', name === 'noonmark' ? 'cli' : 'daemon', 'main.js')]
        .map(shellWord)
        .join(' ');

/** A user of the machine as /etc/passwd and /etc/group have it. */
export function userNamed(machine: Machine, name: string): User | undefined {
  const fields = (file: string) => (machine.read(file) ?? '').split('\n').map((line) => line.split(':'));
  const entry = fields('/etc/passwd').find(([first]) => first === name);
  if (entry === undefined) return undefined;
  const joined = fields('/etc/group').filter(([, , , members = '']) => members.split(',').includes(name));
  return {
    name,
    uid: Number(entry[2]),
    groups: [Number(entry[3]), ...joined.map(([, , gid]) => Number(gid))],
  };
}

/** May that user read and write it, by owner, group and mode? Undefined: there is no such file. */
export function mayUse(machine: Machine, path: string, user: User): boolean | undefined {
  const rights = machine.rights(path);
  if (rights === undefined) return undefined;
  if (user.uid === 0) return true;
  const { mode, uid, gid } = rights;
  const shift = uid === user.uid ? 6 : user.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & 0o6) === 0o6;
}

/** A string of the device tree, without its NUL. */
export const treeText = (machine: Machine, path: string): string | undefined =>
  machine.read(`/sys/firmware/devicetree/base/${path}`)?.replaceAll('\0', '');
