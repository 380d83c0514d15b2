import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { modeOf, versionOf } from '../../src/wire/header.js';
import { MAX_PACKET_LENGTH } from '../../src/wire/mac-trailer.js';
import { readPcap } from '../support/pcap.js';
import { assert, has, record, sharedFolder, test } from '../support/suite.js';
import { Bench, CMAC_KEY, field, MD5_KEY, request, rule, SHA1_KEY, withMac } from './fixture.js';

test('no reply is longer than its request, whatever the request', () => {
  const header = fc.record({
    version: fc.integer({ min: 0, max: 7 }),
    mode: fc.integer({ min: 0, max: 7 }),
    poll: fc.integer({ min: -128, max: 127 }),
    transmitTime: fc.bigInt(0n, (1n << 64n) - 1n),
  });
  const tail = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.constantFrom(0, 4, 16, 20, 24, 28, 36, 68).map((n) => new Uint8Array(n)),
    fc
      .tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 1, max: 20 }))
      .map(([type, words]) => field(type, 4 * words)),
  );
  const key = fc.option(fc.constantFrom(MD5_KEY, SHA1_KEY, CMAC_KEY));
  const bench = new Bench([rule([0, 0, 0, 0], 0, 'limited', 'kod')]);
  fc.assert(
    fc.property(
      header,
      fc.array(tail, { maxLength: 3 }),
      key,
      fc.integer({ min: 0, max: 40 }),
      (fields, tails, mac, client) => {
        const bare = request(fields, ...tails);
        const packet = mac === null ? bare : withMac(bare, mac);
        bench.exchange.source = Uint8Array.of(10, 0, 0, client);
        const reply = bench.ask(packet);
        if (reply === undefined) return;
        assert.ok(reply.length <= packet.length, `${reply.length} for ${packet.length}`);
        const view = new DataView(reply.buffer);
        assert.ok(modeOf(view) === 4 || modeOf(view) === 2);
        assert.is(versionOf(view), fields.version);
      },
    ),
    { numRuns: 3000 },
  );
});

if (has('requests of the reference daemons', 'shared'))
  test('every client packet of the reference daemons is answered or left to main, and none short of 2120 bytes is malformed', () => {
    let packets = 0;
    let answered = 0;
    let naks = 0;
    for (const folder of ['vectors', 'vectors-old']) {
      const root = join(sharedFolder, 'reference', folder);
      if (!existsSync(root)) continue;
      for (const name of readdirSync(root)) {
        const file = join(root, name, 'wire.pcap');
        if (!existsSync(file)) continue;
        const bench = new Bench();
        let tooLong = 0;
        for (const { payload, source, destination, sourcePort } of readPcap(readFileSync(file))) {
          packets += 1;
          if (payload.length > MAX_PACKET_LENGTH) tooLong += 1;
          bench.exchange.family = source.length === 4 ? 4 : 6;
          bench.exchange.source = source;
          bench.exchange.destination = destination;
          bench.exchange.sourcePort = sourcePort;
          const reply = bench.ask(payload);
          if (reply === undefined) continue;
          answered += 1;
          if (reply.length === 52) naks += 1;
          assert.ok(reply.length <= payload.length);
          assert.equal(reply.subarray(24, 32), payload.subarray(40, 48));
        }
        // One capture probes the reference's limit on purpose.
        assert.is(bench.counters.counters().badFormat, tooLong, `${folder}/${name}`);
      }
    }
    record('responder-captures', { packets, answered, naks });
    assert.ok(answered > 100 && naks > 0, `${answered} of ${packets} answered, ${naks} refused`);
  });

test.run();
