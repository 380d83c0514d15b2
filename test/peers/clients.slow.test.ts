/**
 * chronyd, ntpd 4.2.8p15 and ntpsec's ntpd as clients of noonmarkd on the simulated board, whose truth is this machine's
 * clock, which is theirs too: each selects it and agrees with it, over IPv4 and IPv6, with keys of three kinds; with a
 * wrong key it gets a crypto-NAK and selects nothing. All run at once, each in a host of its own.
 */
import { symmetricKey, verifyMac } from '../../src/auth/mac.js';
import type { Host } from '../support/namespace.js';
import { run, until } from '../support/peers.js';
import { type Client, libraryPath, peerPath } from '../support/peers-client.js';
import { KEYS, type TestKey, WRONG_KEY } from '../support/peers-keys.js';
import { Noonmarkd, probe, SIMULATED } from '../support/peers-noonmark.js';
import { Ntpd } from '../support/peers-ntpd.js';
import { Scene } from '../support/peers-scene.js';
import { type ClientKind, startClient } from '../support/peers-start.js';
import { assert, has, record, test } from '../support/suite.js';

const KINDS: readonly ClientKind[] = ['chronyd', 'ntpd', 'ntpsec'];
/** Over a switch of the kernel, with user-space stamps on one side: generous, but a wrong clock is far outside. */
const AGREES_SECONDS = 1e-3;
const ALTOGETHER_SECONDS = 120;

interface Case {
  readonly name: string;
  readonly over: 'ipv4' | 'ipv6';
  readonly key?: TestKey;
}
const CASES: readonly Case[] = [
  { name: 'over IPv4', over: 'ipv4' },
  { name: 'over IPv6', over: 'ipv6' },
  { name: 'with an MD5 key', over: 'ipv4', key: KEYS.md5 },
  { name: 'with a SHA-1 key', over: 'ipv6', key: KEYS.sha1 },
  { name: 'with an AES-CMAC key', over: 'ipv4', key: KEYS.cmac },
];

interface Stage {
  readonly scene: Scene;
  readonly noonmarkd: Noonmarkd;
  readonly server: Host;
  readonly stranger: Host;
  readonly clients: ReadonlyMap<string, Client>;
}
let stage: Stage | undefined;
let scene: Scene | undefined;

const on = (): Stage => {
  if (stage === undefined) throw new Error('the stage was not set');
  return stage;
};
const client = (kind: ClientKind, name: string): Client => {
  const found = on().clients.get(`${kind} ${name}`);
  if (found === undefined) throw new Error(`no client ${kind} ${name}`);
  return found;
};

async function setUp(): Promise<void> {
  scene = new Scene();
  const { lab, files } = scene;
  const server = lab.host('server');
  const stranger = lab.host('stranger');
  const noonmarkd = new Noonmarkd(server, files, SIMULATED, Object.values(KEYS));
  const hosts = KINDS.flatMap((kind) =>
    [...CASES, { name: 'with a wrong key', over: 'ipv4' as const, key: WRONG_KEY }].map((one, i) => ({
      ...one,
      kind,
      host: lab.host(`${kind}${i}`),
    })),
  );
  await noonmarkd.locked(60, 2e-6);
  const clients = new Map(
    hosts.map(({ kind, name, over, key, host }): [string, Client] => [
      `${kind} ${name}`,
      startClient(kind, {
        host,
        files,
        upstreams: [{ address: server[over], ...(key === undefined ? {} : { key }) }],
      }),
    ]),
  );
  stage = { scene, noonmarkd, server, stranger, clients };
}

/** A client request, version 4, with the MAC of a key if there is one. */
function request(key: TestKey | undefined): Uint8Array {
  const bytes = new Uint8Array(48 + 24);
  bytes[0] = 0x23;
  bytes.fill(0x5a, 40, 48);
  if (key === undefined) return bytes.slice(0, 48);
  const material = symmetricKey({ ...key, secret: new Uint8Array(Buffer.from(key.hex, 'hex')), ranges: [] });
  new DataView(bytes.buffer).setUint32(48, key.id);
  return bytes.slice(0, 52 + material.computeMac(bytes, 48, bytes, 52));
}

/** What a crypto-NAK leaves behind. The reference, which heeds NAKs with Autokey only, counts it as restricted. */
async function sawNak(one: Ntpd): Promise<void> {
  const [peer] = await one.peers();
  const command = one.kind === 'ntpd' ? 'sysstats' : `readvar ${peer?.associationId} flash`;
  const trace = one.kind === 'ntpd' ? /^restricted:\s+[1-9]/m : /pkt_auth/;
  await until(
    {
      what: `${one.kind} sees a crypto-NAK`,
      seconds: on().scene.secondsLeft(ALTOGETHER_SECONDS),
      programs: [one.program],
    },
    async (seen) => {
      seen.is = await one.ask(command);
      return trace.test(seen.is) ? true : undefined;
    },
  );
}

if (has('foreign daemons as clients of noonmarkd', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const kind of KINDS) {
    for (const { name, key } of CASES) {
      test(`${kind} selects noonmarkd and agrees with it, ${name}`, async () => {
        const one = client(kind, name);
        const { offsetSeconds = Number.NaN } = await until(
          {
            what: `${kind} selects noonmarkd ${name}`,
            seconds: on().scene.secondsLeft(ALTOGETHER_SECONDS),
            programs: [one.program, on().noonmarkd.program],
          },
          async (seen) => {
            const reading = await one.read();
            seen.is = reading.text;
            return reading.selected && reading.authentication === (key === undefined ? 'none' : 'ok')
              ? reading
              : undefined;
          },
        );
        record(`peers/${kind} ${name}`, { offset_us: offsetSeconds * 1e6 });
        assert.ok(Math.abs(offsetSeconds) < AGREES_SECONDS, `offset ${offsetSeconds} s`);
        assert.not(one.program.maySetTheClock());
      });
    }
  }

  for (const kind of KINDS) {
    test(`${kind} with a wrong key takes the answers for not authentic and never selects noonmarkd`, async () => {
      const one = client(kind, 'with a wrong key');
      const reading = await until(
        {
          what: `${kind} finds its key refused`,
          seconds: on().scene.secondsLeft(ALTOGETHER_SECONDS),
          programs: [one.program],
        },
        async (seen) => {
          const found = await one.read();
          seen.is = found.text;
          assert.not(found.selected, found.text);
          return found.authentication === 'bad' ? found : undefined;
        },
      );
      assert.not(reading.reachable, reading.text);
      if (one instanceof Ntpd) await sawNak(one);
    });
  }

  test('on the wire a wrong key is answered with a crypto-NAK, no longer than the request', async () => {
    const { stranger, server } = on();
    for (const address of [server.ipv4, server.ipv6]) {
      const sent = request(WRONG_KEY);
      const answer = await probe(stranger, address, sent);
      assert.is(answer?.length, 52);
      assert.is((answer?.[0] ?? 0) & 7, 4);
      assert.equal([...(answer?.subarray(48) ?? [])], [0, 0, 0, 0]);
      assert.ok(52 <= sent.length);
    }
  });

  test('on the wire the right keys are answered with the same key, and no key without MAC', async () => {
    const { stranger, server } = on();
    for (const key of Object.values(KEYS)) {
      const sent = request(key);
      const answer = await probe(stranger, server.ipv4, sent);
      assert.is(answer?.length, sent.length);
      if (answer === undefined) continue;
      assert.is(new DataView(answer.buffer).getUint32(48), key.id);
      const material = symmetricKey({
        ...key,
        secret: new Uint8Array(Buffer.from(key.hex, 'hex')),
        ranges: [],
      });
      assert.ok(verifyMac(material, answer, 48, answer.length - 48));
    }
    assert.is((await probe(stranger, server.ipv4, request(undefined)))?.length, 48);
  });

  test('an address that came after the start is answered, from that address', async () => {
    const { stranger, server } = on();
    const address = server.alias();
    const wait = { what: `${address} answers`, seconds: 15, programs: [on().noonmarkd.program] };
    const answer = await until(wait, () => probe(stranger, address, request(undefined)));
    assert.is(answer.length, 48);
  });

  test('ntpdate -q and chronyd -Q, which ask and go, agree with it', async () => {
    const { stranger, server, scene } = on();
    const once = (address: string) => [
      ...['-Q', '-t', '20', '-u', 'root', `server ${address} iburst`, 'port 0', 'cmdport 0'],
      `pidfile ${scene.files.path('once.pid')}`,
    ];
    const tools = {
      ntpdate: (address: string) =>
        run(stranger, [peerPath('ntp/usr/sbin/ntpdate'), '-q', address], {
          env: { LD_LIBRARY_PATH: libraryPath(peerPath('ntp')) },
          timeoutSeconds: 30,
        }),
      chronyd: (address: string) =>
        run(stranger, [peerPath('chrony/usr/sbin/chronyd'), ...once(address)], { timeoutSeconds: 30 }),
    };
    for (const [name, ask] of Object.entries(tools)) {
      for (const address of [server.ipv4, server.ipv6]) {
        const said = await ask(address);
        const offset = Number(/(?:offset|wrong by) ([-+]?\d+\.\d+) sec/.exec(said)?.[1] ?? Number.NaN);
        assert.ok(Math.abs(offset) < AGREES_SECONDS, `${name} ${address}: ${said}`);
      }
    }
  });

  test('a client whose key was refused has still not selected noonmarkd', async () => {
    for (const kind of KINDS) {
      const { selected, reachable, text } = await client(kind, 'with a wrong key').read();
      assert.not(selected || reachable, text);
    }
  });

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
    assert.not(on().noonmarkd.program.maySetTheClock());
  });

  test.run();
}
