/**
 * What the reference servers answered, taken by our side of the dance with the reference client's keys: flags and
 * cryptostats lines come out as the reference's own. Proofs answer nonces of theirs and are recomputed in
 * identity/golden.test.ts, so VRFY is given here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DanceHost } from '../../../src/autokey/dance/host.js';
import { Partner } from '../../../src/autokey/dance/partner.js';
import type { Step } from '../../../src/autokey/dance/step.js';
import { FLAG } from '../../../src/autokey/flags.js';
import { AUTOKEY_OPERATION } from '../../../src/wire/autokey-field.js';
import { autokeyCases, type CaseField, hostAt } from '../../support/autokey-case.js';
import { recordedEnd } from '../../support/autokey-dance.js';
import { random } from '../../support/autokey-exchange.js';
import { addressText } from '../../support/pcap.js';
import { assert, has, record, test } from '../../support/suite.js';

/** Case, client and server; all ended with 0x7f00. */
const DANCES: readonly (readonly [name: string, client: string, server: string])[] = [
  ['cs-tc', 'b', 'a'],
  ['cs-pc', 'b', 'a'],
  ['cs-gq-fix', 'b', 'a'],
  ['cs-gq-ipv6', 'b', 'a'],
  ['cs-iff-fix', 'b', 'a'],
  ['cs-mv-fix', 'b', 'a'],
  ['leap-exchange', 'b', 'a'],
  ['size-rsa2048-sha256', 'b', 'a'],
  ['chain3-gq-cs', 'b', 'a'],
  ['chain3-gq-cs', 'c', 'b'],
  ['old-cs-gq', 'b', 'a'],
];
const UNIX_TO_NTP = 2_208_988_800n;
const cases = has('client against recorded servers', 'shared') ? autokeyCases() : [];
const counts = { answers: 0, lines: 0 };

/** Lines about this server in the client's recorded cryptostats, without day and second; the cookie starred. */
function recordedLines(folder: string, client: string, server: string): string[] {
  const file = join(folder, client, 'cryptostats');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , address, word = '']) => address === server && /^(assoc|cert|cook|sign|leap)$/.test(word))
    .map((words) =>
      words
        .slice(3)
        .join(' ')
        .replace(/^cook \S+/, 'cook *'),
    );
}

for (const [name, client, server] of DANCES) {
  const one = cases.find((known) => known.name === name);
  const own = one?.hosts.get(client);
  if (one === undefined || own === undefined) continue;
  test(`${name} ${client}>${server}: recorded answers bring the recorded flags and lines`, () => {
    const end = recordedEnd(own, Number(own.certificate.serial), one.digest);
    const isGroup = !/-(tc|pc)$|leap|size/.test(name);
    const partner = new Partner({
      ...{ host: end.host, certificates: end.certificates, random, compat: false },
      ident: isGroup ? 'peer1' : undefined,
    });
    const lines: string[] = [];
    const words: string[] = [];
    let address = '';
    for (const packet of one.packets) {
      if (packet.mode !== 4 || hostAt(packet.source) !== server || hostAt(packet.destination) !== client)
        continue;
      const [field] = packet.fields;
      // association 7 is the prober's of leap-exchange
      if (field === undefined || field.associationId === 7 || field.error) continue;
      address = addressText(packet.source);
      const now = Number((packet.timeNs / 1_000_000_000n + UNIX_TO_NTP) & 0xffff_ffffn);
      const step = take(partner, end.host, field, now);
      if (step === undefined) continue;
      if (step.kind === 'refused') assert.unreachable(`${step.report.fault}: ${step.report.text}`);
      if (step.kind !== 'advanced') continue;
      counts.answers += 1;
      lines.push(step.line);
      words.push((partner.flags & 0xff00).toString(16));
    }
    const recorded = recordedLines(one.folder, client, address);
    if (recorded.length > 0) {
      assert.equal(lines, recorded);
      counts.lines += lines.length;
    }
    assert.is(partner.flags & 0x7f00, 0x7f00, words.join(' '));
  });
}

function take(
  partner: Partner,
  host: DanceHost,
  { operation, body, associationId }: CaseField,
  now: number,
): Step | undefined {
  const time = { now, monotonic: now, isSynchronised: true };
  switch (operation) {
    case AUTOKEY_OPERATION.assoc:
      // old-cs-gq has two answers before the first line is written
      if (partner.has(FLAG.enabled)) return undefined;
      return partner.acceptAssociation(body, [associationId, associationId], FLAG.autokey, time);
    case AUTOKEY_OPERATION.cert:
      return partner.acceptCertificate(body, time);
    case AUTOKEY_OPERATION.gq:
    case AUTOKEY_OPERATION.iff:
    case AUTOKEY_OPERATION.mv:
      partner.mark(FLAG.verified);
      return undefined;
    case AUTOKEY_OPERATION.cookie: {
      const step = partner.acceptCookie(body);
      return step.kind === 'cookie'
        ? partner.settleCookie(step, host.hostKey.value.decryptOaep(step.encrypted))
        : step;
    }
    case AUTOKEY_OPERATION.sign:
      return partner.acceptSignature(body);
    case AUTOKEY_OPERATION.leap:
      return partner.acceptLeap(body);
    default:
      return undefined;
  }
}

test('what was compared is recorded', () => {
  if (counts.answers > 0) record('autokey client golden', counts);
});

test.run();
