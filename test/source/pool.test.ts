import { WAN } from '../../src/sim/network.js';
import { RandomStream } from '../../src/sim/random.js';
import { NamedSource } from '../../src/source/association/named-source.js';
import { spread } from '../../src/source/association/resolution.js';
import { Pool } from '../../src/source/pool.js';
import { assert, record, test } from '../support/suite.js';
import { line, Rig } from './rig.js';

const NAME = 'pool.example';
const addressOf = (i: number) => `198.51.100.${i}`;
const pool = (more: Parameters<typeof line>[1] = {}) => line(NAME, { kind: 'pool', ...more });
const members = (rig: Rig) => rig.views().map((view) => view.address);

test('a pool asks the servers of its name, up to maxclock, and sets the clock by them', async () => {
  const rig = new Rig({ tos: { maxclock: 6 } });
  for (let i = 1; i <= 12; i += 1) rig.server(addressOf(i), {}, WAN);
  rig.sim.setName(NAME, [1, 2, 3, 4].map(addressOf));
  const source = rig.mobilise(pool());
  await rig.run(30);
  assert.is(members(rig).length, 4);
  assert.is(rig.system.stratum, 2);
  rig.sim.setName(NAME, [3, 4, 5, 6, 7, 8].map(addressOf));
  await rig.run(300);
  assert.is(members(rig).length, 6);
  assert.is(new Set(members(rig)).size, 6);
  const asked = rig.network.resolutions;
  await rig.run(20_000);
  assert.is(rig.network.resolutions, asked, 'a full pool asks for no more');
  const view = source.view();
  assert.equal([view.kind, view.unfit, view.configured, view.reach], ['pool', 'no-samples', true, 0]);
  source.stop();
  assert.is(members(rig).length, 0);
});

test('a dead, a lying and a hostile member are let go and replaced by others; none comes back within a day', async () => {
  const rig = new Rig({ tos: { maxclock: 5 } });
  rig.server(addressOf(1), {}, WAN);
  rig.server(addressOf(2), { behaviour: (t) => (t < 3000 ? 'serve' : 'silent') }, WAN);
  rig.server(addressOf(3), { errorSeconds: (t) => (t < 3000 ? 0 : 0.2) }, WAN);
  rig.server(addressOf(4), { behaviour: (t) => (t < 3000 ? 'serve' : 'DENY') }, WAN);
  rig.server(addressOf(5), { behaviour: 'silent' }, WAN);
  for (let i = 6; i <= 12; i += 1) rig.server(addressOf(i), {}, WAN);
  rig.sim.setName(NAME, [1, 2, 3, 4, 5].map(addressOf));
  rig.mobilise(pool({ maxpoll: 7 }));
  await rig.run(200);
  assert.not.ok(members(rig).includes(addressOf(5)), 'never answered');
  rig.sim.setName(
    NAME,
    Array.from({ length: 12 }, (_, i) => addressOf(i + 1)),
  );
  await rig.run(9000);
  for (const gone of [2, 3, 4, 5]) assert.not.ok(members(rig).includes(addressOf(gone)), `${gone}`);
  assert.is(members(rig).length, 5);
  assert.ok(members(rig).includes(addressOf(1)));
  await rig.run(30_000);
  for (const gone of [2, 3, 4, 5]) assert.not.ok(members(rig).includes(addressOf(gone)), `${gone}`);
  let worst = 0;
  for (let t = 30_000; t < 40_000; t += 100) {
    await rig.run(t);
    worst = Math.max(worst, Math.abs(rig.clock.errorSeconds()));
  }
  record('network-pool', { worstSeconds: worst, members: members(rig).length });
  assert.ok(worst < 0.005, `${worst}`);
});

test('when our own network is down nobody is let go, and all is well when it comes back', async () => {
  const rig = new Rig();
  for (let i = 1; i <= 4; i += 1)
    rig.server(addressOf(i), { behaviour: (t) => (t > 1000 && t < 20_000 ? 'silent' : 'serve') });
  rig.sim.setName(NAME, [1, 2, 3, 4].map(addressOf));
  rig.mobilise(pool());
  await rig.run(900);
  const before = members(rig);
  rig.sim.setName(NAME, []);
  await rig.run(19_000);
  assert.equal(members(rig), before);
  assert.is(rig.system.state, 'holdover');
  await rig.run(23_000);
  assert.is(rig.system.state, 'synchronised');
});

test('a name that is not known is asked for again, less and less often, until it is', async () => {
  const rig = new Rig();
  rig.mobilise(pool());
  await rig.run(3600);
  const asked = rig.network.resolutions;
  assert.ok(asked > 8 && asked < 16, `${asked}`);
  assert.match(rig.all()[0]!.view().remark, /not known/);
  rig.server(addressOf(1));
  rig.sim.setName(NAME, [addressOf(1)]);
  await rig.run(5000);
  assert.equal(members(rig), [addressOf(1)]);
});

test('our own addresses, addresses in use and the other family are not taken', async () => {
  const rig = new Rig({ ownAddresses: ['192.0.2.1', addressOf(2)] });
  for (let i = 1; i <= 4; i += 1) rig.server(addressOf(i));
  rig.sim.setName(NAME, [addressOf(1), addressOf(2), addressOf(3), '2001:db8::7']);
  rig.mobilise(line(addressOf(1)));
  rig.mobilise(pool({ family: 4 }));
  rig.mobilise(pool({ family: 4 }));
  await rig.run(600);
  assert.equal(members(rig).sort(), [addressOf(1), addressOf(3)]);
  const six = new Rig();
  six.sim.setName(NAME, [addressOf(1), '2001:db8::7']);
  six.mobilise(pool({ family: 6 }));
  await six.run(10);
  assert.equal(members(six), ['2001:db8::7']);
});

test('the only servers there are, once let go, are better than nothing', async () => {
  const rig = new Rig();
  rig.server(addressOf(1));
  rig.server(addressOf(2), { behaviour: (t) => (t < 10_000 ? 'silent' : 'serve') });
  rig.sim.setName(NAME, [addressOf(2)]);
  rig.mobilise(line(addressOf(1)));
  const source = rig.mobilise(pool());
  await rig.run(150);
  assert.ok(source instanceof Pool && source.memberIds.length === 0);
  await rig.run(20_000);
  assert.ok(members(rig).includes(addressOf(2)));
});

test('server NAME: a silent server is replaced by another address of its name, keeping its id', async () => {
  const rig = new Rig();
  rig.server(addressOf(1), { behaviour: (t) => (t < 1000 ? 'serve' : 'silent') });
  rig.server(addressOf(2), { behaviour: 'silent' });
  rig.sim.setName('ntp.example', [addressOf(1)]);
  const source = rig.mobilise(line('ntp.example', { maxpoll: 6 }));
  assert.ok(source instanceof NamedSource);
  await rig.run(900);
  assert.is(rig.selection.systemPeer, source.id);
  rig.server(addressOf(3));
  rig.sim.setName('ntp.example', [addressOf(1), addressOf(2), addressOf(3)]);
  await rig.run(6000);
  assert.is(source.view().address, addressOf(3));
  assert.is(rig.selection.systemPeer, source.id);
});

test('server NAME: one that denies us is left for another', async () => {
  const rig = new Rig();
  const hostile = rig.server(addressOf(1), { behaviour: 'DENY' });
  rig.server(addressOf(2));
  rig.sim.setName('ntp.example', [addressOf(1)]);
  const source = rig.mobilise(line('ntp.example'));
  await rig.run(100);
  assert.is(source.view().unfit, 'denied');
  rig.sim.setName('ntp.example', [addressOf(1), addressOf(2)]);
  await rig.run(4000);
  assert.equal([source.view().address, rig.selection.systemPeer], [addressOf(2), source.id]);
  assert.is(hostile.requests, 1);
});

test('addresses are spread at random within each family, the resolver’s family first', () => {
  const random = new RandomStream(1, 2);
  const answer = ['2001:db8::1', '2001:DB8:0::2', '192.0.2.1', '192.0.2.1', 'not-an-address', '192.0.2.2'];
  const firsts = new Set<string>();
  for (let i = 0; i < 50; i += 1) {
    const order = spread(answer, 0, random);
    assert.is(order.length, 4);
    assert.ok(order.slice(0, 2).every((address) => address.includes(':')));
    firsts.add(order[0]!);
  }
  assert.is(firsts.size, 2);
  assert.equal(spread(answer, 4, random).sort(), ['192.0.2.1', '192.0.2.2']);
});

test.run();
