import fc from 'fast-check';
import { AssociationIds } from '../../src/control/association-ids.js';
import { ReplyBudget } from '../../src/control/reply-budget.js';
import { ControlService } from '../../src/control/service.js';
import { OPCODE } from '../../src/wire/mode6.js';
import { assert, test } from '../support/suite.js';
import { LOOPBACK, readMruList, request } from './client.js';
import { fakeView } from './fixture.js';

function serve(clients = 3) {
  const logged: string[] = [];
  const state = { monoNs: 5_000_000_000n, broken: false, listed: 0 };
  const view = fakeView(clients);
  const service = new ControlService({
    view: {
      ...view,
      system: () => {
        if (state.broken) throw new Error('no system today');
        return view.system();
      },
      clients: (limit) => {
        state.listed += 1;
        return view.clients(limit);
      },
    },
    random: { bytes: (n) => new Uint8Array(n).fill(9), uniform: () => 0.5 },
    log: { write: (_level, event) => logged.push(event) },
    monotonic: () => state.monoNs,
    keys: () => new Map(),
    mru: () => ({ enabled: true, minDepth: 600, maxAgeSeconds: 64, entryBytes: 64 }),
  });
  return { service, state, logged };
}

const stranger = (last: number) => ({ address: Uint8Array.of(203, 0, 113, last), port: 5555 });
const size = (packets: readonly Uint8Array[]) => packets.reduce((sum, packet) => sum + packet.length, 0);

test('a view that fails is logged, and the request gets no answer', () => {
  const { service, state, logged } = serve();
  state.broken = true;
  assert.equal(service.answer(request(OPCODE.readVariables), LOOPBACK, 0), []);
  assert.equal(logged, ['control-failed']);
  assert.is(service.refusals.get('failed'), 1);
});

test('loopback may ask as often as it likes; a stranger gets 64 KiB at once and 8 KiB a second then', () => {
  const { service, state } = serve();
  const ask = (from: { address: Uint8Array; port: number }) =>
    size(service.answer(request(OPCODE.readVariables), from, 0));
  const drain = (from: { address: Uint8Array; port: number }, times: number) => {
    let bytes = 0;
    for (let i = 0; i < times; i += 1) bytes += ask(from);
    return bytes;
  };
  const one = ask(LOOPBACK);
  assert.is(drain(LOOPBACK, 1000), 1000 * one);
  const burst = drain(stranger(1), 1000);
  assert.ok(burst <= 65_536 && burst > 65_536 - one);
  state.monoNs += 10_000_000_000n;
  const later = drain(stranger(1), 1000);
  assert.ok(later <= 81_920 && later > 65_536 - one);
  assert.ok((service.refusals.get('budget') ?? 0) > 1000);
});

test('thousands of forged strangers together draw no more than the common budget, in bounded memory', () => {
  const budget = new ReplyBudget();
  let bytes = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const address = Uint8Array.of(10, i >> 16, (i >> 8) & 255, i & 255);
    if (budget.allow(address, 600, false, 0n)) bytes += 600;
  }
  assert.ok(bytes <= 524_288);
  assert.ok(budget.size <= 512);
});

test('one who shows that he receives may read a long client list from afar', () => {
  const { service } = serve(5000);
  const from = stranger(7);
  const { rows } = readMruList((datagram) => ({
    packets: service.answer(datagram, from, 0),
    refusal: undefined,
    proven: true,
  }));
  assert.is(rows.size, 5000);
});

test('a reading of the list is sorted once, not at each of its requests', () => {
  const { service, state } = serve(5000);
  readMruList((datagram) => ({
    packets: service.answer(datagram, LOOPBACK, 0),
    refusal: undefined,
    proven: true,
  }));
  assert.ok(state.listed <= 3, `${state.listed}`);
});

test('random datagrams from anywhere never throw', () => {
  const { service } = serve(50);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(255), fc.nat(65_535), (packet, last, port) => {
      service.answer(packet, { address: stranger(last).address, port }, 0);
    }),
    { numRuns: 2000 },
  );
  assert.is(service.requests, 2000);
});

test('association identifiers are the sources’ numbers, stable, and never two alike', () => {
  const ids = new AssociationIds();
  assert.equal(ids.assign([1, 2, 7]), [1, 2, 7]);
  const [far] = ids.assign([65_535 + 2]);
  assert.ok(far !== undefined && far >= 1 && far <= 65_535 && ![1, 2, 7].includes(far));
  assert.equal(ids.assign([65_537, 1]), [far, 1]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 40 }), { maxLength: 60 }), (sources) => {
      const given = ids.assign(sources);
      assert.is(new Set(given).size, sources.length);
      assert.ok(given.every((id) => id >= 1 && id <= 65_535));
      assert.equal(ids.assign(sources), given);
    }),
    { numRuns: 200 },
  );
});

test.run();
