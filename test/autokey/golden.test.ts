/**
 * Everything of Autokey but the identity answers, recomputed from the keys and captures of the reference daemons: MACs,
 * cookies, signatures, certificates, key lists. Figures are those an independent script found (expected.json); signatures
 * and signed certificates are made again with the hosts' keys and come out byte for byte.
 */

import { type Certificate, parseCertificate } from '../../src/autokey/certificate/parse.js';
import { signCertificate } from '../../src/autokey/certificate/sign.js';
import { walkTrail } from '../../src/autokey/certificate/trail.js';
import { checkCertificate } from '../../src/autokey/certificate/verify.js';
import { decryptCookie, encryptCookie, referenceCookie, symmetricCookie } from '../../src/autokey/cookie.js';
import { decodeAutokeyValues, encodeAutokeyValues, followKeyList } from '../../src/autokey/key-list.js';
import { decodeLeapValues, encodeLeapValues } from '../../src/autokey/leap-values.js';
import { keyPolicy } from '../../src/autokey/policy.js';
import { encodeRsaPublicKey, parseRsaPublicKey, verifyRsa } from '../../src/autokey/rsa.js';
import {
  appendSessionMac,
  MAX_LENGTH_BEFORE_MAC,
  nextKeyId,
  sessionKey,
  verifySessionMac,
} from '../../src/autokey/session-key.js';
import { checkValue, type Stamps, signValue, verifyValue } from '../../src/autokey/value.js';
import { AUTOKEY_OPERATION, type AutokeyValue } from '../../src/wire/autokey-field.js';
import { isCryptoNak } from '../../src/wire/mac-trailer.js';
import {
  type AutokeyCase,
  autokeyCases,
  type CaseField,
  type CaseHost,
  type CasePacket,
  hostAt,
} from '../support/autokey-case.js';
import { addressText } from '../support/pcap.js';
import { assert, has, record, test } from '../support/suite.js';

/** Longest UDP payload in one IPv4 packet of 1500 bytes. */
const UNFRAGMENTED = 1472;
const ANYTHING = keyPolicy(512, 'MD4');
const cases = has('Autokey golden vectors', 'shared') ? autokeyCases() : [];
const totals = { macs: 0, cookies: 0, signatures: 0, certificates: 0 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const pathText = ({ source, destination }: CasePacket): string =>
  `${addressText(source)}>${addressText(destination)}`;
/** What shares a cookie: client and server in this order, or two symmetric peers in any. */
function pairText({ mode, source, destination }: CasePacket): string {
  const ends = [addressText(source), addressText(destination)];
  if (mode <= 2) return ends.sort().join('/');
  return (mode === 3 ? ends : ends.reverse()).join('>');
}

/** A field with a value that is not an error answer. */
function isAnswer(field: CaseField, operation: number): field is CaseField & { readonly body: AutokeyValue } {
  return (
    field.response && !field.error && field.operation === operation && (field.body?.value.length ?? 0) > 0
  );
}
const sender = (autokeyCase: AutokeyCase, packet: CasePacket): CaseHost | undefined =>
  autokeyCase.hosts.get(hostAt(packet.source));
const receiver = (autokeyCase: AutokeyCase, packet: CasePacket): CaseHost | undefined =>
  autokeyCase.hosts.get(hostAt(packet.destination));

/** Every certificate of a capture with who sent it. */
function* certificatesIn(
  autokeyCase: AutokeyCase,
): Generator<{ packet: CasePacket; field: CaseField & { body: AutokeyValue }; certificate: Certificate }> {
  for (const packet of autokeyCase.packets) {
    for (const field of packet.fields) {
      if (!isAnswer(field, AUTOKEY_OPERATION.cert) && !isAnswer(field, AUTOKEY_OPERATION.sign)) continue;
      const parsed = parseCertificate(field.body.value);
      assert.ok(parsed.ok, `${autokeyCase.name}: ${parsed.ok ? '' : parsed.reason}`);
      if (parsed.ok) yield { packet, field, certificate: parsed.value };
    }
  }
}

for (const autokeyCase of cases) {
  const { name, expected, packets, digest, hosts } = autokeyCase;
  const figures = expected.cs ?? expected;
  const cookies = new Map<string, number[]>();

  test(`${name}: cookies decrypt to what they were`, () => {
    const halves = new Map<string, number>();
    const found: number[] = [];
    for (const packet of packets) {
      for (const field of packet.fields) {
        if (!isAnswer(field, AUTOKEY_OPERATION.cookie)) continue;
        const host = receiver(autokeyCase, packet);
        if (host === undefined) continue;
        const cookie = decryptCookie(host.key, field.body.value);
        assert.ok(cookie !== undefined);
        if (cookie === undefined) continue;
        found.push(cookie);
        const again = encryptCookie(host.certificate.publicKey, cookie) ?? new Uint8Array(0);
        assert.is(decryptCookie(host.key, again), cookie);
        const pair = pairText(packet);
        const list = cookies.get(pair) ?? [];
        cookies.set(pair, list);
        if (packet.mode === 4) list.push(cookie);
        else {
          halves.set(pathText(packet), cookie);
          const other = halves.get(`${addressText(packet.destination)}>${addressText(packet.source)}`);
          if (other !== undefined) list.push(symmetricCookie(cookie, other));
        }
        if (packet.mode === 4 && name.startsWith('cs-'))
          assert.is(cookie, referenceCookie(digest, packet.destination, packet.source, 0));
      }
    }
    totals.cookies += found.length;
    assert.equal(
      found.map((cookie) => `0x${cookie.toString(16)}`),
      figures.cookies ?? [],
    );
    for (const [pair, list] of Object.entries(expected.sym?.cookies ?? {}))
      assert.equal(
        cookies.get(pair)?.map((cookie) => `0x${cookie.toString(16)}`),
        list.map(({ cookie }) => cookie),
      );
  });

  test(`${name}: MACs are recomputed and made again byte for byte`, () => {
    let good = 0;
    let bad = 0;
    let naks = 0;
    for (const packet of packets) {
      const { payload, source, destination, tail, mode } = packet;
      if (isCryptoNak(tail)) naks += 1;
      if (isCryptoNak(tail) || tail.keyId <= 65_535) continue;
      const privates =
        packet.fields.length > 0 || tail.fieldCount > 0 || mode === 5
          ? [0]
          : mode === 3 || mode === 4
            ? (cookies.get(pairText(packet)) ?? []).slice(-1)
            : [0, ...(cookies.get(pairText(packet)) ?? [])];
      const privateValue = privates.find((value) =>
        verifySessionMac(
          digest,
          sessionKey(digest, source, destination, tail.keyId, value),
          payload,
          tail.macAt,
          tail.macLength,
        ),
      );
      if (privateValue === undefined) {
        bad += 1;
        continue;
      }
      // the script that made expected.json passed over what came in fragments (leap-exchange's probes)
      if (payload.length <= UNFRAGMENTED) good += 1;
      if (tail.macAt > MAX_LENGTH_BEFORE_MAC) continue;
      const again = new Uint8Array(payload.length);
      again.set(payload.subarray(0, tail.macAt));
      const key = sessionKey(digest, source, destination, tail.keyId, privateValue);
      assert.is(appendSessionMac(digest, key, tail.keyId, again, tail.macAt), payload.length);
      assert.equal(again, Uint8Array.from(payload));
    }
    const wanted = expected.sym ?? figures;
    totals.macs += good;
    assert.equal([good, bad], [wanted.mac_ok, wanted.mac_bad]);
    assert.is(naks, figures.crypto_nak ?? 0);
  });

  test(`${name}: signatures verify, and made again are the same bytes`, () => {
    let good = 0;
    let bad = 0;
    for (const packet of packets) {
      for (const { body } of packet.fields) {
        if (body === undefined || body.signature.length === 0) continue;
        const host = sender(autokeyCase, packet);
        assert.ok(host !== undefined);
        if (host === undefined) continue;
        const { publicKey, scheme } = host.certificate;
        if (verifyValue({ publicKey, digest: scheme.digest }, body) !== undefined) {
          bad += 1;
          continue;
        }
        good += 1;
        const again = signValue(host.key, scheme.digest, body.timestamp, body.filestamp, body.value);
        assert.is(hex(again.signature), hex(body.signature));
        const other: Uint8Array = Uint8Array.from(body.value);
        other[0] = (other[0] ?? 0) ^ 1;
        assert.is(verifyValue({ publicKey, digest: scheme.digest }, { ...body, value: other }), 'signature');
      }
    }
    totals.signatures += good;
    assert.equal([good, bad], [figures.sig_ok, figures.sig_bad]);
  });

  test(`${name}: certificates verify with their issuers, and SIGN answers are made again byte for byte`, () => {
    const own = new Map([...hosts.values()].map((host) => [host.certificate.subject, host]));
    let good = 0;
    for (const { packet, field, certificate } of certificatesIn(autokeyCase)) {
      const issuer = own.get(certificate.issuer);
      if (issuer === undefined) continue;
      const { tbs, signature } = certificate.parts;
      if (verifyRsa(issuer.certificate.publicKey, certificate.scheme.digest, tbs, signature)) good += 1;
      assert.is(checkCertificate(certificate, field.body.filestamp, undefined, ANYTHING), undefined);
      if (field.operation !== AUTOKEY_OPERATION.sign) continue;
      const client = receiver(autokeyCase, packet);
      const server = sender(autokeyCase, packet);
      assert.ok(client !== undefined && server !== undefined);
      if (client === undefined || server === undefined) continue;
      const signer = {
        name: server.certificate.subject,
        key: server.key,
        scheme: server.certificate.scheme,
      };
      const again = signCertificate(client.certificate, signer, Number(certificate.serial));
      assert.is(hex(again), hex(certificate.der));
      const result = walkTrail(certificate, {
        find: () => [server.certificate],
        own: undefined,
        now: Number(certificate.serial),
        policy: ANYTHING,
      });
      if (server.certificate.trustRoot && name !== 'fail-expsrv')
        assert.is(result.kind, 'complete', result.kind === 'refused' ? result.text : '');
    }
    totals.certificates += good;
    assert.is(good, figures.cert_ok);
  });

  test(`${name}: stamps of what each host sends keep their order`, () => {
    const last = new Map<string, Stamps>();
    for (const packet of packets) {
      for (const field of packet.fields) {
        const { body, operation } = field;
        if (operation === AUTOKEY_OPERATION.cert || !isAnswer(field, operation) || !body?.signature.length)
          continue;
        const kind = `${pathText(packet)} ${operation}`;
        assert.is(checkValue(body, last.get(kind)), undefined, kind);
        last.set(kind, body);
        if (operation === AUTOKEY_OPERATION.leap) {
          const leap = decodeLeapValues(body.value);
          assert.ok(leap.ok && hex(encodeLeapValues(leap.value)) === hex(body.value));
        }
      }
    }
  });

  test(`${name}: keys in COOKIE requests are those of the hosts`, () => {
    for (const packet of packets) {
      for (const { body, response, operation } of packet.fields) {
        if (response || operation !== AUTOKEY_OPERATION.cookie || body === undefined) continue;
        const host = sender(autokeyCase, packet);
        const parsed = parseRsaPublicKey(body.value);
        if (host === undefined || !parsed.ok) continue;
        assert.is(hex(host.key.publicDer), hex(body.value));
        assert.is(hex(encodeRsaPublicKey(parsed.value.key)), hex(body.value));
        assert.is(parsed.value.bits, host.key.bits);
      }
    }
  });

  const { chain } = figures;
  if (chain && chain.ids.length > 0)
    test(`${name}: broadcasts follow their key list`, () => {
      const broadcasts = packets.filter(({ mode }) => mode === 5);
      const values = { keyId: Number(chain.auto_key), sequence: chain.seq };
      const started = broadcasts.findIndex(({ fields }) =>
        fields.some((field) => isAnswer(field, AUTOKEY_OPERATION.autokey)),
      );
      const body = broadcasts[started]?.fields[0]?.body;
      assert.ok(body !== undefined && decodeAutokeyValues(body.value).ok);
      const ids: string[] = [];
      let position: Parameters<typeof followKeyList>[1] = { values, last: undefined };
      for (const { source, destination, tail } of broadcasts.slice(Math.max(0, started))) {
        const next = followKeyList({ digest, source, destination, cookie: 0 }, position, tail.keyId);
        assert.ok(next !== undefined, `0x${tail.keyId.toString(16)}`);
        position = next ?? position;
        ids.push(`0x${tail.keyId.toString(16)}`);
      }
      assert.equal(ids.slice(-chain.ids.length), chain.ids);
    });

  if (expected.sym !== undefined)
    test(`${name}: each symmetric packet links to the one before or to the autokey values`, () => {
      const { links } = expected.sym ?? { links: {} };
      const found: Record<string, Record<string, number>> = {};
      const last = new Map<string, number>();
      const values = new Map<string, number>();
      const known = new Map<string, number[]>();
      const halves = new Map<string, number>();
      for (const packet of packets) {
        if (packet.mode > 2) continue;
        const path = pathText(packet);
        for (const field of packet.fields) {
          if (isAnswer(field, AUTOKEY_OPERATION.autokey)) {
            const decoded = decodeAutokeyValues(field.body.value);
            assert.ok(decoded.ok && hex(encodeAutokeyValues(decoded.value)) === hex(field.body.value));
            if (decoded.ok) values.set(path, decoded.value.keyId);
          }
          if (!isAnswer(field, AUTOKEY_OPERATION.cookie)) continue;
          const key = receiver(autokeyCase, packet)?.key;
          const half = key && decryptCookie(key, field.body.value);
          if (half === undefined) continue;
          halves.set(path, half);
          const other = halves.get(`${addressText(packet.destination)}>${addressText(packet.source)}`);
          if (other !== undefined)
            known.set(pairText(packet), [
              ...(known.get(pairText(packet)) ?? []),
              symmetricCookie(half, other),
            ]);
        }
        const { source, destination, tail } = packet;
        if (isCryptoNak(tail) || tail.keyId <= 65_535) continue;
        found[path] ??= { packets: 0, prev_cookie: 0, prev_zero: 0, auto_cookie: 0, auto_zero: 0, none: 0 };
        const counts = found[path];
        counts['packets'] = (counts['packets'] ?? 0) + 1;
        let kind = 'none';
        for (const cookie of [...(known.get(pairText(packet)) ?? [])].reverse().concat(0)) {
          const next = nextKeyId(digest, source, destination, tail.keyId, cookie);
          const what = next === last.get(path) ? 'prev' : next === values.get(path) ? 'auto' : undefined;
          if (what === undefined) continue;
          kind = `${what}_${cookie === 0 ? 'zero' : 'cookie'}`;
          break;
        }
        counts[kind] = (counts[kind] ?? 0) + 1;
        last.set(path, tail.keyId);
      }
      assert.equal(found, links);
    });
}

if (cases.length > 0)
  test('the vectors were all there', () => {
    record('autokey golden vectors', { cases: cases.length, ...totals });
    assert.ok(cases.length >= 51);
  });

test.run();
