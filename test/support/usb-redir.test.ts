/** The redirection protocol with an i2c-tiny-usb on it, byte for byte, as QEMU's xHCI speaks it. */
import { i2cTinyUsb } from './i2c-tiny-usb.js';
import { assert, test } from './suite.js';
import { UsbRedirection } from './usb-redir.js';

const le32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer);
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** QEMU 7.2's hello: ids of 32 bits. */
const HELLO = Buffer.concat([
  ...[le32(0), le32(68), le32(0)],
  ...[Buffer.from('qemu usb-redir guest 7.2'.padEnd(64, '\0')), le32(0x7f)],
]);
/** A packet after it: ids of 64 bits. */
const packet = (type: number, id: number, hex: string) =>
  Buffer.concat([le32(type), le32(bytesOf(hex).length), le32(id), le32(0), bytesOf(hex)]);
/** The bodies of packets, with type and id. */
function read(bytes: Buffer): readonly { type: number; id: number; hex: string }[] {
  const packets = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 16 + bytes.readUInt32LE(at + 4);
    const hex = bytes.subarray(at + 16, end).toString('hex');
    packets.push({ type: bytes.readUInt32LE(at), id: bytes.readUInt32LE(at + 8), hex });
    at = end;
  }
  return packets;
}

function peer() {
  const written: string[] = [];
  const device = {
    write: (bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString('hex')),
    read: (length: number) => Uint8Array.from({ length }, (_, i) => 0xa0 + i),
  };
  const redirection = new UsbRedirection(i2cTinyUsb(new Map([[0x68, device]])));
  const introduction = read(redirection.receive(HELLO));
  /** endpoint, request, request type, value, index, length, data */
  const control = (
    ...[endpoint, request, type, value, index, length, data = '']: readonly (number | string)[]
  ) => {
    const head = Buffer.of(Number(endpoint), Number(request), Number(type), 0);
    const words = Uint16Array.of(Number(value), Number(index), Number(length));
    const hex = `${head.toString('hex')}${Buffer.from(words.buffer).toString('hex')}${data}`;
    const [answer] = read(redirection.receive(packet(100, 7, hex)));
    assert.is(answer?.type, 100);
    assert.is(answer?.id, 7);
    const body = bytesOf(answer?.hex ?? '');
    return { status: body[3], length: body.readUInt16LE(8), data: body.subarray(10).toString('hex') };
  };
  return { redirection, introduction, control, written };
}

test('a hello is answered with endpoints, interface and device, in this order', () => {
  const { introduction } = peer();
  assert.equal(
    introduction.map(({ type }) => type),
    [5, 4, 1],
  );
  assert.is(introduction[0]?.hex.length, 2 * 160);
  assert.is(introduction[1]?.hex.length, 2 * 132);
  assert.is(introduction[2]?.hex, '01ff0000030431c60502');
});

test('the descriptors are cut to what is asked for, and one that there is not is refused', () => {
  const { control } = peer();
  const device = '120110 01ff0000 08 0304 31c6 0502 01020301'.replaceAll(' ', '');
  assert.is(control(0x80, 6, 0x80, 0x0100, 0, 18).data, device);
  assert.is(control(0x80, 6, 0x80, 0x0100, 0, 8).data, device.slice(0, 16));
  assert.is(control(0x80, 6, 0x80, 0x0302, 0x0409, 255).length, 2 + 2 * 'i2c-tiny-usb'.length);
  assert.equal(control(0x80, 6, 0x80, 0x0600, 0, 10), { status: 4, length: 0, data: '' });
});

test('messages reach the device at their address, and an address that nobody has is told', () => {
  const { control, written } = peer();
  assert.equal(control(0, 5, 0x41, 0, 0x68, 1, '0f'), { status: 0, length: 1, data: '' });
  assert.equal(written, ['0f']);
  assert.is(control(0x80, 6, 0xc1, 1, 0x68, 3).data, 'a0a1a2');
  assert.is(control(0x80, 3, 0xc1, 0, 0, 1).data, '01');
  control(0, 7, 0x41, 0, 0x50, 1, '00');
  assert.is(control(0x80, 3, 0xc1, 0, 0, 1).data, '02');
  assert.equal(written, ['0f']);
  assert.is(control(0x80, 1, 0xc1, 0, 0, 4).data, '0100ff0e');
});

test('the stream may be cut anywhere, and configurations are acknowledged', () => {
  const stream = Buffer.concat([HELLO, packet(6, 9, '01'), packet(3, 0, ''), packet(9, 10, '0000')]);
  const whole = new UsbRedirection(i2cTinyUsb(new Map())).receive(stream);
  const [set, alternate] = read(whole).slice(3);
  assert.equal(set, { type: 8, id: 9, hex: '0001' });
  assert.equal(alternate, { type: 11, id: 10, hex: '000000' });
  for (let cut = 1; cut < stream.length; cut += 1) {
    const one = new UsbRedirection(i2cTinyUsb(new Map()));
    const parts = [one.receive(stream.subarray(0, cut)), one.receive(stream.subarray(cut))];
    assert.ok(Buffer.concat(parts).equals(whole), `cut at ${cut}`);
  }
});

test('a length beyond any packet is no packet', () => {
  const { redirection } = peer();
  assert.throws(() => redirection.receive(Buffer.concat([le32(100), le32(0x7fffffff), le32(0), le32(0)])));
});

test.run();
