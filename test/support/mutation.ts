/**
 * Bytes gone wrong, reproducibly: datagrams of every kind with their bits, lengths and tails changed, and the damage of
 * a bad serial line.
 */
import { appendMac, symmetricKey } from '../../src/auth/mac.js';
import { Xorshift32 } from '../../src/responder/xorshift.js';
import { OPCODE } from '../../src/wire/mode6.js';
import { request as controlRequest } from '../control/client.js';
import { clientRequest } from './ntp-client.js';

/** Longer than any datagram that is served. */
const LONGEST = 1500;

/** One extension field in RFC 7822's form. */
function field(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, 0x5a);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(length, 2);
  return bytes;
}

function withMac(packet: Buffer, keyId: number): Buffer {
  const key = symmetricKey({ id: keyId, algorithm: 'MD5', secret: Buffer.from('mutation'), ranges: [] });
  const bytes = Buffer.concat([packet, Buffer.alloc(4 + key.macLength)]);
  appendMac(key, bytes, packet.length);
  return bytes;
}

function kinds(): Buffer[] {
  const plain = clientRequest(0x0123_4567_89ab_cdefn);
  const flags = (version: number, mode: number) => {
    const bytes = Buffer.from(plain);
    bytes[0] = (version << 3) | mode;
    return bytes;
  };
  const control = (opcode: number, text = '') => Buffer.from(controlRequest(opcode, 0, text));
  return [
    plain,
    ...[1, 2, 3, 4].flatMap((version) => [0, 1, 2, 3, 4, 5, 7].map((mode) => flags(version, mode))),
    withMac(plain, 7),
    Buffer.concat([plain, field(0x0104, 36), field(0x0204, 104), field(0x0404, 28)]),
    Buffer.concat([plain, field(0x0201, 28)]),
    Buffer.concat([plain, Buffer.alloc(4)]),
    control(OPCODE.readStatus),
    control(OPCODE.readVariables),
    control(OPCODE.readVariables, 'stratum,offset,peeradr'),
    control(OPCODE.requestNonce),
    control(OPCODE.readMru, 'nonce=00, frags=32'),
    control(OPCODE.readOrderedList),
  ];
}

/** An endless supply of mutated datagrams; each is the caller's until the next. */
export function mutatedDatagrams(seed: number): () => Uint8Array {
  const random = new Xorshift32(seed);
  const below = (n: number) => random.word() % n;
  const seeds = kinds();
  const packet = new Uint8Array(LONGEST);
  return () => {
    let length: number;
    if (below(5) === 0) {
      length = below(8) === 0 ? below(LONGEST) : below(160);
      for (let at = 0; at < length; at += 1) packet[at] = random.word();
    } else {
      const kind = seeds[below(seeds.length)] ?? new Uint8Array();
      packet.set(kind);
      length = kind.length;
      for (let n = below(4); n > 0; n -= 1) {
        const at = below(length);
        packet[at] = (packet[at] ?? 0) ^ (1 << below(8));
      }
      if (below(4) === 0) length = below(length + 32);
    }
    return packet.subarray(0, length);
  };
}

/**
 * A bad line: of a thousand bytes as many as `perThousand` are flipped, lost, doubled, or begin a run of noise.
 * `perThousand()` is asked for each call.
 */
export function badLine(seed: number, perThousand: () => number): (bytes: Uint8Array) => Uint8Array {
  const random = new Xorshift32(seed);
  const below = (n: number) => random.word() % n;
  return (bytes) => {
    const share = perThousand();
    if (share === 0) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (below(1000) >= share) {
        out.push(byte);
        continue;
      }
      const fault = below(4);
      if (fault === 0) out.push(byte ^ (1 << below(8)));
      if (fault === 1) out.push(byte, byte);
      if (fault === 2) for (let n = below(24); n > 0; n -= 1) out.push(below(256));
    }
    return Uint8Array.from(out);
  };
}
