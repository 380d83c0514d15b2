/**
 * An i2c-tiny-usb adapter: a bus of I2C devices behind USB control transfers of a vendor's own, one for each message.
 *
 *   1 functions, u32   2 clock delay   3 status of the last message: 1 the address answered, 2 it did not
 *   4 | begin 1 | end 2: a message to the address in wIndex, read or written as the transfer goes
 *
 * Sources: Linux drivers/i2c/busses/i2c-tiny-usb.c; USB 2.0 chapter 9 for the descriptors.
 */
import type { ControlRequest, UsbDevice } from './usb-redir.js';

/** A device on the bus, as messages show it. */
export interface I2cDevice {
  write(bytes: Uint8Array): void;
  read(length: number): Uint8Array;
}

const VENDOR = 0x0403;
const PRODUCT = 0xc631;
const RELEASE = 0x0205;
const COMMAND = { functions: 1, delay: 2, status: 3, message: 4 } as const;
const ANSWERED = 1;
const NOT_ANSWERED = 2;
/** I2C_FUNC_I2C and what Linux emulates of SMBus with it. */
const FUNCTIONS = 0x0eff_0001;
const GET_STATUS = 0;
const GET_DESCRIPTOR = 6;
const STRINGS = ['noonmark', 'i2c-tiny-usb', '1'];

const le16 = (n: number) => [n & 255, n >> 8];
const DEVICE = Buffer.of(
  ...[18, 1, ...le16(0x0110), 0xff, 0, 0, 8],
  ...[...le16(VENDOR), ...le16(PRODUCT), ...le16(RELEASE), 1, 2, 3, 1],
);
/** One configuration, powered by the bus, one interface without endpoints. */
const CONFIGURATION = Buffer.of(...[9, 2, ...le16(18), 1, 1, 0, 0x80, 50], ...[9, 4, 0, 0, 0, 0xff, 0, 0, 0]);
const ENGLISH = Buffer.of(4, 3, ...le16(0x0409));

function descriptor(value: number): Buffer | undefined {
  const index = value & 255;
  switch (value >> 8) {
    case 1:
      return DEVICE;
    case 2:
      return CONFIGURATION;
    case 3: {
      if (index === 0) return ENGLISH;
      const text = Buffer.from(STRINGS[index - 1] ?? '', 'utf16le');
      return text.length === 0 ? undefined : Buffer.concat([Buffer.of(text.length + 2, 3), text]);
    }
    default:
      return undefined;
  }
}

/** `devices`: by their address of 7 bits. */
export function i2cTinyUsb(devices: ReadonlyMap<number, I2cDevice>): UsbDevice {
  let status = 0;
  const vendor = ({ requestType, request, index, length, data }: ControlRequest): Buffer | undefined => {
    const isRead = (requestType & 0x80) !== 0;
    if (request === COMMAND.functions) {
      const functions = Buffer.alloc(4);
      functions.writeUInt32LE(FUNCTIONS);
      return functions;
    }
    if (request === COMMAND.delay) return Buffer.alloc(0);
    if (request === COMMAND.status) return Buffer.of(status);
    if ((request & COMMAND.message) === 0) return undefined;
    const device = devices.get(index);
    status = device === undefined ? NOT_ANSWERED : ANSWERED;
    if (isRead) return Buffer.from(device?.read(length) ?? new Uint8Array(length));
    device?.write(data);
    return Buffer.alloc(0);
  };
  return {
    ...{ vendor: VENDOR, product: PRODUCT, release: RELEASE },
    control(request) {
      const { requestType, request: which, value } = request;
      if (((requestType >> 5) & 3) === 2) return vendor(request);
      if (requestType === 0x80 && which === GET_DESCRIPTOR) return descriptor(value);
      if (requestType === 0x80 && which === GET_STATUS) return Buffer.of(0, 0);
      // What else a host tells a device (its configuration) needs no answer.
      return (requestType & 0x80) === 0 ? Buffer.alloc(0) : undefined;
    },
  };
}
