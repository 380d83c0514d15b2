import { LAN, WAN } from '../../../src/sim/network.js';
import { FLASH } from '../../../src/source/association/flash.js';
import { assert, record, test } from '../../support/suite.js';
import { line, Rig, START } from '../rig.js';

const first = (rig: Rig) => rig.views()[0]!;

test('iburst: eight packets 2 s apart, selected within 10 s, then one each poll', async () => {
  const rig = new Rig();
  const server = rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  await rig.run(10);
  assert.is(rig.selection.systemPeer, 1);
  await rig.run(40);
  assert.is(server.requests, 8);
  await rig.run(90);
  assert.is(server.requests, 9);
  assert.is(first(rig).reach, 3);
  assert.is(rig.network.open, 0);
});

test('a server on a LAN is asked each 8 s without minpoll if its address is of one’s own network; others, and pools, each 64 s', async () => {
  const asked = async (address: string, more: Parameters<typeof line>[1]) => {
    const rig = new Rig();
    const server = rig.server(address);
    rig.mobilise(line(address, { minpollWritten: false, iburst: false, ...more }));
    await rig.run(640);
    return server.requests;
  };
  assert.ok((await asked('192.168.1.10', {})) > 60);
  assert.ok((await asked('192.0.2.10', {})) <= 12);
  assert.ok((await asked('192.168.1.10', { kind: 'pool' })) <= 12);
  assert.ok((await asked('192.168.1.10', { minpollWritten: true })) <= 12);
});

test('each exchange has a port of its own and a random transmit time that tells nothing', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  await rig.run(20);
  assert.is(new Set(rig.network.ports).size, 8);
  const times = rig.network.requests.map((bytes) => new DataView(bytes.buffer).getBigUint64(40));
  assert.is(new Set(times).size, 8);
  for (const bytes of rig.network.requests) {
    assert.is(bytes.length, 48);
    assert.is(bytes[0], 0x23);
    assert.ok(bytes.subarray(4, 40).every((byte) => byte === 0));
  }
});

test('the clock converges from 50 ms and 20 ppm, on a LAN and over the internet', async () => {
  for (const [name, path, bound, grown] of [
    ['lan', LAN, 100e-6, false],
    ['wan', WAN, 5e-3, true],
  ] as const) {
    const rig = new Rig();
    rig.server('192.0.2.10', {}, path);
    rig.mobilise(line('192.0.2.10'));
    await rig.run(4 * 3600);
    let worst = 0;
    for (let t = 4 * 3600; t < 8 * 3600; t += 60) {
      await rig.run(t);
      worst = Math.max(worst, Math.abs(rig.clock.errorSeconds()));
    }
    record(`network-client-${name}`, { worstSeconds: worst, poll: first(rig).hostPoll });
    assert.ok(worst < bound, `${name}: ${worst}`);
    // Near, 64 s are as much as this crystal can be left alone for; far away, what a poll tells is worth less than that.
    assert.is(first(rig).hostPoll > 6, grown);
    assert.equal([rig.system.leap, rig.system.stratum], [0, 2]);
    assert.equal([...rig.system.refid], [192, 0, 2, 10]);
  }
});

test('the poll interval follows the oscillator: long when it is quiet, short when it wanders', async () => {
  const polls = new Map<string, number>();
  for (const oscillator of ['W8', 'W10']) {
    const rig = new Rig({ oscillator });
    rig.server('192.0.2.10');
    rig.mobilise(line('192.0.2.10', { minpoll: 4 }));
    let sum = 0;
    for (let t = 7200; t < 14_400; t += 600) {
      await rig.run(t);
      sum += first(rig).hostPoll / 12;
    }
    polls.set(oscillator, sum);
  }
  record('network-client-poll', { w8: polls.get('W8') ?? 0, w10: polls.get('W10') ?? 0 });
  assert.ok((polls.get('W8') ?? 99) < 8, `${polls.get('W8')}`);
  assert.ok((polls.get('W10') ?? 0) > (polls.get('W8') ?? 99) + 0.9, `${polls.get('W10')}`);
});

test('a silent server is polled less and less, found again, and then asked in a burst', async () => {
  const rig = new Rig();
  const server = rig.server('192.0.2.10', {
    behaviour: (t) => (t > 1000 && t < 40_000 ? 'silent' : 'serve'),
  });
  rig.mobilise(line('192.0.2.10', { maxpoll: 9 }));
  await rig.run(1000);
  assert.is(rig.selection.systemPeer, 1);
  await rig.run(6000);
  assert.equal([first(rig).reach, first(rig).unfit], [0, 'unreachable']);
  assert.is(rig.system.state, 'holdover');
  await rig.run(39_000);
  assert.is(first(rig).hostPoll, 9);
  assert.ok(rig.log.some((entry) => entry.startsWith('source-unreachable')));
  const asked = server.requests;
  await rig.run(42_000);
  assert.is(rig.selection.systemPeer, 1);
  assert.ok(server.requests > asked);
  assert.is(rig.system.state, 'synchronised');
});

test('the year 2036: an exchange across the change of era is like any other', async () => {
  const era = Date.UTC(2036, 1, 7, 6, 28, 16) / 1000;
  const rig = new Rig({ startUnixSecond: era - 600 });
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10', { minpoll: 3, maxpoll: 4 }));
  let worst = 0;
  for (let t = 300; t < 1500; t += 1) {
    await rig.run(t);
    worst = Math.max(worst, Math.abs(rig.clock.errorSeconds()));
  }
  record('network-client-era', { worstSeconds: worst });
  assert.ok(worst < 200e-6, `${worst}`);
  assert.is(rig.steps, 1);
  assert.is(first(rig).reach, 0xff);
});

test('a step during an exchange: before the answer it is reckoned with, about it the exchange is dropped', async () => {
  for (const stepAt of [1e-3, 19e-3]) {
    const rig = new Rig({ disciplined: true, startErrorSeconds: 0 });
    // 20 ms there and back; looks at 1, 3, 8, 18 and 38 ms.
    rig.server('192.0.2.10', {}, { fixed: 0.0125, jitter: 0 });
    rig.mobilise(line('192.0.2.10', { minpoll: 3, maxpoll: 3 }));
    await rig.run(100);
    const before = rig.samples.length;
    const phase = rig.discipline;
    let moved = 0;
    const base = phase.movedSeconds.bind(phase);
    phase.movedSeconds = () => base() + moved;
    const sent = rig.network.ports.length;
    let t = 100;
    while (rig.network.ports.length === sent) {
      t += 1e-4;
      await rig.run(t);
    }
    const when = stepAt === 19e-3 ? t + 0.024 : t + stepAt;
    await rig.run(when);
    rig.clock.step(0.3);
    moved = 0.3;
    await rig.run(t + 1);
    const fresh = rig.raw.at(-1);
    assert.ok(fresh !== undefined);
    if (stepAt === 1e-3) {
      const { sample } = rig.samples.at(-1) ?? { sample: undefined };
      assert.ok(rig.samples.length > before);
      assert.ok(Math.abs((sample?.offsetSeconds ?? 0) + 0.3) < 0.001, `${sample?.offsetSeconds}`);
      assert.ok(Math.abs((sample?.delaySeconds ?? 0) - 0.025) < 0.001, `${sample?.delaySeconds}`);
    } else {
      assert.match(first(rig).remark, /stepped/);
    }
  }
});

test('a main thread that is late by 200 ms measures the same', async () => {
  for (const lateSeconds of [0, 0.2]) {
    const rig = new Rig({ lateSeconds, disciplined: false, startErrorSeconds: 0.001 });
    rig.clock.setFrequency(-2e-5);
    rig.server('192.0.2.10', {}, { fixed: 0.005, jitter: 0 });
    rig.mobilise(line('192.0.2.10'));
    await rig.run(60);
    assert.is(rig.raw.length, 8);
    for (const { sample } of rig.samples) {
      assert.ok(Math.abs(sample.offsetSeconds + 0.001) < 1e-6, `${sample.offsetSeconds}`);
      assert.ok(Math.abs(sample.delaySeconds - 0.01) < 1e-7, `${sample.delaySeconds}`);
    }
  }
});

test('an asymmetric path shows as half its difference, within the root distance', async () => {
  const rig = new Rig({ disciplined: false, startErrorSeconds: 0 });
  rig.clock.setFrequency(-2e-5);
  rig.server('192.0.2.10', {}, { fixed: 0.005, jitter: 1e-4, outward: 0.02 });
  rig.mobilise(line('192.0.2.10'));
  await rig.run(30);
  const candidate = rig.all()[0]!.candidate();
  assert.ok(Math.abs(candidate.offsetSeconds - 0.01) < 0.001, `${candidate.offsetSeconds}`);
  assert.ok(Math.abs(candidate.offsetSeconds) < candidate.rootDelaySeconds / 2);
});

test('of three servers the one that lies by 200 ms is outvoted', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10', {}, WAN);
  rig.server('192.0.2.11', { errorSeconds: 0.2 }, WAN);
  rig.server('192.0.2.12', {}, WAN);
  for (const host of ['192.0.2.10', '192.0.2.11', '192.0.2.12']) rig.mobilise(line(host));
  await rig.run(1800);
  assert.is(rig.fateOf(2), 'falsetick');
  assert.ok(Math.abs(rig.clock.errorSeconds()) < 0.005, `${rig.clock.errorSeconds()}`);
});

test('a server that follows us, or the one we follow, is a loop; within a cohort the second is not', async () => {
  for (const cohort of [false, true]) {
    const rig = new Rig({ tos: { cohort } });
    rig.server('192.0.2.10');
    rig.server('192.0.2.11', { stratum: 2, refid: 0xc0000201, rootDispersionSeconds: 0.01 });
    rig.server('192.0.2.12', { stratum: 2, refid: 0xc000020a, rootDispersionSeconds: 0.01 });
    for (const host of ['192.0.2.10', '192.0.2.11', '192.0.2.12']) rig.mobilise(line(host));
    await rig.run(100);
    const [, follower, sibling] = rig.views();
    assert.is(follower?.unfit, 'loop');
    assert.is(follower === undefined ? 0 : follower.flash & FLASH.loop, FLASH.loop);
    assert.is(sibling?.unfit, cohort ? undefined : 'loop');
  }
});

test('in holdover a server that follows the lost one is the way back to it', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10', { behaviour: (t) => (t < 500 ? 'serve' : 'silent') });
  rig.server('192.0.2.12', { stratum: 2, refid: 0xc000020a, rootDispersionSeconds: 0.01 });
  rig.mobilise(line('192.0.2.10', { maxpoll: 6 }));
  rig.mobilise(line('192.0.2.12', { maxpoll: 6 }));
  await rig.run(400);
  assert.is(rig.selection.systemPeer, 1);
  await rig.run(1500);
  assert.is(rig.selection.systemPeer, 2);
  assert.equal([rig.system.state, rig.system.stratum], ['synchronised', 3]);
});

test('our own address is not asked', async () => {
  const rig = new Rig();
  const server = rig.server('192.0.2.1');
  rig.mobilise(line('192.0.2.1'));
  await rig.run(100);
  assert.is(server.requests, 0);
  assert.is(first(rig).unfit, 'loop');
  assert.match(first(rig).remark, /this host itself/);
});

test('noselect is polled and shown and never selected', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10', { noselect: true }));
  await rig.run(60);
  const view = first(rig);
  assert.equal([view.unfit, view.reach > 0, rig.selection.systemPeer], ['noselect', true, undefined]);
  assert.is(view.flash & FLASH.unreachable, FLASH.unreachable);
});

test('the raw exchange has what rawstats wants', async () => {
  const rig = new Rig({ startErrorSeconds: 0 });
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  await rig.run(5);
  const raw = rig.raw[0];
  assert.ok(raw !== undefined);
  assert.is(raw?.address, '192.0.2.10');
  assert.ok((raw?.destinationNs ?? 0n) > (raw?.originNs ?? 0n));
  assert.ok((raw?.originNs ?? 0n) > BigInt(START) * 1_000_000_000n);
});

test.run();
