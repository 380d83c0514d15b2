import { appendMac, type KeyMaterial, symmetricKey, verifyMac } from '../../../src/auth/mac.js';
import type { SimServerOptions } from '../../../src/sim/ntp-server.js';
import { FLASH } from '../../../src/source/association/flash.js';
import { assert, test } from '../../support/suite.js';
import { line, Rig } from '../rig.js';

const material = (id: number, algorithm: KeyMaterial['algorithm'], fill: number): KeyMaterial => ({
  id,
  algorithm,
  secret: new Uint8Array(16).fill(fill),
  ranges: [],
});
const ALGORITHMS = ['MD5', 'SHA1', 'SHA256', 'AES-128-CMAC'] as const;

/** A server that checks the request's MAC with `key`, and answers with one, or with a crypto-NAK. */
const keyed = (key: KeyMaterial, more: SimServerOptions = {}): SimServerOptions => ({
  ...more,
  amend: (reply, request) => {
    const symmetric = symmetricKey(key);
    if (request.length === 48) return reply;
    const out = new Uint8Array(48 + 4 + 64);
    out.set(reply);
    if (!verifyMac(symmetric, request, 48, request.length - 48)) return out.slice(0, 52);
    return out.slice(0, appendMac(symmetric, out, 48));
  },
});

test('with a key of each kind the association is authentic and selected', async () => {
  for (const algorithm of ALGORITHMS) {
    const key = material(5, algorithm, 9);
    const rig = new Rig({ keys: [key] });
    rig.server('192.0.2.10', keyed(key));
    rig.mobilise(line('192.0.2.10', { key: 5 }));
    await rig.run(30);
    const view = rig.views()[0]!;
    assert.equal(
      [view.authenticationEnabled, view.authentic, view.keyId, view.flash, rig.selection.systemPeer],
      [true, true, 5, 0, 1],
      algorithm,
    );
    assert.ok(rig.network.requests.every((bytes) => bytes.length > 48));
  }
});

test('a wrong key gets a crypto-NAK, is said so, and is never selected', async () => {
  const rig = new Rig({ keys: [material(5, 'SHA1', 1)] });
  rig.server('192.0.2.10', keyed(material(5, 'SHA1', 2)));
  rig.mobilise(line('192.0.2.10', { key: 5 }));
  await rig.run(100);
  const view = rig.views()[0]!;
  assert.equal([view.authentic, view.reach, view.unfit], [false, 0, 'authentication']);
  assert.is(view.flash & FLASH.authentication, FLASH.authentication);
  assert.match(view.remark, /crypto-NAK/);
  assert.is(rig.selection.systemPeer, undefined);
});

test('with a key, answers without MAC, of another key or with a bad digest are never used, nor such kisses', async () => {
  const good = symmetricKey(material(5, 'SHA1', 1));
  const other = symmetricKey(material(6, 'SHA1', 1));
  const garble: ((reply: Uint8Array) => Uint8Array)[] = [
    (reply) => reply,
    (reply) => {
      const out = new Uint8Array(72);
      out.set(reply);
      appendMac(other, out, 48);
      return out;
    },
    (reply) => {
      const out = new Uint8Array(72);
      out.set(reply);
      appendMac(good, out, 48);
      out[60] = (out[60] ?? 0) ^ 1;
      return out;
    },
    (reply) => {
      // An honest MAC, then the reply is changed.
      const out = new Uint8Array(72);
      out.set(reply);
      appendMac(good, out, 48);
      out[40] = (out[40] ?? 0) ^ 1;
      return out;
    },
  ];
  for (const amend of garble) {
    for (const behaviour of ['serve', 'DENY', 'RATE'] as const) {
      const rig = new Rig({ keys: [material(5, 'SHA1', 1), material(6, 'SHA1', 1)] });
      const server = rig.server('192.0.2.10', { amend, behaviour });
      rig.mobilise(line('192.0.2.10', { key: 5 }));
      await rig.run(200);
      assert.is(rig.samples.length, 0);
      assert.is(rig.views()[0]!.unfit, 'authentication');
      assert.is(rig.views()[0]!.hostPoll, 6);
      assert.ok(server.requests > 8);
    }
  }
});

test('an authentic DENY is obeyed', async () => {
  const key = material(5, 'SHA1', 1);
  const rig = new Rig({ keys: [key] });
  const server = rig.server('192.0.2.10', keyed(key, { behaviour: 'DENY' }));
  rig.mobilise(line('192.0.2.10', { key: 5 }));
  await rig.run(1000);
  assert.equal([server.requests, rig.views()[0]!.unfit], [1, 'denied']);
});

test('a key that is missing or not for this address sends nothing, until it is there', async () => {
  const key = material(5, 'SHA1', 1);
  const confined = { ...key, ranges: [{ address: Uint8Array.of(198, 51, 100, 0), prefixLength: 24 }] };
  const rig = new Rig({ keys: [confined] });
  const server = rig.server('192.0.2.10', keyed(key));
  rig.mobilise(line('192.0.2.10', { key: 5 }));
  await rig.run(300);
  assert.equal([server.requests, rig.views()[0]!.unfit], [0, 'authentication']);
  assert.match(rig.views()[0]!.remark, /key 5/);
  rig.keys = new Map([[5, symmetricKey(key)]]);
  await rig.run(700);
  assert.ok(server.requests > 0);
  assert.is(rig.views()[0]!.authentic, true);
});

test('without a key an answer with a MAC or a crypto-NAK is not ours', async () => {
  for (const tail of [24, 4]) {
    const rig = new Rig();
    rig.server('192.0.2.10', {
      amend: (reply) => {
        const out = new Uint8Array(48 + tail);
        out.set(reply);
        return out;
      },
    });
    rig.mobilise(line('192.0.2.10'));
    await rig.run(60);
    assert.is(rig.samples.length, 0);
    assert.is(rig.views()[0]!.flash & FLASH.authentication, FLASH.authentication);
  }
});

test.run();
