/**
 * A USB device that QEMU's usb-redir has on its far end: the redirection protocol's packets, for a device with control
 * transfers and nothing else. Pure but for plugIn(); what the transfers mean is the device's business.
 *
 *   header   type u32, length of what follows u32, id u32 (u64 once both have said hello with that capability)
 *   0 hello   1 device connect   4 interface info   5 endpoint info   6-8 configuration   9-11 alternate setting
 *   100 control packet: endpoint, request, request type, status, value u16, index u16, length u16, then data
 *
 * Source: usbredir's usb-redirection-protocol.md, version 0.7; little-endian throughout.
 */
import type { Socket } from 'node:net';
import { connect } from './qemu.js';

const TYPE = {
  ...{ hello: 0, deviceConnect: 1, interfaceInfo: 4, endpointInfo: 5 },
  ...{ setConfiguration: 6, getConfiguration: 7, configurationStatus: 8 },
  ...{ setAlternate: 9, getAlternate: 10, alternateStatus: 11, control: 100 },
} as const;
/**
 * Bits: version in device connect (1), packet size in endpoint info (4), ids of 64 bits (5), bulk lengths of 32 bits (6).
 * QEMU's xHCI takes no device of a peer without them.
 */
const CAPABILITIES = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 6);
const WITH_LONG_IDS = 1 << 5;
const NAME_BYTES = 64;
const SUCCESS = 0;
const STALL = 4;
const FULL_SPEED = 1;
const VENDOR_CLASS = 0xff;
const TYPE_INVALID = 0xff;
const CONTROL_PACKET_SIZE = 8;
const DEVICE_TO_HOST = 0x80;
/** More than any packet of QEMU's to such a device. */
const LONGEST = 1 << 17;

export interface ControlRequest {
  /** bit 7: from the device; bits 5-6: standard, class, vendor */
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  /** bytes that are wanted, or were sent */
  readonly length: number;
  readonly data: Uint8Array;
}

export interface UsbDevice {
  readonly vendor: number;
  readonly product: number;
  /** BCD */
  readonly release: number;
  /** The data of an answer; undefined: it refuses (stalls). */
  control(request: ControlRequest): Uint8Array | undefined;
}

export class UsbRedirection {
  readonly #device: UsbDevice;
  #rest = Buffer.alloc(0);
  #idBytes = 4;

  constructor(device: UsbDevice) {
    this.#device = device;
  }

  /** What this side begins with. */
  hello(): Buffer {
    const body = Buffer.alloc(NAME_BYTES + 4);
    body.write('noonmark test');
    body.writeUInt32LE(CAPABILITIES, NAME_BYTES);
    return this.#packet(TYPE.hello, 0n, body);
  }

  /** Bytes from QEMU, in pieces of any size; answers what is to be sent back. Throws when they are no packets. */
  receive(bytes: Uint8Array): Buffer {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const answers: Buffer[] = [];
    for (;;) {
      const head = 8 + this.#idBytes;
      if (this.#rest.length < head) break;
      const length = this.#rest.readUInt32LE(4);
      if (length > LONGEST) throw new Error(`a packet of ${length} bytes`);
      if (this.#rest.length < head + length) break;
      const id = this.#idBytes === 8 ? this.#rest.readBigUInt64LE(8) : BigInt(this.#rest.readUInt32LE(8));
      const type = this.#rest.readUInt32LE(0);
      const body = this.#rest.subarray(head, head + length);
      this.#rest = this.#rest.subarray(head + length);
      answers.push(...this.#answer(type, id, body));
    }
    return Buffer.concat(answers);
  }

  #answer(type: number, id: bigint, body: Buffer): readonly Buffer[] {
    switch (type) {
      case TYPE.hello: {
        const theirs = body.length >= NAME_BYTES + 4 ? body.readUInt32LE(NAME_BYTES) : 0;
        if ((theirs & WITH_LONG_IDS) !== 0) this.#idBytes = 8;
        return this.#introduction();
      }
      case TYPE.setConfiguration:
        return [this.#packet(TYPE.configurationStatus, id, Buffer.of(SUCCESS, body[0] ?? 0))];
      case TYPE.getConfiguration:
        return [this.#packet(TYPE.configurationStatus, id, Buffer.of(SUCCESS, 1))];
      case TYPE.setAlternate:
        return [this.#packet(TYPE.alternateStatus, id, Buffer.of(SUCCESS, body[0] ?? 0, body[1] ?? 0))];
      case TYPE.getAlternate:
        return [this.#packet(TYPE.alternateStatus, id, Buffer.of(SUCCESS, body[0] ?? 0, 0))];
      case TYPE.control:
        return [this.#packet(TYPE.control, id, this.#control(body))];
      default:
        // Resets, filters, and transfers that this device has no endpoint for.
        return [];
    }
  }

  /** Endpoints and interfaces are told before the device is there. */
  #introduction(): readonly Buffer[] {
    const endpoints = Buffer.alloc(32 * 3 + 32 * 2);
    endpoints.fill(TYPE_INVALID, 0, 32);
    // Endpoint 0, out and in.
    for (const i of [0, 16]) {
      endpoints[i] = 0;
      endpoints.writeUInt16LE(CONTROL_PACKET_SIZE, 32 * 3 + 2 * i);
    }
    const interfaces = Buffer.alloc(4 + 32 * 4);
    interfaces.writeUInt32LE(1, 0);
    interfaces[4 + 32] = VENDOR_CLASS;
    const device = Buffer.alloc(10);
    device.set([FULL_SPEED, VENDOR_CLASS]);
    device.writeUInt16LE(this.#device.vendor, 4);
    device.writeUInt16LE(this.#device.product, 6);
    device.writeUInt16LE(this.#device.release, 8);
    return [
      this.#packet(TYPE.endpointInfo, 0n, endpoints),
      this.#packet(TYPE.interfaceInfo, 0n, interfaces),
      this.#packet(TYPE.deviceConnect, 0n, device),
    ];
  }

  #control(body: Buffer): Buffer {
    const head = Buffer.from(body.subarray(0, 10));
    const length = head.readUInt16LE(8);
    const answer = this.#device.control({
      ...{ request: head[1] ?? 0, requestType: head[2] ?? 0, length },
      ...{ value: head.readUInt16LE(4), index: head.readUInt16LE(6), data: body.subarray(10) },
    });
    const isIn = ((head[2] ?? 0) & DEVICE_TO_HOST) !== 0;
    const data = isIn && answer !== undefined ? answer.subarray(0, length) : Buffer.alloc(0);
    head[3] = answer === undefined ? STALL : SUCCESS;
    if (isIn || answer === undefined) head.writeUInt16LE(data.length, 8);
    return Buffer.concat([head, data]);
  }

  #packet(type: number, id: bigint, body: Uint8Array): Buffer {
    const head = Buffer.alloc(8 + this.#idBytes);
    head.writeUInt32LE(type, 0);
    head.writeUInt32LE(body.length, 4);
    if (this.#idBytes === 8) head.writeBigUInt64LE(id, 8);
    else head.writeUInt32LE(Number(id), 8);
    return Buffer.concat([head, body]);
  }
}

/** Options of a machine that takes such a device on the socket `path`. */
export const usbRedirOptions = (path: string): readonly string[] => [
  ...['-device', 'qemu-xhci', '-chardev', `socket,id=redir,path=${path},server=on,wait=off`],
  ...['-device', 'usb-redir,chardev=redir'],
];

/** Plugs the device in; it is pulled out by destroying the socket. */
export async function plugIn(path: string, device: UsbDevice): Promise<Socket> {
  const socket = await connect(path);
  const redirection = new UsbRedirection(device);
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => socket.write(redirection.receive(bytes)));
  socket.write(redirection.hello());
  return socket;
}
