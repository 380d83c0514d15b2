/**
 * A responder's state on known variables, and requests built with src/wire, for the tests of this room.
 */
import { appendMac, keyTable, type SymmetricKey, symmetricKey } from '../../src/auth/mac.js';
import { RateLimiter } from '../../src/auth/rate-limit.js';
import { compileAccess } from '../../src/auth/restrict.js';
import type { RestrictFlag, RestrictRule } from '../../src/config/types.js';
import { ClientTable, createClientTable } from '../../src/responder/client-table.js';
import { CounterPage, CounterReader, createCounters } from '../../src/responder/counters.js';
import { DanceDoor } from '../../src/responder/dance-door.js';
import {
  type Exchange,
  newExchange,
  type ResponderState,
  respond,
  seal,
} from '../../src/responder/respond.js';
import {
  createSystemPage,
  SystemPageReader,
  SystemPageWriter,
  type SystemVariables,
} from '../../src/responder/system-page.js';
import { Xorshift32 } from '../../src/responder/xorshift.js';
import { encodeHeader, type NtpHeader } from '../../src/wire/header.js';

/** 2025-06-01T00:00:00Z */
export const NOW_SECONDS = 1_748_736_000;

export const SYNCHRONISED: SystemVariables = {
  leap: 0,
  stratum: 1,
  precisionLog2: -23,
  rootDelaySeconds: 0.001,
  rootDispersionSeconds: 0.002,
  dispersionGrowth: 15e-6,
  dispersionAtNs: BigInt(NOW_SECONDS) * 1_000_000_000n,
  refid: Uint8Array.from([0x47, 0x50, 0x53, 0]),
  referenceTimeNs: BigInt(NOW_SECONDS - 16) * 1_000_000_000n + 500_000_000n,
  stampMap: { anchorKernelNs: 0n, anchorServedNs: 0n, rate: 0 },
};

export function rule(
  address: readonly number[],
  prefixLength: number,
  ...flags: RestrictFlag[]
): RestrictRule {
  return {
    address: Uint8Array.from(address),
    prefixLength,
    flags,
    origin: { file: 'test.conf', line: 1, column: 1 },
  };
}

export const MD5_KEY = symmetricKey({ id: 1, algorithm: 'MD5', secret: Buffer.from('common'), ranges: [] });
export const SHA1_KEY = symmetricKey({ id: 2, algorithm: 'SHA1', secret: Buffer.from('noon'), ranges: [] });
export const SHA256_KEY = symmetricKey({
  id: 3,
  algorithm: 'SHA256',
  secret: Buffer.from('mark'),
  ranges: [],
});
export const CMAC_KEY = symmetricKey({
  id: 4,
  algorithm: 'AES-128-CMAC',
  secret: Buffer.from('0123456789abcdef'),
  ranges: [],
});
const KEYS: ReadonlyMap<number, SymmetricKey> = new Map(
  [MD5_KEY, SHA1_KEY, SHA256_KEY, CMAC_KEY].map((key) => [key.id, key]),
);

export { keyTable };

export class Bench {
  readonly pageMemory = createSystemPage();
  readonly writer = new SystemPageWriter(this.pageMemory);
  readonly counterMemory = createCounters();
  readonly counters = new CounterReader(this.counterMemory);
  readonly clientMemory: SharedArrayBuffer;
  readonly state: ResponderState;
  readonly view = new DataView(new ArrayBuffer(2200));
  readonly out = new DataView(new ArrayBuffer(2200));
  readonly exchange: Exchange;

  constructor(rules: readonly RestrictRule[] = [], capacity = 1024) {
    this.clientMemory = createClientTable(capacity, 12345);
    const random = new Xorshift32(1);
    this.state = {
      page: new SystemPageReader(this.pageMemory),
      clients: new ClientTable(
        this.clientMemory,
        new RateLimiter({ averageLog2: 3, minimumSeconds: 2 }),
        random,
        {
          maxAgeSeconds: 64,
          monitor: 3000,
        },
      ),
      counters: new CounterPage(this.counterMemory),
      random,
      access: compileAccess({ rules }),
      keys: KEYS,
      monitor: true,
      averageLog2: 3,
      autokey: undefined,
      danceDoor: new DanceDoor(1),
      manycast: false,
    };
    this.exchange = newExchange(this.state, this.view, this.out);
    this.exchange.source = Uint8Array.from([192, 0, 2, 7]);
    this.exchange.destination = Uint8Array.from([192, 0, 2, 1]);
    this.exchange.sourcePort = 40_000;
    this.at(NOW_SECONDS, 0);
    this.publish();
  }

  publish(variables: Partial<SystemVariables> = {}): void {
    this.writer.publish({ ...SYNCHRONISED, ...variables });
    this.state.page.refresh();
  }

  at(seconds: number, nanoseconds: number): void {
    this.exchange.stampSeconds = seconds;
    this.exchange.stampNanoseconds = nanoseconds;
  }

  /** respond() and seal(), the transmit time 10 us after the receive stamp; the reply's bytes, or undefined. */
  ask(request: Uint8Array): Uint8Array | undefined {
    new Uint8Array(this.view.buffer).set(request.subarray(0, 2200));
    const length = respond(this.view, request.length, this.exchange, this.out);
    if (length === 0) return undefined;
    seal(this.exchange, this.out, this.exchange.stampSeconds, this.exchange.stampNanoseconds + 10_000);
    return new Uint8Array(this.out.buffer).slice(0, length);
  }
}

/** A client's header, mode 3 version 4 unless told otherwise. */
export function request(fields: Partial<NtpHeader> = {}, ...tail: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(48);
  encodeHeader(
    {
      leap: 3,
      version: 4,
      mode: 3,
      stratum: 0,
      poll: 6,
      precision: 32,
      rootDelay: 0,
      rootDispersion: 0,
      refid: 0,
      referenceTime: 0n,
      originTime: 0n,
      receiveTime: 0n,
      transmitTime: 0xdeadbeef_12345678n,
      ...fields,
    },
    new DataView(bytes.buffer),
  );
  return Uint8Array.from([...bytes, ...tail.flatMap((part) => [...part])]);
}

export function withMac(bytes: Uint8Array, key: SymmetricKey, macLength = key.macLength + 4): Uint8Array {
  const out = new Uint8Array(bytes.length + macLength);
  out.set(bytes);
  appendMac(key, out, bytes.length, macLength);
  return out;
}

/** An extension field of RFC 7822: type, length, zeros. */
export function field(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, length);
  return bytes;
}
