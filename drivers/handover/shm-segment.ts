/**
 * The port SharedSegment over an NTP shared memory segment of this machine. Owns opening and closing only.
 */

import { NoonmarkError } from '../../src/errors.js';
import type { SharedSegment } from '../../src/ports/shared-segment.js';
import type { SharedSegment as Attached } from '../linux/shm.js';
import { attachShm } from '../linux/shm.js';

/** `unit` 0 .. 255; created when it does not exist. */
export function shmSegment(unit: number): SharedSegment {
  let attached: Attached | undefined;
  const open = (): Attached => {
    if (attached !== undefined) return attached;
    throw new NoonmarkError(
      'ERR_DEVICE',
      `shared memory NTP${unit} is not attached`,
      'this is a bug: report it',
    );
  };
  return {
    name: `NTP${unit} (shared memory 0x${(0x4e545030 + unit).toString(16)})`,
    get timeBits() {
      return attached === undefined || attached.wideTime ? 64 : 32;
    },
    open() {
      attached ??= attachShm(unit, true);
    },
    readInt32: (offset) => open().readInt32(offset),
    writeInt32: (offset, value) => open().writeInt32(offset, value),
    readInt64: (offset) => open().readSeconds(offset),
    close() {
      attached?.detach();
      attached = undefined;
    },
  };
}
