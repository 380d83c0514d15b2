import { compileAccess, RES } from '../../src/auth/restrict.js';
import {
  makeCookie,
  newCookieSecrets,
  OLD_SECRET_LIFE,
  rotateCookieSecret,
} from '../../src/autokey/cookie.js';
import { SESSION_DIGESTS, type SessionDigest, sessionMacLength } from '../../src/autokey/digest.js';
import { appendSessionMac, sessionKey, verifySessionMac } from '../../src/autokey/session-key.js';
import type { RestrictFlag } from '../../src/config/types.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { assert, test } from '../support/suite.js';
import { Bench, field, NOW_SECONDS, request, rule } from './fixture.js';

const CLIENT = Uint8Array.of(192, 0, 2, 7);
const SERVER = Uint8Array.of(192, 0, 2, 1);
const KEY_ID = 0x1234_5678;
const NOW = Number(unixNsToNtp(BigInt(NOW_SECONDS) * 1_000_000_000n) >> 32n);
const SECRETS = newCookieSecrets(new Uint8Array(32).fill(7), NOW - 1000);
const COOKIE = makeCookie(SECRETS, CLIENT, SERVER);
const ATTACHED = { address: Uint8Array.of(192, 0, 2, 0), prefixLength: 24 };

/** A client's packet with the session MAC of this private value. */
function sealed(privateValue: number, bytes = request(), digest: SessionDigest = 'MD5'): Uint8Array {
  const out = new Uint8Array(2120);
  out.set(bytes);
  const key = sessionKey(digest, CLIENT, SERVER, KEY_ID, privateValue);
  return out.slice(0, appendSessionMac(digest, key, KEY_ID, out, bytes.length));
}
const dance = (digest?: SessionDigest) => sealed(0, request({}, field(0x0202, 52)), digest);

function setUp(digest: SessionDigest = 'MD5', secrets = SECRETS, ...rules: RestrictFlag[]) {
  const bench = new Bench(rules.length > 0 ? [rule([0, 0, 0, 0], 0, ...rules)] : []);
  bench.state.access = compileAccess({
    rules: rules.length > 0 ? [rule([0, 0, 0, 0], 0, ...rules)] : [],
    attached: [ATTACHED],
  });
  bench.state.autokey = { digest, secrets };
  return bench;
}

const isSealedWith = (reply: Uint8Array | undefined, privateValue: number, digest: SessionDigest = 'MD5') =>
  reply !== undefined &&
  verifySessionMac(
    digest,
    sessionKey(digest, SERVER, CLIENT, KEY_ID, privateValue),
    reply,
    48,
    sessionMacLength(digest),
  );

test('a client with its cookie is answered on the spot, stamped before the MAC, with each digest', () => {
  for (const digest of SESSION_DIGESTS) {
    const bench = setUp(digest);
    const reply = bench.ask(sealed(COOKIE, request(), digest));
    assert.is(reply?.length, 48 + sessionMacLength(digest));
    assert.ok(isSealedWith(reply, COOKIE, digest), digest);
    const stamp = new DataView(reply!.buffer).getBigUint64(40);
    assert.is(stamp, unixNsToNtp(BigInt(NOW_SECONDS) * 1_000_000_000n + 10_000n));
    assert.is(bench.exchange.forward, false);
    assert.is(bench.counters.counters().authenticated, 1);
  }
});

test('the cookie of another address, of another key ID and another secret get a crypto-NAK, shorter than the request', () => {
  const bench = setUp();
  const other = sealed(COOKIE);
  other[48] = 0x22;
  for (const packet of [sealed(COOKIE ^ 1), sealed(0), other]) {
    const reply = bench.ask(packet);
    assert.is(reply?.length, 52);
    assert.equal([...reply!.subarray(48)], [0, 0, 0, 0]);
  }
  bench.exchange.source = Uint8Array.of(192, 0, 2, 8);
  assert.is(bench.ask(sealed(COOKIE))?.length, 52);
  assert.is(bench.counters.counters().nakSent, 4);
});

test('the secret before the present one is honoured for its time and no longer', () => {
  const rotated = rotateCookieSecret(SECRETS, new Uint8Array(32).fill(8), NOW - 1000);
  const bench = setUp('MD5', rotated);
  assert.ok(isSealedWith(bench.ask(sealed(COOKIE)), COOKIE));
  bench.at(NOW_SECONDS + OLD_SECRET_LIFE, 0);
  assert.is(bench.ask(sealed(COOKIE))?.length, 52);
});

test('a step of a dance with the right MAC goes to main, one with a wrong MAC gets a crypto-NAK', () => {
  const bench = setUp();
  assert.is(bench.ask(dance()), undefined);
  assert.ok(bench.exchange.forward);
  assert.ok((bench.exchange.restrictions & RES.attached) !== 0);
  assert.is(bench.ask(dance('SHA1'))?.length, 52);
  assert.not(bench.exchange.forward);
});

test('a dance from a network that is not our own goes to main where a rule allows it', () => {
  for (const allowed of [false, true]) {
    const bench = setUp('MD5', SECRETS, ...(allowed ? (['autokey'] as const) : []));
    bench.state.access = { ...bench.state.access, attached: [] };
    let forwarded = 0;
    for (let i = 0; i < 8; i += 1) {
      bench.ask(dance());
      if (!bench.exchange.forward) continue;
      forwarded += 1;
      assert.is((bench.exchange.restrictions & RES.autokey) !== 0, allowed);
    }
    assert.is(forwarded, allowed ? 8 : 1, 'without a rule one a minute, for the log');
    assert.is(bench.counters.refusals()['autokey-network'], allowed ? 0 : 7);
  }
});

test('a flood of valid steps from one sender and from many is cut to what main can bear', () => {
  const seconds = 10;
  const flood = (source: (i: number) => Uint8Array, attached: boolean) => {
    const bench = setUp('MD5', SECRETS, 'autokey');
    if (!attached) bench.state.access = { ...bench.state.access, attached: [] };
    let forwarded = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const at = (i * seconds) / 20_000;
      bench.at(NOW_SECONDS + Math.floor(at), Math.floor((at % 1) * 1e9));
      bench.exchange.source = source(i);
      const packet = new Uint8Array(2120);
      packet.set(request({}, field(0x0202, 52)));
      const key = sessionKey('MD5', bench.exchange.source, SERVER, KEY_ID, 0);
      bench.ask(packet.slice(0, appendSessionMac('MD5', key, KEY_ID, packet, 100)));
      if (bench.exchange.forward) forwarded += 1;
    }
    return forwarded;
  };
  const one = flood(() => CLIENT, true);
  assert.ok(one > 80 && one <= 8 + 8 * seconds, `${one} of one sender`);
  const subnet = flood((i) => Uint8Array.of(198, 51, 100, i & 255), false);
  assert.ok(subnet > 80 && subnet <= 8 + 8 * seconds, `${subnet} of a /24 that is not ours`);
  const many = flood((i) => Uint8Array.of(10, i & 255, (i >> 8) & 255, 9), false);
  assert.ok(many > 2000 && many <= 64 + 256 * seconds, `${many} of everywhere`);
});

test('after the clock was set back the door is open', () => {
  const bench = setUp();
  const passes = () => {
    bench.ask(dance());
    return bench.exchange.forward;
  };
  for (let i = 0; i < 8; i += 1) assert.ok(passes());
  assert.not(passes());
  bench.at(NOW_SECONDS - 86_400, 0);
  assert.ok(passes());
});

test('too many packets of a client with a cookie draw an authentic kiss; a step of a dance is dropped in silence', () => {
  const kissed = (packet: Uint8Array) => {
    const bench = setUp('MD5', SECRETS, 'limited', 'kod');
    bench.ask(sealed(COOKIE));
    return { reply: bench.ask(packet), counters: bench.counters.counters() };
  };
  const { reply } = kissed(sealed(COOKIE));
  assert.is(Buffer.from(reply ?? []).toString('latin1', 12, 16), 'RATE');
  assert.ok(isSealedWith(reply, COOKIE));
  const wrong = kissed(sealed(COOKIE ^ 1));
  assert.is(wrong.reply, undefined);
  const step = kissed(dance());
  assert.is(step.reply, undefined);
  assert.is(step.counters.kodSent, 0);
});

test('notrust lets a client with a cookie in; noserve and ignore let nobody in', () => {
  assert.ok(setUp('MD5', SECRETS, 'notrust').ask(sealed(COOKIE)));
  for (const flag of ['noserve', 'ignore'] as const) {
    const bench = setUp('MD5', SECRETS, flag);
    for (const packet of [sealed(COOKIE), dance()]) {
      assert.is(bench.ask(packet), undefined);
      assert.not(bench.exchange.forward);
    }
  }
});

test.run();
