import fc from 'fast-check';
import { ClientList, mruItems, parseMruRequest } from '../../src/control/mru-list.js';
import { isNonceValid, makeNonce } from '../../src/control/nonce.js';
import { answerControl } from '../../src/control/responder.js';
import { OPCODE } from '../../src/wire/mode6.js';
import { assert, test } from '../support/suite.js';
import { ask, depsFor, LOOPBACK, readMruList, SECRET } from './client.js';
import { clientView, fakeView, NOW_NS } from './fixture.js';

const MONO = 1_000_000_000_000n;

test('a nonce is good for its address and port for 16 s, and for nothing else', () => {
  const nonce = makeNonce(SECRET, MONO, LOOPBACK);
  assert.match(nonce, /^[0-9a-f]{32}$/);
  const valid = (change: { secret?: Uint8Array; after?: bigint; address?: Uint8Array; port?: number }) =>
    isNonceValid(nonce, change.secret ?? SECRET, MONO + (change.after ?? 0n), {
      address: change.address ?? LOOPBACK.address,
      port: change.port ?? LOOPBACK.port,
    });
  assert.ok(valid({}));
  assert.ok(valid({ after: 15_999_999_999n }));
  assert.not(valid({ after: 16_000_000_000n }));
  assert.not(valid({ after: -1n }));
  assert.not(valid({ address: Uint8Array.of(127, 0, 0, 2) }));
  assert.not(valid({ address: new Uint8Array(16) }));
  assert.not(valid({ port: LOOPBACK.port + 1 }));
  assert.not(valid({ secret: new Uint8Array(32) }));
});

test('a nonce with any digit changed is refused', () => {
  const nonce = makeNonce(SECRET, MONO, LOOPBACK);
  for (let i = 0; i < nonce.length; i += 1) {
    const forged = nonce.slice(0, i) + (nonce[i] === '0' ? '1' : '0') + nonce.slice(i + 1);
    assert.not(isNonceValid(forged, SECRET, MONO, LOOPBACK));
  }
  for (const text of ['', nonce.slice(1), `${nonce}0`, nonce.toUpperCase().replace(/\d/g, 'A')])
    assert.not(isNonceValid(text, SECRET, MONO, LOOPBACK));
});

test('without a valid nonce READ_MRU says nothing at all', () => {
  const view = fakeView();
  for (const text of ['', 'frags=32', 'nonce=1234, frags=32', 'frags=999', 'laddr=1.2.3.4'])
    assert.is(ask(view, OPCODE.readMru, 0, text).refusal, 'nonce');
});

test('frags or limit is needed, within bounds; laddr is refused, not ignored', () => {
  const view = fakeView();
  const nonce = makeNonce(SECRET, MONO, LOOPBACK);
  const errorOf = (text: string) => ask(view, OPCODE.readMru, 0, `nonce=${nonce}${text}`).error;
  assert.is(errorOf(''), 6);
  assert.is(errorOf(', frags=129'), 6);
  assert.is(errorOf(', limit=257'), 6);
  assert.is(errorOf(', limit=256'), undefined);
  assert.is(errorOf(', frags=128'), undefined);
  assert.is(errorOf(', frags=2, laddr=127.0.0.1'), 2);
});

test('a row has ntpq’s names and formats', () => {
  const view = fakeView(1);
  const nonce = makeNonce(SECRET, MONO, LOOPBACK);
  const { values } = ask(view, OPCODE.readMru, 0, `nonce=${nonce}, limit=1`);
  assert.is(values.get('addr.0'), '[2001:db8::1]:1024');
  assert.match(values.get('last.0') ?? '', /^0x[0-9a-f]{8}\.[0-9a-f]{8}$/);
  assert.is(values.get('ct.0'), '1');
  assert.is(values.get('mv.0'), String(4 * 8 + 3));
  assert.is(values.get('rs.0'), '0x8d0');
  assert.is(values.get('dr.0'), '0');
  assert.is(values.get('now'), '0xeeae46d0.80000000');
  assert.is(values.get('last.newest'), values.get('last.0'));
  assert.ok(isNonceValid(values.get('nonce') ?? '', SECRET, MONO, LOOPBACK));
});

test('5,000 clients are read to the end by a client that behaves like ntpq', () => {
  const view = fakeView(5000);
  const deps = depsFor(view);
  const list = deps.clients();
  const { rows, requests } = readMruList((datagram) =>
    answerControl(datagram, LOOPBACK, view, { ...deps, clients: () => list }),
  );
  assert.is(rows.size, 5000);
  assert.ok(requests < 60);
  for (const [i, count] of [
    [0, '1'],
    [4999, String(1 + (4999 % 97))],
  ] as const) {
    const { address, port } = clientView(i);
    const row = rows.get(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
    assert.is(row?.count, count);
  }
});

test('clients that are seen again while the list is read come with their newest state, and none is lost', () => {
  const view = fakeView(2000);
  const deps = depsFor(view);
  let now = NOW_NS;
  let turn = 0;
  const touch = () => {
    turn += 1;
    // Those just sent, so that the newest entries the reader has are all outdated, and some others.
    for (let i = 0; i < view.all.length; i += 1) {
      const client = view.all[i];
      if (client === undefined || (i % 7 !== turn % 7 && i > 40 * turn)) continue;
      if (turn > 10) continue;
      now += 3_000_000n;
      view.all[i] = { ...client, lastNs: now, count: client.count + 1000 };
    }
  };
  const { rows } = readMruList((datagram) => answerControl(datagram, LOOPBACK, view, deps), touch);
  assert.is(rows.size, 2000);
});

test('a filter leaves out the others and still ends', () => {
  const view = fakeView(100);
  const nonce = makeNonce(SECRET, MONO, LOOPBACK);
  const addresses = (filter: string) => {
    const { values } = ask(view, OPCODE.readMru, 0, `nonce=${nonce}, frags=128, ${filter}`);
    assert.ok(values.has('now'));
    return [...values.keys()].filter((name) => name.startsWith('addr.')).length;
  };
  assert.is(addresses('mincount=90'), view.all.filter((client) => client.count >= 90).length);
  assert.is(addresses('resall=0xc0'), 10);
  assert.is(addresses('resany=0x10'), 10);
  assert.is(addresses('mindrop=2'), 33);
  assert.is(addresses('maxlstint=1'), 0);
  assert.is(addresses('minlstint=1'), 100);
  assert.is(addresses('recent=12'), 12);
});

test('limit=1 with an entry’s address and time gives that entry itself', () => {
  const list = new ClientList(fakeView(50).all, NOW_NS);
  const first = mruItemsOf(list, 'limit=2').rows;
  const again = mruItemsOf(list, `limit=1, addr.0=${first[1]?.address}, last.0=${first[1]?.last}`);
  assert.is(again.rows.length, 1);
  assert.is(again.rows[0]?.address, first[1]?.address);
});

test('other spellings of an address are the same entry; one seen a second later is not', () => {
  const list = new ClientList([clientView(0)], NOW_NS);
  const { last } = mruItemsOf(list, 'limit=1').rows[0] ?? { last: '' };
  assert.is(list.find('[2001:0DB8:0::1]:1024', last), 0);
  assert.is(list.find('[2001:db8::1]:1025', last), -1);
  assert.is(list.find('[2001:db8::1]:1024', last.replace(/\.\w+/, '.ffffffff')), -1);
  assert.is(list.find('[2001:db8::1]:1024', 'soon'), -1);
});

test('a reply of any request fits the datagrams it may have, and never more than 32', () => {
  const list = new ClientList(fakeView(700).all, NOW_NS);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 128 }), fc.nat(699), (fragments, from) => {
      const start = list.entries[from];
      assert.ok(start);
      const parsed = parseMruRequest(`frags=${fragments}`);
      assert.ok(typeof parsed !== 'string');
      if (typeof parsed === 'string') return;
      const items = mruItems({ ...parsed, recent: 700 - from }, list, '0'.repeat(32));
      assert.ok(typeof items !== 'string');
      if (typeof items === 'string') return;
      assert.ok(items.join(',\r\n').length + 2 <= Math.min(32, fragments) * 468);
      assert.ok(fragments < 2 || items.length > 3, 'two datagrams hold a row at least');
    }),
    { numRuns: 200 },
  );
});

function mruItemsOf(list: ClientList, text: string) {
  const parsed = parseMruRequest(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  const items = mruItems(parsed, list, '0'.repeat(32));
  if (typeof items === 'string') throw new Error(items);
  const value = (name: string) => items.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
  const rows = [];
  for (let i = 0; value(`addr.${i}`) !== undefined; i += 1)
    rows.push({ address: value(`addr.${i}`) ?? '', last: value(`last.${i}`) ?? '' });
  return { items, rows };
}

test.run();
