import type { ClientSocket } from '../../src/ports/network.js';
import { LAN, type PathModel, SimNetwork, WAN } from '../../src/sim/network.js';
import { SimServer, type SimServerOptions } from '../../src/sim/ntp-server.js';
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { nsDifferenceSeconds, ntpToUnixNs, unixNsToNtp } from '../../src/units/time.js';
import { AT, decodeHeader, setFlags } from '../../src/wire/header.js';
import { kissOf } from '../../src/wire/kiss.js';
import { assert, test } from '../support/suite.js';

const START = 1_767_225_600;

function bench(server: SimServerOptions, path: PathModel = LAN, startUnixSecond = START) {
  const world = new VirtualWorld({ startUnixSecond });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0), startErrorSeconds: 0.05 });
  const network = new SimNetwork(world, clock, 1);
  const simServer = new SimServer(world, server);
  network.addServer('192.0.2.10', simServer, path);
  const socket = network.connect('192.0.2.10', 123);
  return { world, clock, network, socket, server: simServer };
}

/** One request, and what came within a second. */
function exchange({ world, clock, socket }: Pick<ReturnType<typeof bench>, 'world' | 'clock' | 'socket'>) {
  const request = new Uint8Array(48);
  const view = new DataView(request.buffer);
  setFlags(view, 3, 4, 3);
  const t1 = clock.now();
  view.setBigUint64(AT.transmitTime, unixNsToNtp(t1));
  const sent = socket.send(request);
  assert.is(sent === undefined ? 0n : clock.toServed(sent), t1);
  world.runUntil(world.now() + 1);
  const packet = socket.receive();
  if (packet === undefined) return undefined;
  const reply = new DataView(packet.bytes.buffer);
  const header = decodeHeader(reply, packet.bytes.length);
  if (!header.ok) throw new Error(`the reply is refused: ${header.reason}`);
  const h = header.value;
  const t4 = clock.toServed(packet.kernelNs);
  const t2 = ntpToUnixNs(h.receiveTime, t1);
  const t3 = ntpToUnixNs(h.transmitTime, t1);
  return {
    header: h,
    kiss: kissOf(reply),
    originMatches: h.originTime === unixNsToNtp(t1),
    offset: (nsDifferenceSeconds(t2, t1) + nsDifferenceSeconds(t3, t4)) / 2,
    delay: nsDifferenceSeconds(t4, t1) - nsDifferenceSeconds(t3, t2),
  };
}

test('a perfect server over the LAN model shows our error within half the jitter, in 200 us of round trip', () => {
  const b = bench({});
  let squares = 0;
  const n = 2000;
  for (let i = 0; i < n; i += 1) {
    const result = exchange(b);
    assert.ok(result?.originMatches);
    const error = (result?.offset ?? 0) + 0.05;
    squares += error * error;
    assert.ok((result?.delay ?? 0) >= 200e-6 - 1e-8);
  }
  const deviation = Math.sqrt(squares / n);
  // discipline-baselines.md §2.5: 14.1 us
  assert.ok(Math.abs(deviation - 14.1e-6) < 1e-6, `${deviation}`);
});

test('a lying server is off by what it lies; an asymmetric path by half its asymmetry', () => {
  const liar = exchange(bench({ errorSeconds: 0.2 }, WAN));
  assert.ok(Math.abs((liar?.offset ?? 0) - 0.15) < 0.005);
  const path = { fixed: 1e-3, jitter: 0, outward: 4e-3 };
  const askew = exchange(bench({}, path));
  assert.ok(Math.abs((askew?.offset ?? 0) - (-0.05 + 2e-3)) < 1e-8);
});

test('unsynchronised: leap 3, stratum 16; a kiss: stratum 0 and its code; silence: nothing', () => {
  const unsynchronised = exchange(bench({ behaviour: 'unsynchronised' }));
  assert.equal([unsynchronised?.header.leap, unsynchronised?.header.stratum], [3, 16]);
  const kiss = exchange(bench({ behaviour: 'DENY' }));
  assert.equal([kiss?.header.stratum, kiss?.kiss], [0, 'DENY']);
  assert.is(exchange(bench({ behaviour: 'silent' })), undefined);
});

test('behaviour may change in the run, and too many requests get RATE', () => {
  const b = bench({ behaviour: (t) => (t < 1.5 ? 'silent' : 'serve') });
  assert.is(exchange(b), undefined);
  assert.is(exchange(b), undefined);
  assert.is(exchange(b)?.header.stratum, 1);
  const strict = bench({ minimumSpacing: 2 });
  assert.is(exchange(strict)?.header.stratum, 1);
  assert.is(exchange(strict)?.kiss, 'RATE');
  assert.is(strict.server.requests, 2);
});

test('datagrams are lost at the given rate, and never reach an address without a server', () => {
  const b = bench({}, { ...LAN, loss: 0.1 });
  let answered = 0;
  for (let i = 0; i < 1000; i += 1) if (exchange(b) !== undefined) answered += 1;
  assert.ok(answered > 770 && answered < 850, `${answered}`);
  const nobody: ClientSocket = b.network.connect('2001:db8::99', 123);
  assert.is(nobody.localAddress, '2001:db8::1');
  assert.is(exchange({ ...b, socket: nobody }), undefined);
  b.network.removeServer('192.0.2.10');
  assert.is(exchange(b), undefined);
});

test('in era 1 the stamps are of era 1', () => {
  const result = exchange(bench({}, LAN, Date.UTC(2036, 1, 7, 6, 28, 20) / 1000));
  assert.ok(Math.abs((result?.offset ?? 0) + 0.05) < 1e-4);
  assert.ok((result?.header.transmitTime ?? 0n) < 1n << 40n);
});

test('names resolve to what was set, by family; others and malformed addresses are refused with ERR_ADDRESS', async () => {
  const { network } = bench({});
  network.setName('pool.example', ['192.0.2.10', '2001:db8::10', '192.0.2.11']);
  assert.equal(await network.resolve('pool.example', 0), ['192.0.2.10', '2001:db8::10', '192.0.2.11']);
  assert.equal(await network.resolve('pool.example', 6), ['2001:db8::10']);
  const code = async (run: () => unknown) => {
    try {
      await run();
      return 'none';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  assert.is(await code(() => network.resolve('nowhere.example', 0)), 'ERR_ADDRESS');
  assert.is(await code(() => network.connect('192.0.2.300', 123)), 'ERR_ADDRESS');
});

test.run();
