/**
 * Every packet of every capture of the reference daemons: decoded, encoded again to the same bytes, its fields ending
 * where the MAC begins, its session-key MAC recomputed.
 */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIGESTS, type DigestName, prefixDigest } from '../../src/auth/digest.js';
import { decodeAutokeyField, encodeAutokeyField } from '../../src/wire/autokey-field.js';
import { decodeFields, dialectOf } from '../../src/wire/extension.js';
import { decodeHeader, encodeHeader } from '../../src/wire/header.js';
import {
  isCryptoNak,
  MAX_PACKET_LENGTH,
  newTail,
  type PacketTail,
  scanTail,
} from '../../src/wire/mac-trailer.js';
import {
  leadingUint32,
  MAX_SESSION_KEY_INPUT,
  writeSessionKeyInput,
} from '../../src/wire/session-key-input.js';
import { addressText, type CapturedDatagram, readPcap } from '../support/pcap.js';
import { assert, has, record, sharedFolder, test } from '../support/suite.js';

interface SessionKeyRecord {
  readonly t: number;
  readonly src: string;
  readonly dst: string;
  readonly keyid: string;
  readonly private: string;
  readonly session_key: string;
  readonly next_keyid: string;
  readonly mac: string;
  readonly ok: boolean;
}
interface Expected {
  readonly cookies?: readonly string[];
  readonly packets?: number;
  readonly crypto_nak?: number | null;
  readonly session_keys?: readonly SessionKeyRecord[];
  readonly cs?: Expected;
  readonly sym?: { readonly cookies: Readonly<Record<string, readonly { readonly cookie: string }[]>> };
}

interface Case {
  readonly name: string;
  readonly datagrams: readonly CapturedDatagram[];
  readonly expected: Expected;
}

function cases(): Case[] {
  const found: Case[] = [];
  for (const folder of ['vectors', 'vectors-old']) {
    const root = join(sharedFolder, 'reference', folder);
    for (const name of readdirSync(root).sort()) {
      const capture = join(root, name, 'wire.pcap');
      if (!existsSync(capture)) continue;
      found.push({
        name,
        datagrams: [...readPcap(readFileSync(capture))],
        expected: JSON.parse(readFileSync(join(root, name, 'expected.json'), 'utf8')) as Expected,
      });
    }
  }
  return found;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The probes of leap-exchange sent packets beyond what the reference takes. */
const isTooLong = ({ payload }: CapturedDatagram): boolean => payload.length > MAX_PACKET_LENGTH;

function scanned(datagram: CapturedDatagram): PacketTail {
  const tail = newTail();
  assert.is(scanTail(viewOf(datagram.payload), datagram.payload.length, tail), undefined);
  return tail;
}

/** Header, fields and MAC written anew from their decoded parts. */
function encodedAgain({ payload }: CapturedDatagram, tail: PacketTail): Uint8Array {
  const view = viewOf(payload);
  const out = new Uint8Array(payload.length);
  const outView = viewOf(out);
  const header = decodeHeader(view, payload.length);
  if (!header.ok) throw new Error(header.reason);
  let at = encodeHeader(header.value, outView);
  const fields = decodeFields(view, tail);
  if (!fields.ok) throw new Error(fields.reason);
  for (const frame of fields.value) {
    const field = decodeAutokeyField(view, frame.at, frame.length);
    if (!field.ok) throw new Error(field.reason);
    assert.is(frame.at, at);
    at = encodeAutokeyField(field.value, field.value.body, outView, at, field.value.length);
  }
  assert.is(at, tail.macAt);
  if (tail.macLength > 0) outView.setUint32(at, tail.keyId);
  out.set(payload.subarray(at + 4), at + 4);
  return out;
}

function sessionKey(
  datagram: CapturedDatagram,
  keyId: number,
  privateValue: number,
  digest: DigestName,
): Uint8Array {
  const input = new Uint8Array(MAX_SESSION_KEY_INPUT);
  const length = writeSessionKeyInput(input, datagram.source, datagram.destination, keyId, privateValue);
  return hash(DIGESTS[digest].openssl, input.subarray(0, length), 'buffer');
}

function macHex(
  datagram: CapturedDatagram,
  tail: PacketTail,
  privateValue: number,
  digest: DigestName,
): string {
  const key = sessionKey(datagram, tail.keyId, privateValue, digest);
  const out = new Uint8Array(64);
  const take = prefixDigest(digest, key, datagram.payload, tail.macAt, out, 0, tail.macLength - 4);
  return Buffer.from(out.subarray(0, take)).toString('hex');
}

const digestOf = (name: string): DigestName => {
  const found = /digest-(\w+)/.exec(name)?.[1];
  return found === 'SHA1' || found === 'SHA256' ? found : 'MD5';
};

/** All cookies that any pair of hosts of a case agreed on. */
const cookiesOf = ({ expected }: Case): number[] =>
  [
    ...(expected.cookies ?? []),
    ...(expected.cs?.cookies ?? []),
    ...Object.values(expected.sym?.cookies ?? {}).flatMap((list) => list.map(({ cookie }) => cookie)),
  ].map(Number);

if (has('captures of the reference daemons', 'shared')) {
  const all = cases();

  test('every packet decodes, and encodes again to the same bytes', () => {
    let packets = 0;
    let fields = 0;
    for (const { name, datagrams } of all) {
      assert.ok(datagrams.length > 0, name);
      for (const datagram of datagrams) {
        if (isTooLong(datagram)) continue;
        const tail = scanned(datagram);
        assert.equal(encodedAgain(datagram, tail), datagram.payload, name);
        packets += 1;
        fields += tail.fieldCount;
      }
    }
    record('wire captures of ntpd', { cases: all.length, packets, fields });
    assert.is(all.length, 51);
    assert.ok(packets >= 1631);
  });

  test('every walk over the fields ends exactly at the MAC, in the dialect of Autokey', () => {
    for (const { name, datagrams } of all) {
      for (const datagram of datagrams) {
        if (isTooLong(datagram)) continue;
        const tail = scanned(datagram);
        assert.is(tail.macAt + tail.macLength, datagram.payload.length, name);
        if (tail.fieldCount > 0) assert.is(dialectOf(tail), 'autokey', name);
        assert.ok([0, 4, 20, 24].includes(tail.macLength), name);
      }
    }
  });

  test('what the reference refuses for its length is refused, and it is only that', () => {
    const refused = all.flatMap(({ name, datagrams }) =>
      datagrams.filter(isTooLong).map(({ payload }) => ({
        name,
        length: payload.length,
        reason: scanTail(viewOf(payload), payload.length, newTail()),
      })),
    );
    assert.ok(refused.length > 0);
    for (const { name, reason } of refused) {
      assert.is(name, 'leap-exchange');
      assert.is(reason, 'too-long');
    }
  });

  test('every MAC of a session key recomputes: private value 0 with a field, else a cookie of the case', () => {
    let checked = 0;
    let crossed = 0;
    for (const one of all) {
      const cookies = cookiesOf(one);
      let naks = 0;
      for (const datagram of one.datagrams) {
        if (isTooLong(datagram)) continue;
        const tail = scanned(datagram);
        if (isCryptoNak(tail)) naks += 1;
        if (tail.keyId <= 65_535) continue;
        const candidates = tail.fieldCount > 0 ? [0] : [0, ...cookies];
        const wanted = Buffer.from(datagram.payload.subarray(tail.macAt + 4)).toString('hex');
        // In fail-digestmismatch the client uses another digest than the server.
        const digest =
          one.name === 'fail-digestmismatch' && tail.macLength === 24 ? 'SHA256' : digestOf(one.name);
        const isRight = candidates.some((cookie) => macHex(datagram, tail, cookie, digest) === wanted);
        assert.ok(isRight, `${one.name} ${addressText(datagram.source)} ${tail.keyId.toString(16)}`);
        checked += 1;
        if (digest !== digestOf(one.name)) crossed += 1;
      }
      if (one.expected.crypto_nak !== undefined) assert.is(naks, one.expected.crypto_nak ?? 0, one.name);
    }
    record('wire session-key MACs', { checked, otherDigest: crossed });
    assert.ok(checked >= 1500);
  });

  test('session keys, next key IDs and MACs are those of expected.json', () => {
    let checked = 0;
    for (const one of all) {
      for (const wanted of [...(one.expected.session_keys ?? []), ...(one.expected.cs?.session_keys ?? [])]) {
        const datagram = one.datagrams.find(
          ({ timeNs, source, destination }) =>
            Math.abs(Number(timeNs) / 1e9 - wanted.t) < 5e-6 &&
            addressText(source) === wanted.src &&
            addressText(destination) === wanted.dst,
        );
        assert.ok(datagram, `${one.name} ${wanted.t}`);
        if (datagram === undefined) continue;
        const tail = scanned(datagram);
        assert.is(tail.keyId, Number(wanted.keyid));
        const digest: DigestName = wanted.session_key.length === 64 ? 'SHA256' : digestOf(one.name);
        const key = sessionKey(datagram, tail.keyId, Number(wanted.private), digest);
        assert.is(Buffer.from(key).toString('hex'), wanted.session_key);
        assert.is(leadingUint32(key), Number(wanted.next_keyid));
        const isRight = macHex(datagram, tail, Number(wanted.private), digest) === wanted.mac;
        assert.is(isRight, wanted.ok, one.name);
        checked += 1;
      }
    }
    assert.ok(checked > 500);
  });
}

test.run();
