import { Worker } from 'node:worker_threads';
import { createRing, RingReader, RingWriter } from '../../src/responder/ring.js';
import { RECORD_BYTES, writeTransmission } from '../../src/responder/ring-records.js';
import { assert, test } from '../support/suite.js';

test('a ring holds as many as it has slots and then refuses', () => {
  const memory = createRing(3, 8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  assert.is(writer.capacity, 4);
  for (let i = 0; i < 4; i += 1) {
    writer.slots[writer.reserve()]!.setInt32(0, i);
    assert.is(writer.commit(), i === 0);
  }
  assert.is(writer.reserve(), -1);
  assert.is(reader.slots[reader.peek()]!.getInt32(0), 0);
  reader.release();
  assert.is.not(writer.reserve(), -1);
});

test('order is kept over many rounds, at any filling', () => {
  const memory = createRing(8, 8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  let written = 0;
  let read = 0;
  for (let round = 0; round < 200; round += 1) {
    for (let n = 0; n < (round * 7) % 11 && writer.reserve() >= 0; n += 1) {
      writer.slots[writer.reserve()]!.setInt32(0, written);
      writer.commit();
      written += 1;
    }
    for (let n = 0; n < (round * 5) % 9 && reader.peek() >= 0; n += 1) {
      assert.is(reader.slots[reader.peek()]!.getInt32(0), read);
      reader.release();
      read += 1;
    }
  }
  assert.ok(written > 500 && written - read <= 8);
});

test('positions may wrap at 2^32', () => {
  const memory = createRing(4, 8);
  new Int32Array(memory).fill(0x7fffffff, 0, 2);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  for (let i = 0; i < 10; i += 1) {
    writer.slots[writer.reserve()]!.setInt32(0, i);
    assert.is(writer.commit(), true);
    assert.is(reader.slots[reader.peek()]!.getInt32(0), i);
    reader.release();
    assert.is(reader.peek(), -1);
  }
});

test('between two threads nothing is lost and the reader never sleeps on a full ring', async () => {
  const memory = createRing(16, 8);
  const total = 30_000;
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.module).then(({ RingWriter }) => {
       const writer = new RingWriter(workerData.memory);
       for (let i = 0; i < workerData.total; ) {
         const slot = writer.reserve();
         if (slot < 0) { Atomics.wait(workerData.pause, 0, 0, 0.05); continue; }
         writer.slots[slot].setInt32(0, i++);
         if (writer.commit()) parentPort.postMessage(0);
       }
     });`,
    {
      eval: true,
      workerData: {
        memory,
        total,
        module: new URL('../../src/responder/ring.js', import.meta.url).href,
        pause: new Int32Array(new SharedArrayBuffer(4)),
      },
    },
  );
  const reader = new RingReader(memory);
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', () => {
      for (let slot = reader.peek(); slot >= 0; slot = reader.peek()) {
        const value = reader.slots[slot]!.getInt32(0);
        if (value !== next) reject(new Error(`${value} instead of ${next}`));
        next += 1;
        reader.release();
      }
      if (next === total) resolve();
    });
    worker.on('exit', () => setTimeout(() => reject(new Error(`stopped at ${next}`)), 2000).unref());
  });
  await worker.terminate();
});

test('a transmission that is too long, or stamped outside itself, is refused', () => {
  const slot = new RingWriter(createRing(2, RECORD_BYTES)).slots[0]!;
  const send = (length: number, stampAt?: number) =>
    writeTransmission(slot, {
      socket: 1,
      bytes: new Uint8Array(length),
      address: new Uint8Array(4),
      port: 1,
      stampAt,
    });
  assert.equal(
    [send(2132), send(2133), send(48, 40), send(48, 41), send(48, -1)],
    [true, false, true, false, false],
  );
});

test.run();
