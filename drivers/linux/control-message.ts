/**
 * Control messages (ancillary data) of received datagrams: the kernel's stamp and the address that was asked, read
 * into fields of one reader without allocation; and the pktinfo that chooses a reply's source address.
 * Sources: cmsg(3), ip(7), RFC 3542 §6, linux/net_tstamp.h.
 */
import { abi, cmsgDataOffset, cmsgLength, cmsgSpace, IP, IPV6, SO, SOL } from './abi.js';
import { alignUp } from './layout.js';

const HIGH = 2 ** 32;

/** Room for a stamp and either kind of pktinfo, and some more that a kernel may add. */
export const controlRoom = (): number => {
  const model = abi();
  const { scmTimestamping, in6Pktinfo } = model.struct;
  return alignUp(cmsgSpace(model, scmTimestamping.size) + cmsgSpace(model, in6Pktinfo.size) + 64, 16);
};

/** Reads one message's control data; the fields are those of the last read(). */
export class ControlReader {
  /** CLOCK_REALTIME; 0 seconds: the kernel gave no stamp */
  seconds = 0;
  nanoseconds = 0;
  /** 0: none was given */
  interfaceIndex = 0;
  /** bytes written to `destination` and `local`: 4, 16, or 0 for none */
  addressLength = 0;

  readonly #cmsg = abi().struct.cmsghdr;
  readonly #data = cmsgDataOffset(abi());
  readonly #word = abi().wordSize;
  readonly #in4 = abi().struct.inPktinfo;
  readonly #in6 = abi().struct.in6Pktinfo;
  readonly #sec = abi().struct.timespec.at.sec;
  readonly #nsec = abi().struct.timespec.at.nsec;

  /**
   * `control`: the buffer, of which `length` bytes were filled in. `destination` takes the packet's destination
   * address, `local` the one a reply should leave from (another one when the destination is broadcast or multicast).
   */
  read(control: DataView, length: number, destination: Uint8Array, local: Uint8Array): void {
    this.seconds = 0;
    this.nanoseconds = 0;
    this.interfaceIndex = 0;
    this.addressLength = 0;
    let offset = 0;
    while (offset + this.#cmsg.size <= length) {
      // cmsg_len is a size_t; its upper half is never used.
      const size = control.getUint32(offset + this.#cmsg.at.length, true);
      if (size < this.#data || offset + size > length) return;
      const level = control.getInt32(offset + this.#cmsg.at.level, true);
      const type = control.getInt32(offset + this.#cmsg.at.type, true);
      const data = offset + this.#data;
      if (level === SOL.socket) {
        if (type === SO.timestampingOld || type === SO.timestampingNew) this.#stamp(control, data);
      } else if (level === SOL.ip && type === IP.pktinfo) {
        this.#pktinfo4(control, data, destination, local);
      } else if (level === SOL.ipv6 && type === IPV6.pktinfo) {
        this.#pktinfo6(control, data, destination, local);
      }
      offset += Math.ceil(size / this.#word) * this.#word;
    }
  }

  #stamp(control: DataView, data: number): void {
    this.seconds =
      control.getInt32(data + this.#sec + 4, true) * HIGH + control.getUint32(data + this.#sec, true);
    this.nanoseconds = control.getUint32(data + this.#nsec, true);
  }

  #pktinfo4(control: DataView, data: number, destination: Uint8Array, local: Uint8Array): void {
    this.interfaceIndex = control.getInt32(data + this.#in4.at.interfaceIndex, true);
    this.addressLength = 4;
    for (let i = 0; i < 4; i += 1) {
      destination[i] = control.getUint8(data + this.#in4.at.address + i);
      local[i] = control.getUint8(data + this.#in4.at.specificDestination + i);
    }
  }

  #pktinfo6(control: DataView, data: number, destination: Uint8Array, local: Uint8Array): void {
    this.interfaceIndex = control.getUint32(data + this.#in6.at.interfaceIndex, true);
    this.addressLength = 16;
    // A reply to a multicast leaves from whatever address the routes choose (::).
    const multicast = control.getUint8(data + this.#in6.at.address) === 0xff;
    for (let i = 0; i < 16; i += 1) {
      const byte = control.getUint8(data + this.#in6.at.address + i);
      destination[i] = byte;
      local[i] = multicast ? 0 : byte;
    }
  }
}

/** Writes the pktinfo control message of a datagram to be sent; answers the control length. Allocates nothing. */
export function writePktinfo(
  control: DataView,
  local: Uint8Array,
  length: 4 | 16,
  interfaceIndex: number,
): number {
  const model = abi();
  const { cmsghdr, inPktinfo, in6Pktinfo } = model.struct;
  const data = cmsgDataOffset(model);
  const layout = length === 4 ? inPktinfo : in6Pktinfo;
  control.setUint32(cmsghdr.at.length, cmsgLength(model, layout.size), true);
  control.setInt32(cmsghdr.at.level, length === 4 ? SOL.ip : SOL.ipv6, true);
  control.setInt32(cmsghdr.at.type, length === 4 ? IP.pktinfo : IPV6.pktinfo, true);
  control.setUint32(data + layout.at.interfaceIndex, interfaceIndex, true);
  const addressAt = length === 4 ? inPktinfo.at.specificDestination : in6Pktinfo.at.address;
  for (let i = 0; i < length; i += 1) control.setUint8(data + addressAt + i, local[i] as number);
  if (length === 4) control.setUint32(data + inPktinfo.at.address, 0, true);
  return cmsgSpace(model, layout.size);
}
