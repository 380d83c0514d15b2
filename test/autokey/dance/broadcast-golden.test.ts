/**
 * Recorded broadcasts of the reference: our server's half makes the same bytes from its keys, our client's half accepts
 * them, follows their key list, and comes through the recorded answers to the recorded flags and lines.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BroadcastFollower,
  isAssociation,
  openBroadcast,
} from '../../../src/autokey/dance/broadcast-client.js';
import { fieldBytes } from '../../../src/autokey/dance/field.js';
import { Partner } from '../../../src/autokey/dance/partner.js';
import type { Step } from '../../../src/autokey/dance/step.js';
import { FLAG } from '../../../src/autokey/flags.js';
import { signValue, unsignedValue } from '../../../src/autokey/value.js';
import { AUTOKEY_OPERATION } from '../../../src/wire/autokey-field.js';
import { newTail } from '../../../src/wire/mac-trailer.js';
import { autokeyCases, type CaseField, hostAt } from '../../support/autokey-case.js';
import { recordedEnd } from '../../support/autokey-dance.js';
import { random } from '../../support/autokey-exchange.js';
import { assert, has, record, test } from '../../support/suite.js';

const NAMES = ['bcast-tc', 'bcast-gq', 'mcast-gq'];
const UNIX_TO_NTP = 2_208_988_800n;
const cases = has('broadcasts of recorded servers', 'shared') ? autokeyCases() : [];
const counts = { broadcasts: 0, lines: 0 };

for (const name of NAMES) {
  const one = cases.find((known) => known.name === name);
  const server = one?.hosts.get('a');
  const client = one?.hosts.get('b');
  if (one === undefined || server === undefined || client === undefined) continue;
  const broadcasts = one.packets.filter(({ mode }) => mode === 5);

  test(`${name}: our server's half makes the recorded fields, signature and all`, () => {
    assert.ok(broadcasts.length > 3);
    const { digest } = server.certificate.scheme;
    for (const { fields, payload } of broadcasts) {
      assert.is(fields.length, 1);
      const [field] = fields as [CaseField];
      const { timestamp, filestamp, value } = field.body!;
      const isValues = field.operation === AUTOKEY_OPERATION.autokey;
      const body = isValues
        ? signValue(server.key, digest, timestamp, filestamp, value)
        : unsignedValue(timestamp, filestamp, Buffer.from(server.certificate.subject));
      const recorded = payload.subarray(field.at, field.at + field.length);
      assert.equal(
        Buffer.from(fieldBytes(field, body)).toString('hex'),
        Buffer.from(recorded).toString('hex'),
      );
    }
  });

  test(`${name}: our client's half ends with the recorded flags and lines, and follows the list`, () => {
    const end = recordedEnd(client, Number(client.certificate.serial), one.digest);
    const follower = new BroadcastFollower();
    const partner = new Partner({
      ...{ host: end.host, certificates: end.certificates, random, compat: false },
      ident: name.endsWith('gq') ? 'peer1' : undefined,
    });
    const lines: string[] = [];
    let onList = 0;
    let known = 0;
    const accept = (step: Step | undefined): void => {
      if (step?.kind === 'refused') assert.unreachable(`${step.report.fault}: ${step.report.text}`);
      if (step?.kind === 'advanced') lines.push(step.line);
    };
    for (const packet of one.packets) {
      const [field] = packet.fields;
      const now = Number((packet.timeNs / 1_000_000_000n + UNIX_TO_NTP) & 0xffff_ffffn);
      const time = { now, monotonic: now, isSynchronised: true };
      if (packet.mode === 5) {
        const path = { digest: one.digest, source: packet.source, destination: packet.destination };
        const heard = openBroadcast(packet.payload, newTail(), path);
        if (heard === undefined) return assert.unreachable('a recorded MAC is refused');
        counts.broadcasts += 1;
        if (isAssociation(heard) && !partner.has(FLAG.enabled))
          accept(
            partner.acceptAssociation(
              heard.field.body,
              [associationOf(one), heard.field.associationId],
              0,
              time,
            ),
          );
        if (!follower.isOnList) continue;
        known += 1;
        if (follower.follow(heard, path)) onList += 1;
        assert.not.ok(follower.follow(heard, path), 'the same packet again is not the next one');
      } else if (packet.mode === 4 && field !== undefined && hostAt(packet.destination) === 'b') {
        const { operation, body } = field;
        if (operation === AUTOKEY_OPERATION.cert) accept(partner.acceptCertificate(body, time));
        else if (operation === AUTOKEY_OPERATION.gq) partner.mark(FLAG.verified);
        else if (operation === AUTOKEY_OPERATION.cookie) {
          const step = partner.acceptCookie(body);
          const opened =
            step.kind === 'cookie' ? end.host.hostKey.value.decryptOaep(step.encrypted) : undefined;
          accept(step.kind === 'cookie' ? partner.settleCookie(step, opened) : step);
        } else if (operation === AUTOKEY_OPERATION.autokey)
          accept(follower.takeValues({ keyId: packet.tail.keyId, field }, partner));
        else if (operation === AUTOKEY_OPERATION.sign) accept(partner.acceptSignature(body));
        else if (operation === AUTOKEY_OPERATION.leap) accept(partner.acceptLeap(body));
      }
    }
    assert.is(partner.flags & 0x7f00, 0x7f00);
    assert.ok(known > 0, 'broadcasts came after the values of the list');
    assert.is(onList, known);
    const recorded = recordedLines(one.folder);
    assert.equal(lines, recorded);
    counts.lines += lines.length;
  });
}

/** Of the client, as its requests tell it. */
const associationOf = ({ packets }: (typeof cases)[number]): number =>
  packets.find(({ mode, fields }) => mode === 3 && fields.length > 0)?.fields[0]?.associationId ?? 0;

/** Lines about the server in the client's cryptostats, without day and second; the cookie starred. */
const recordedLines = (folder: string): string[] =>
  readFileSync(join(folder, 'b', 'cryptostats'), 'utf8')
    .split('\n')
    .map((line) => line.split(' ').slice(3))
    .filter(([word = '']) => /^(assoc|cert|cook|auto|sign|leap)$/.test(word))
    .map((words) => words.join(' ').replace(/^cook \S+/, 'cook *'));

test('what was compared is recorded', () => {
  if (counts.broadcasts > 0) record('autokey broadcast golden', counts);
});

test.run();
