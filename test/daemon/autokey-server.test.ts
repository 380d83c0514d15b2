/**
 * The server's side of Autokey with a real crypto thread: the recorded requests of the reference's clients, put to the
 * recorded server's keys as they stand on disk; who gets no answer; and what forged senders draw.
 */
import { RES } from '../../src/auth/restrict.js';
import { CALLER_BYTES } from '../../src/autokey/allowance.js';
import { decryptCookie, makeCookie, newCookieSecrets } from '../../src/autokey/cookie.js';
import { BroadcastValues } from '../../src/autokey/dance/broadcast-values.js';
import { makeEnd } from '../../src/autokey/dance/end.js';
import { openKeyFolder } from '../../src/autokey/files/folder.js';
import { loadKeys } from '../../src/autokey/files/load.js';
import { checkAnswer } from '../../src/autokey/identity/scheme.js';
import { UNKNOWN_LEAP } from '../../src/autokey/leap-values.js';
import { keyPolicy } from '../../src/autokey/policy.js';
import { sessionKey } from '../../src/autokey/session-key.js';
import { verifyValue } from '../../src/autokey/value.js';
import { AutokeyServer } from '../../src/daemon/autokey-server.js';
import { CryptoThread } from '../../src/daemon/crypto-thread.js';
import type { LogEvent } from '../../src/ports/log-events.js';
import type { ForwardedPacket } from '../../src/responder/ring-records.js';
import type { ServedTransmission } from '../../src/source/association/context.js';
import type { SystemVariables } from '../../src/source/system.js';
import { decodeAutokeyField } from '../../src/wire/autokey-field.js';
import { decodeHeader } from '../../src/wire/header.js';
import { autokeyCases, type CasePacket, hostAt, viewOf } from '../support/autokey-case.js';
import { vectorHosts, withKeyFolder } from '../support/autokey-vectors.js';
import { assert, has, record, test } from '../support/suite.js';

const SECRETS = newCookieSecrets(new Uint8Array(32).fill(5), 0);
const SYSTEM: SystemVariables = {
  state: 'synchronised',
  leap: 0,
  stratum: 1,
  precisionLog2: -20,
  rootDelaySeconds: 0,
  rootDispersionSeconds: 0.001,
  sourceDispersionSeconds: 0,
  refid: Buffer.from('GPS\0'),
  referenceTimeNs: 1n,
  systemPeer: 1,
  monoNs: 0n,
  nowNs: 0n,
  lostSinceNs: undefined,
};
const UNIX_TO_NTP = 2_208_988_800n;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ntpSeconds = ({ timeNs }: CasePacket): number =>
  Number((timeNs / 1_000_000_000n + UNIX_TO_NTP) & 0xffff_ffffn);

/** A server with the keys of a recorded host, on a clock that the test moves. */
function serverOf(source: string, updatedAt: number, share = 1) {
  const settings = { digest: 'MD5', policy: keyPolicy(512, 'MD4') } as const;
  const { name, password, hostName, group } = vectorHosts().find((host) => host.source === source)!;
  const keys = withKeyFolder(source, (folder) =>
    loadKeys(openKeyFolder(folder), { hostName, group, password, nowSeconds: undefined }),
  );
  const end = makeEnd(keys, settings);
  if (end === undefined) throw new Error(name);
  end.values.update(updatedAt);
  const crypto = new CryptoThread({ budget: { bytes: 100_000, poolEntries: 1 } });
  crypto.setKeys({ identity: [...end.host.identityKeys.values()].map(({ value }) => value) });
  const state = { now: updatedAt, monoNs: 1_000_000_000n };
  const sent: ServedTransmission[] = [];
  const logged: [LogEvent, string][] = [];
  const notes: string[] = [];
  let transmit = 1n;
  const server = new AutokeyServer({
    share,
    clock: { monotonic: () => state.monoNs, toServed: (ns) => ns },
    scheduler: { monotonic: () => state.monoNs, after: () => ({ cancel() {} }) },
    log: { write: (_, event, text) => logged.push([event, text]) },
    port: {
      localAddressFor: () => undefined,
      send(transmission) {
        sent.push(transmission);
        transmit += 1n;
        transmission.stamped?.({ transmitTime: transmit, kernelNs: 0n });
        return true;
      },
    },
    system: () => SYSTEM,
    service: {
      crypto,
      broadcasts: new BroadcastValues(),
      door: { digest: 'MD5', secrets: SECRETS },
      end: () => end,
      leapValues: UNKNOWN_LEAP,
      material: { keys, settings },
      note: (address, line) => notes.push(`${address} ${line}`),
      time: () => ({ now: state.now, monotonic: state.now, isSynchronised: true }),
    },
  });
  const settled = async (count: number) => {
    for (let i = 0; i < 1000 && sent.length < count; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is(sent.length, count);
  };
  const close = () => {
    server.stop();
    return crypto.stop();
  };
  return { server, end, crypto, state, sent, logged, notes, settled, close, lastTransmit: () => transmit };
}

const forwarded = (packet: Pick<CasePacket, 'payload' | 'source' | 'destination'>): ForwardedPacket => ({
  bytes: packet.payload,
  kernelNs: 0n,
  kernelStamped: true,
  address: packet.source,
  port: 123,
  localAddress: packet.destination,
  interfaceIndex: 2,
  socket: 7,
  restrictions: RES.attached,
});

const cases = has('Autokey server with recorded requests', 'shared') ? autokeyCases() : [];

for (const one of cases.filter(({ name }) => /^(cs-tc|cs-gq-fix|cs-iff-fix|cs-gq-ipv6)$/.test(name)))
  test(`${one.name}: recorded requests draw the recorded answers, proofs and cookies that hold, by the way they came`, async () => {
    const isFrom = (letter: string, mode: number) => (packet: CasePacket) =>
      packet.mode === mode && hostAt(packet.source) === letter && packet.fields.length > 0;
    const requests = one.packets.filter(isFrom('b', 3));
    const answers = one.packets.filter(isFrom('a', 4));
    const updatedAt = answers.map(({ fields }) => fields[0]!).find(({ operation }) => operation === 2)!
      .body!.timestamp;
    const bench = serverOf(`${one.folder}/a`, updatedAt);
    const [server, client] = [one.hosts.get('a')!, one.hosts.get('b')!];
    let same = 0;
    try {
      for (const request of requests) {
        const answer = answers.find(({ tail }) => tail.keyId === request.tail.keyId);
        const recorded = answer?.fields[0];
        if (answer === undefined || recorded?.body === undefined) continue;
        const operation: number = recorded.operation;
        const signedThen = [3, 6, 7, 8].includes(operation);
        bench.state.now = signedThen ? recorded.body.timestamp || ntpSeconds(answer) : ntpSeconds(answer);
        bench.state.monoNs += 8_000_000_000n;
        bench.server.receive(forwarded(request));
        await bench.settled(bench.sent.length + 1);
        const { bytes, session, way, port } = bench.sent.at(-1)!;
        assert.equal([way?.socket, way?.interfaceIndex, port], [7, 2, 123]);
        assert.is(session?.keyId, request.tail.keyId);
        assert.is(
          hex(session?.key ?? new Uint8Array(0)),
          hex(sessionKey('MD5', request.destination, request.source, request.tail.keyId, 0)),
        );
        const header = decodeHeader(viewOf(bytes), bytes.length);
        if (!header.ok) throw new Error(header.reason);
        assert.is(header.value.mode, 4);
        assert.is(header.value.originTime, viewOf(request.payload).getBigUint64(40));
        const field = decodeAutokeyField(viewOf(bytes), 48, bytes.length - 48);
        if (!field.ok || field.value.body === undefined) throw new Error(`operation ${operation}`);
        const { value, timestamp } = field.value.body;
        const theirs = answer.payload.subarray(recorded.at, recorded.at + recorded.length);
        if (operation === 3) {
          assert.is(
            decryptCookie(client.key, value),
            makeCookie(SECRETS, request.source, request.destination),
          );
        } else if (operation === 7 || operation === 8) {
          const scheme = operation === 7 ? 'iff' : 'gq';
          const held = bench.end.host.parameters(scheme, 'peer1')!.value;
          const publicValue = server.certificate.gqValue;
          const challenge = request.fields[0]!.body!.value;
          assert.ok(checkAnswer({ held, challenge, publicValue }, value).ok, scheme);
        } else if (operation === 1)
          assert.is(hex(bytes.subarray(48, 60)), hex(theirs.subarray(0, 8)) + hex(bytes.subarray(56, 60)));
        else {
          assert.is(hex(bytes.subarray(48)), hex(theirs));
          same += 1;
        }
        if (operation !== 1) {
          const signer = {
            publicKey: server.certificate.publicKey,
            digest: server.certificate.scheme.digest,
          };
          assert.is(verifyValue(signer, { ...field.value.body, timestamp }), undefined);
        }
      }
      assert.ok(same >= 2, `${same} were the same to the byte`);
    } finally {
      await bench.close();
    }
  });

const gq = cases.find(({ name }) => name === 'cs-gq-fix');
if (gq !== undefined) {
  const certificateRequest = gq.packets.find(({ mode, fields }) => mode === 3 && fields[0]?.operation === 2)!;
  const updatedAt = ntpSeconds(certificateRequest);
  const setUp = () => serverOf(`${gq.folder}/a`, updatedAt);

  test('a client of a network that is not ours gets no answer; the log tells the line that would allow it, once', async () => {
    const bench = setUp();
    try {
      for (let i = 0; i < 3; i += 1)
        bench.server.receive({ ...forwarded(certificateRequest), restrictions: 0 });
      assert.is(bench.server.view().notAllowed, 3);
      assert.is(bench.logged.filter(([event]) => event === 'autokey-network').length, 1);
      assert.match(bench.logged[0]?.[1] ?? '', /restrict 10\.9\.0\.2 autokey/);
      bench.server.receive({ ...forwarded(certificateRequest), restrictions: RES.autokey });
      await bench.settled(1);
    } finally {
      await bench.close();
    }
  });

  test('what peers ask for takes its turn, and waits while our own dances have used up the share', async () => {
    const bench = serverOf(`${gq.folder}/a`, updatedAt, 0.25);
    const done: string[] = [];
    const ask = (name: string) =>
      bench.server.forPeer({ address: name, isProven: true }, async () => {
        done.push(name);
        return { done: true, result: name, seconds: 0.001 };
      });
    const soon = () => new Promise((resolve) => setTimeout(resolve, 20));
    try {
      assert.equal(await ask('10.9.0.7'), { done: true, result: '10.9.0.7', seconds: 0.001 });
      // Half a second was saved up: 0.4 s are owed, which takes 1.6 s.
      bench.server.spent(0.9);
      const waiting = [ask('10.9.0.7'), ask('10.9.0.8')];
      await soon();
      assert.equal(done, ['10.9.0.7']);
      bench.state.monoNs += 1_500_000_000n;
      bench.server.receive({ ...forwarded(certificateRequest), restrictions: 0 });
      const early = ask('10.9.0.9');
      await soon();
      assert.equal(done, ['10.9.0.7']);
      bench.state.monoNs += 200_000_000n;
      const last = ask('10.9.0.10');
      await Promise.all([...waiting, early, last]);
      assert.equal(done, ['10.9.0.7', '10.9.0.7', '10.9.0.8', '10.9.0.9', '10.9.0.10']);
      assert.is(Number(bench.server.view().busySeconds.toFixed(3)), 0.905);
    } finally {
      await bench.close();
    }
  });

  test('what is no request of a dance is passed over', async () => {
    const bench = setUp();
    try {
      const whole = certificateRequest.payload;
      for (let length = 0; length < whole.length; length += 4)
        bench.server.receive({ ...forwarded(certificateRequest), bytes: whole.slice(0, length) });
      const mode4 = whole.slice();
      mode4[0] = 0x24;
      bench.server.receive({ ...forwarded(certificateRequest), bytes: mode4 });
      assert.is(bench.sent.length, 0);
      bench.server.receive(forwarded(certificateRequest));
      await bench.settled(1);
    } finally {
      await bench.close();
    }
  });

  test('forged senders of a whole /24 draw no more than one of its clients may, less than they send; who repeats our time is none', async () => {
    const bench = setUp();
    try {
      let bytesIn = 0;
      for (let i = 0; i < 2000; i += 1) {
        const source = Uint8Array.of(10, 9, 7, i & 255);
        bench.state.monoNs += 10_000_000n;
        bytesIn += certificateRequest.payload.length;
        bench.server.receive({ ...forwarded(certificateRequest), address: source });
        // The crypto thread works in real time, and begins with its start.
        await new Promise((resolve) => setTimeout(resolve, i === 0 ? 500 : 1));
      }
      const out = () => bench.sent.reduce((sum, { bytes }) => sum + bytes.length + 20, 0);
      const bound = CALLER_BYTES.burst + 20 * CALLER_BYTES.rate;
      record('autokey-server-spoofed', { bytesIn, bytesOut: out(), outByIn: out() / bytesIn });
      assert.ok(out() > 4000 && out() <= bound, `${out()} bytes in 20 s`);
      assert.ok(out() < bytesIn);
      const count = bench.sent.length;
      const proven = certificateRequest.payload.slice();
      viewOf(proven).setBigUint64(24, bench.lastTransmit());
      const [last] = bench.sent.slice(-1);
      const address = Uint8Array.from(last!.address.split('.'), Number);
      bench.server.receive({ ...forwarded(certificateRequest), bytes: proven, address });
      await bench.settled(count + 1);
    } finally {
      await bench.close();
    }
  });
}

test.run();
