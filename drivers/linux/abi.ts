/**
 * The kernel's and libc's structs and numbers that noonmark uses, once, for x64, arm64 and 32-bit ARM.
 * Owns the table and the choice by architecture; reads no memory and calls nothing.
 * Time is 64 bits wide everywhere: on 32-bit ARM through glibc's 64-bit-time symbols (time64), whose `struct timex`
 * and `struct timespec` then have the offsets of the 64-bit machines.
 * Sources: Linux UAPI headers (linux/timex.h, pps.h, gpio.h, net_tstamp.h, errqueue.h, asm-generic/socket.h, ioctl.h),
 * glibc's struct_timespec.h and __timex64, RFC 2783.
 */
import { NoonmarkError } from '../../src/errors.js';
import { alignUp, type DataModel, type Layouts, layOut } from './layout.js';

export const STRUCTS = {
  timespec: { sec: 'i64', nsec: 'long' },
  timex: {
    modes: 'u32',
    offset: 'i64',
    freq: 'i64',
    maxerror: 'i64',
    esterror: 'i64',
    status: 'i32',
    constant: 'i64',
    precision: 'i64',
    tolerance: 'i64',
    timeSec: 'i64',
    timeUsec: 'i64',
    tick: 'i64',
    ppsfreq: 'i64',
    jitter: 'i64',
    shift: 'i32',
    stabil: 'i64',
    jitcnt: 'i64',
    calcnt: 'i64',
    errcnt: 'i64',
    stbcnt: 'i64',
    tai: 'i32',
    reserved: { array: 'i32', count: 11 },
  },
  iovec: { base: 'pointer', length: 'size' },
  msghdr: {
    name: 'pointer',
    nameLength: 'u32',
    iov: 'pointer',
    iovLength: 'size',
    control: 'pointer',
    controlLength: 'size',
    flags: 'i32',
  },
  mmsghdr: { header: { struct: 'msghdr' }, length: 'u32' },
  cmsghdr: { length: 'size', level: 'i32', type: 'i32' },
  sockaddrIn: {
    family: 'u16',
    port: 'u16',
    address: { array: 'u8', count: 4 },
    zero: { array: 'u8', count: 8 },
  },
  // The address is bytes, but the struct is aligned like its 32-bit flow label and scope.
  sockaddrIn6: {
    family: 'u16',
    port: 'u16',
    flowInfo: 'u32',
    address: { array: 'u8', count: 16 },
    scopeId: 'u32',
  },
  sockaddrUn: { family: 'u16', path: { array: 'u8', count: 108 } },
  inPktinfo: {
    interfaceIndex: 'i32',
    specificDestination: { array: 'u8', count: 4 },
    address: { array: 'u8', count: 4 },
  },
  in6Pktinfo: { address: { array: 'u8', count: 16 }, interfaceIndex: 'u32' },
  ipMreqn: {
    group: { array: 'u8', count: 4 },
    address: { array: 'u8', count: 4 },
    interfaceIndex: 'i32',
  },
  ipv6Mreq: { group: { array: 'u8', count: 16 }, interfaceIndex: 'u32' },
  pollfd: { fd: 'i32', events: 'i16', revents: 'i16' },
  // Software stamp, a slot that is no longer used, hardware stamp (linux/errqueue.h).
  scmTimestamping: { stamps: { array: { struct: 'timespec' }, count: 3 } },
  ppsKtime: { sec: 'i64', nsec: 'i32', flags: 'u32' },
  ppsKparams: {
    apiVersion: 'i32',
    mode: 'i32',
    assertOffset: { struct: 'ppsKtime' },
    clearOffset: { struct: 'ppsKtime' },
  },
  ppsKinfo: {
    assertSequence: 'u32',
    clearSequence: 'u32',
    assert: { struct: 'ppsKtime' },
    clear: { struct: 'ppsKtime' },
    currentMode: 'i32',
  },
  ppsFdata: { info: { struct: 'ppsKinfo' }, timeout: { struct: 'ppsKtime' } },
  gpioChipInfo: {
    name: { array: 'u8', count: 32 },
    label: { array: 'u8', count: 32 },
    lines: 'u32',
  },
  gpioLineAttribute: { id: 'u32', padding: 'u32', value: 'u64' },
  gpioLineConfigAttribute: { attribute: { struct: 'gpioLineAttribute' }, mask: 'u64' },
  gpioLineConfig: {
    flags: 'u64',
    attributeCount: 'u32',
    padding: { array: 'u32', count: 5 },
    attributes: { array: { struct: 'gpioLineConfigAttribute' }, count: 10 },
  },
  gpioLineRequest: {
    offsets: { array: 'u32', count: 64 },
    consumer: { array: 'u8', count: 32 },
    config: { struct: 'gpioLineConfig' },
    lineCount: 'u32',
    eventBufferSize: 'u32',
    padding: { array: 'u32', count: 5 },
    fd: 'i32',
  },
  gpioLineEvent: {
    timestampNs: 'u64',
    id: 'u32',
    offset: 'u32',
    sequence: 'u32',
    lineSequence: 'u32',
    padding: { array: 'u32', count: 6 },
  },
  // NTP's SHM refclock segment (ntpd's refclock_shm.c); the 32-bit form is for programs built with a 32-bit time_t.
  shmTime: {
    mode: 'i32',
    count: 'i32',
    clockSec: 'i64',
    clockUsec: 'i32',
    receiveSec: 'i64',
    receiveUsec: 'i32',
    leap: 'i32',
    precision: 'i32',
    sampleCount: 'i32',
    valid: 'i32',
    clockNsec: 'u32',
    receiveNsec: 'u32',
    reserved: { array: 'i32', count: 8 },
  },
  shmTime32: {
    mode: 'i32',
    count: 'i32',
    clockSec: 'i32',
    clockUsec: 'i32',
    receiveSec: 'i32',
    receiveUsec: 'i32',
    leap: 'i32',
    precision: 'i32',
    sampleCount: 'i32',
    valid: 'i32',
    clockNsec: 'u32',
    receiveNsec: 'u32',
    reserved: { array: 'i32', count: 8 },
  },
} as const;

export type StructLayouts = Layouts<typeof STRUCTS>;

/** ioctl numbers; those of PPS name a pointer type, so that they follow the size of a pointer (linux/pps.h). */
export interface IoctlNumbers {
  readonly ppsGetParams: number;
  readonly ppsSetParams: number;
  readonly ppsGetCap: number;
  readonly ppsFetch: number;
  readonly gpioGetChipInfo: number;
  readonly gpioGetLine: number;
}

export interface Abi {
  readonly architecture: string;
  readonly model: DataModel;
  readonly wordSize: 4 | 8;
  readonly struct: StructLayouts;
  readonly ioctl: IoctlNumbers;
  /** SO_TIMESTAMPING that delivers 64-bit stamps: _OLD on 64-bit machines, _NEW (Linux 5.1) on 32-bit ones */
  readonly soTimestamping: number;
  /** names to try in turn for the functions whose structs hold time */
  readonly symbols: Readonly<
    Record<'clock_gettime' | 'clock_adjtime' | 'recvmmsg' | 'ioctl', readonly string[]>
  >;
}

const IOC_WRITE = 1;
const IOC_READ = 2;
const ioc = (direction: number, type: number, number: number, size: number): number =>
  ((direction << 30) | (size << 16) | (type << 8) | number) >>> 0;

function build(architecture: string, model: DataModel): Abi {
  const struct = layOut(STRUCTS, model);
  const wordSize = model === 'lp64' ? 8 : 4;
  const pps = (direction: number, number: number) => ioc(direction, 0x70, number, wordSize);
  return {
    architecture,
    model,
    wordSize,
    struct,
    ioctl: {
      ppsGetParams: pps(IOC_READ, 0xa1),
      ppsSetParams: pps(IOC_WRITE, 0xa2),
      ppsGetCap: pps(IOC_READ, 0xa3),
      ppsFetch: pps(IOC_READ | IOC_WRITE, 0xa4),
      gpioGetChipInfo: ioc(IOC_READ, 0xb4, 0x01, struct.gpioChipInfo.size),
      gpioGetLine: ioc(IOC_READ | IOC_WRITE, 0xb4, 0x07, struct.gpioLineRequest.size),
    },
    soTimestamping: model === 'lp64' ? 37 : 65,
    symbols:
      model === 'lp64'
        ? {
            clock_gettime: ['clock_gettime'],
            clock_adjtime: ['clock_adjtime'],
            recvmmsg: ['recvmmsg'],
            ioctl: ['ioctl'],
          }
        : {
            clock_gettime: ['__clock_gettime64'],
            clock_adjtime: ['__clock_adjtime64'],
            recvmmsg: ['__recvmmsg64', '__recvmmsg_time64'],
            // No ioctl used here carries a time_t (PPS has its own 64-bit type), so the plain one does as well.
            ioctl: ['__ioctl_time64', 'ioctl'],
          },
  };
}

const MODELS: Readonly<Record<string, DataModel>> = {
  x64: 'lp64',
  arm64: 'lp64',
  riscv64: 'lp64',
  loong64: 'lp64',
  arm: 'ilp32',
};

/** The numbers of one architecture (node's process.arch); throws ERR_UNSUPPORTED for one that is not in the table. */
export function abiFor(architecture: string): Abi {
  const model = MODELS[architecture];
  if (model === undefined) {
    throw new NoonmarkError(
      'ERR_UNSUPPORTED',
      `no kernel struct layouts are known for the processor architecture ${architecture}`,
      `use one of ${Object.keys(MODELS).join(', ')}`,
    );
  }
  return build(architecture, model);
}

let own: Abi | undefined;

/** The numbers of this process. */
export function abi(): Abi {
  own ??= abiFor(process.arch);
  return own;
}

/** Offset of a control message's data, and the room it takes in the control buffer (CMSG_DATA, CMSG_SPACE, CMSG_LEN). */
export const cmsgDataOffset = (model: Abi): number => alignUp(model.struct.cmsghdr.size, model.wordSize);
export const cmsgLength = (model: Abi, dataLength: number): number => cmsgDataOffset(model) + dataLength;
export const cmsgSpace = (model: Abi, dataLength: number): number =>
  cmsgDataOffset(model) + alignUp(dataLength, model.wordSize);

// The same on every architecture of the table (asm-generic).
export const CLOCK = { realtime: 0, monotonic: 1, threadTime: 3 } as const;

export const AF = { unix: 1, inet: 2, inet6: 10 } as const;
export const SOCK = { stream: 1, dgram: 2, seqpacket: 5, nonblock: 0o4000, cloexec: 0o2000000 } as const;
export const SOL = { socket: 1, ip: 0, ipv6: 41 } as const;
export const SO = {
  reuseAddress: 2,
  error: 4,
  broadcast: 6,
  sendBuffer: 7,
  receiveBuffer: 8,
  bindToDevice: 25,
  timestampingOld: 37,
  timestampingNew: 65,
} as const;
export const IP = {
  tos: 1,
  ttl: 2,
  pktinfo: 8,
  multicastIf: 32,
  multicastTtl: 33,
  multicastLoop: 34,
  addMembership: 35,
  dropMembership: 36,
} as const;
export const IPV6 = {
  unicastHops: 16,
  multicastIf: 17,
  multicastHops: 18,
  multicastLoop: 19,
  joinGroup: 20,
  leaveGroup: 21,
  v6only: 26,
  recvPktinfo: 49,
  pktinfo: 50,
  trafficClass: 67,
} as const;
export const MSG = { trunc: 0x20, dontwait: 0x40, errqueue: 0x2000, nosignal: 0x4000 } as const;
/** linux/net_tstamp.h: SOF_TIMESTAMPING_* */
export const SOF_TIMESTAMPING = { rxSoftware: 1 << 3, software: 1 << 4 } as const;
export const POLL = { in: 0x001, err: 0x008, hup: 0x010, nval: 0x020 } as const;
export const EFD = { nonblock: 0o4000, cloexec: 0o2000000 } as const;
