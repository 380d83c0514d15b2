/**
 * The reference clients' recorded requests put to our server with the reference server's keys: what is determined comes out
 * byte for byte, what is random (proofs, cookies) as what it must be.
 */
import { decryptCookie, makeCookie, newCookieSecrets } from '../../../src/autokey/cookie.js';
import { answerRequest, type ServerContext } from '../../../src/autokey/dance/server.js';
import { openClientPacket } from '../../../src/autokey/dance/server-packet.js';
import { decodeLeapValues } from '../../../src/autokey/leap-values.js';
import { verifyValue } from '../../../src/autokey/value.js';
import { AUTOKEY_OPERATION, decodeAutokeyField } from '../../../src/wire/autokey-field.js';
import { autokeyCases, type CaseField, hostAt, viewOf } from '../../support/autokey-case.js';
import { recordedEnd } from '../../support/autokey-dance.js';
import { assert, has, record, test } from '../../support/suite.js';

const CASES = /^(cs-(tc|pc|gq-fix|iff-fix|gq-ipv6)|leap-exchange|size-rsa2048-sha256|old-cs-gq|fail-nopar)$/;
const UNIX_TO_NTP = 2_208_988_800n;
const secrets = newCookieSecrets(new Uint8Array(32).fill(7), 0);
const counts = { same: 0, cookies: 0, errors: 0 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const NAMES = new Map<number, string>(
  Object.entries(AUTOKEY_OPERATION).map(([name, number]) => [number, name]),
);

for (const one of has('server against recorded clients', 'shared') ? autokeyCases() : []) {
  if (!CASES.test(one.name)) continue;
  test(`${one.name}: recorded requests draw the recorded answers`, () => {
    const server = one.hosts.get('a');
    const client = one.hosts.get('b');
    if (server === undefined || client === undefined) throw new Error(one.name);
    let checked = 0;
    const serial = Number(server.certificate.serial);
    const end = recordedEnd(server, serial, one.digest);
    one.packets.forEach((packet, index) => {
      if (packet.mode !== 3 || hostAt(packet.source) !== 'b' || packet.fields.length === 0) return;
      const next = one.packets
        .slice(index + 1)
        .find((other) => other.mode === 4 && other.tail.keyId === packet.tail.keyId);
      const recorded = next?.fields[0];
      if (next === undefined || recorded === undefined) return;
      const now = Number((next.timeNs / 1_000_000_000n + UNIX_TO_NTP) & 0xffff_ffffn);
      const opened = openClientPacket(
        packet.payload,
        packet.tail,
        { digest: one.digest, client: packet.source, server: packet.destination },
        secrets,
        now,
      );
      assert.is(opened.kind, 'dance');
      if (opened.kind !== 'dance') return;
      const operation: number = recorded.operation;
      // The leap file of the case, and when the server last signed: both stand in its answers.
      const stamp =
        operation === AUTOKEY_OPERATION.cookie ? recorded.body?.filestamp : recorded.body?.timestamp;
      const leap =
        operation === AUTOKEY_OPERATION.leap && recorded.body !== undefined
          ? decodeLeapValues(recorded.body.value)
          : undefined;
      const timed = new Set<number>([AUTOKEY_OPERATION.sign, AUTOKEY_OPERATION.gq, AUTOKEY_OPERATION.iff]);
      if (!timed.has(operation) && stamp !== undefined && stamp !== 0)
        end.values.update(stamp, leap?.ok ? leap.value : undefined);
      const context: ServerContext = {
        values: end.values,
        certificates: end.certificates,
        cookie: () => makeCookie(secrets, packet.source, packet.destination),
        time: {
          now: operation === AUTOKEY_OPERATION.sign ? (stamp ?? now) : now,
          monotonic: 0,
          isSynchronised: true,
        },
        autokeyValues: () => undefined,
      };
      const decision = answerRequest(viewOf(packet.payload), opened.at, opened.length, context);
      const identity = operation >= 7 && operation <= 9;
      if (identity && !recorded.error) return;
      assert.is(decision.kind, 'reply');
      if (decision.kind !== 'reply') return;
      const bytes = next.payload.subarray(recorded.at, recorded.at + recorded.length);
      const what = `${NAMES.get(operation)} ${hex(packet.payload.subarray(48, 56))}`;
      checked += 1;
      if (recorded.error) counts.errors += 1;
      if (operation === AUTOKEY_OPERATION.cookie && !recorded.error) {
        const view = viewOf(decision.field);
        const field = decodeAutokeyField(view, 0, decision.field.length);
        assert.ok(field.ok && field.value.body !== undefined);
        if (!field.ok || field.value.body === undefined) return;
        assert.is(decision.field.length, bytes.length);
        assert.is(hex(decision.field.subarray(0, 8)), hex(bytes.subarray(0, 8)));
        assert.is(field.value.body.filestamp, recorded.body?.filestamp);
        const signer = { publicKey: server.certificate.publicKey, digest: server.certificate.scheme.digest };
        assert.is(verifyValue(signer, field.value.body), undefined);
        assert.is(
          decryptCookie(client.key, field.value.body.value),
          makeCookie(secrets, packet.source, packet.destination),
        );
        counts.cookies += 1;
        return;
      }
      const expected = withoutSchemes(bytes, recorded);
      assert.is(hex(withoutSchemes(decision.field, recorded)), hex(expected), what);
      counts.same += 1;
    });
    assert.ok(checked > 0);
  });
}

/** This server holds no identity keys, so an ASSOC's status word is compared without those bits. */
function withoutSchemes(bytes: Uint8Array, { operation, error }: CaseField): Uint8Array {
  const copy = bytes.slice();
  if (operation === AUTOKEY_OPERATION.assoc && !error) {
    const view = viewOf(copy);
    view.setUint32(12, (view.getUint32(12) & ~0xe0) >>> 0);
  }
  return copy;
}

test('what was compared is recorded', () => {
  if (counts.same > 0) record('autokey server golden', counts);
});

test.run();
