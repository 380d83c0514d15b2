/**
 * The System V shared memory segments through which gpsd and others hand time to an NTP daemon (key "NTP0" + unit).
 * Owns the attachment and the ordering of single accesses; the protocol of counts and valid flags is the refclock's.
 * Every access is atomic and in program order (Atomics), so that it can stand for the fences of that protocol on ARM.
 * Source: ntpd's refclock_shm.c (struct shmTime), shmat(2).
 */
import { NoonmarkError } from '../../src/errors.js';
import { abi, type StructLayouts } from './abi.js';
import { ERRNO, errno, libc, memoryAt, syscallError } from './libc.js';

/** "NTP0" */
const BASE_KEY = 0x4e545030;
const IPC_CREAT = 0o1000;
const IPC_RMID = 0;

export interface SharedSegment {
  readonly unit: number;
  /** offsets of the fields */
  readonly at: StructLayouts['shmTime']['at'];
  /** seconds are 64 bits wide (read them with readSeconds) */
  readonly wideTime: boolean;
  readInt32(offset: number): number;
  writeInt32(offset: number, value: number): void;
  readUint32(offset: number): number;
  writeUint32(offset: number, value: number): void;
  /** a time_t, in the width of this segment */
  readSeconds(offset: number): bigint;
  writeSeconds(offset: number, value: bigint): void;
  /** After this every access throws. */
  detach(): void;
}

function findSegment(unit: number, create: boolean): { readonly id: number; readonly wide: boolean } {
  const { shmTime, shmTime32 } = abi().struct;
  // As ntpd: the first two are for programs of root, the others for everybody.
  const flags = create ? IPC_CREAT | (unit < 2 ? 0o600 : 0o666) : 0;
  const wide = libc().shmget(BASE_KEY + unit, shmTime.size, flags);
  if (wide >= 0) return { id: wide, wide: true };
  // EINVAL: there is one, and it is smaller: its owner was built with a 32-bit time_t.
  if (errno() === ERRNO.EINVAL) {
    const narrow = libc().shmget(BASE_KEY + unit, shmTime32.size, 0);
    if (narrow >= 0) return { id: narrow, wide: false };
  }
  throw refusal(unit, errno());
}

function refusal(unit: number, number: number): NoonmarkError {
  const what = `the shared memory segment NTP${unit} cannot be used`;
  if (number === ERRNO.ENOENT) {
    return syscallError(
      what,
      'shmget',
      number,
      'start the program that writes it (gpsd -n DEVICE)',
      'ERR_DEVICE',
    );
  }
  if (number === ERRNO.EACCES || number === ERRNO.EPERM) {
    return syscallError(
      what,
      'shmget',
      number,
      'units 0 and 1 belong to root: use unit 2 or above (gpsd writes those when it does not run as root), or SOCK',
      'ERR_PERMISSION',
    );
  }
  return syscallError(what, 'shmget', number, '`ipcs -m` shows what there is', 'ERR_DEVICE');
}

/** Attaches to a unit (0 .. 255), making it if asked to. Throws ERR_DEVICE or ERR_PERMISSION. */
export function attachShm(unit: number, create: boolean): SharedSegment {
  const { shmTime, shmTime32 } = abi().struct;
  const found = findSegment(unit, create);
  const layout = found.wide ? shmTime : shmTime32;
  const address = libc().shmat(found.id, null, 0);
  const failed = abi().wordSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  if (address === null || address === failed) throw refusal(unit, errno());
  return new Segment(unit, address, layout.size, layout.at, found.wide);
}

/** Removes a unit's segment once nobody is attached; quiet if there is none. For tests and repair. */
export function removeShm(unit: number): void {
  const id = libc().shmget(BASE_KEY + unit, 0, 0);
  if (id >= 0) libc().shmctl(id, IPC_RMID, null);
}

class Segment implements SharedSegment {
  readonly unit: number;
  readonly at: StructLayouts['shmTime']['at'];
  readonly wideTime: boolean;
  readonly #address: bigint;
  #words: Int32Array | undefined;

  constructor(
    unit: number,
    address: bigint,
    size: number,
    at: StructLayouts['shmTime']['at'],
    wideTime: boolean,
  ) {
    this.unit = unit;
    this.at = at;
    this.wideTime = wideTime;
    this.#address = address;
    this.#words = new Int32Array(memoryAt(address, size));
  }

  readInt32(offset: number): number {
    return Atomics.load(this.#memory(), offset / 4);
  }

  writeInt32(offset: number, value: number): void {
    Atomics.store(this.#memory(), offset / 4, value);
  }

  readUint32(offset: number): number {
    return this.readInt32(offset) >>> 0;
  }

  writeUint32(offset: number, value: number): void {
    this.writeInt32(offset, value | 0);
  }

  readSeconds(offset: number): bigint {
    if (!this.wideTime) return BigInt(this.readInt32(offset));
    return (BigInt(this.readInt32(offset + 4)) << 32n) | BigInt(this.readUint32(offset));
  }

  writeSeconds(offset: number, value: bigint): void {
    this.writeInt32(offset, Number(BigInt.asIntN(32, value)));
    if (this.wideTime) this.writeInt32(offset + 4, Number(BigInt.asIntN(32, value >> 32n)));
  }

  detach(): void {
    if (this.#words === undefined) return;
    // The memory is gone after shmdt: nothing may look at it again.
    this.#words = undefined;
    libc().shmdt(this.#address);
  }

  #memory(): Int32Array {
    if (this.#words !== undefined) return this.#words;
    throw new NoonmarkError(
      'ERR_DEVICE',
      `the shared memory segment NTP${this.unit} was let go`,
      'report this',
    );
  }
}
