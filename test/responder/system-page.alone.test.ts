import { Worker } from 'node:worker_threads';
import { createSystemPage, SystemPageReader } from '../../src/responder/system-page.js';
import { assert, record, test } from '../support/suite.js';
import { SYNCHRONISED } from './fixture.js';

test('a reader never sees parts of two publishes, however fast another thread writes', async () => {
  const memory = createSystemPage();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads');
     import(workerData.module).then(({ SystemPageWriter }) => {
       const writer = new SystemPageWriter(workerData.memory);
       for (let n = 1; Atomics.load(workerData.stop, 0) === 0; n = (n % 1000) + 1)
         writer.publish({ ...workerData.base, rootDelaySeconds: n / 65536, rootDispersionSeconds: n / 65536,
           refid: Uint8Array.of(0, 0, n >> 8, n & 255) });
     });`,
    {
      eval: true,
      workerData: {
        memory,
        stop,
        base: { ...SYNCHRONISED, dispersionGrowth: 0 },
        module: new URL('../../src/responder/system-page.js', import.meta.url).href,
      },
    },
  );
  const reader = new SystemPageReader(memory);
  while (reader.stratum !== 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    reader.refresh();
  }
  const generations = new Set<number>();
  const until = process.hrtime.bigint() + 1_000_000_000n;
  let reads = 0;
  while (process.hrtime.bigint() < until) {
    reader.refresh();
    reads += 1;
    const n = reader.refid;
    if (reader.rootDelayShort !== n || reader.rootDispersionShort(0, 0) !== n)
      throw new Error(`torn: ${n}, ${reader.rootDelayShort}`);
    if (generations.size < 100) generations.add(reader.generation);
  }
  Atomics.store(stop, 0, 1);
  await worker.terminate();
  record('responder-page', { reads, generations: generations.size });
  assert.ok(generations.size >= 2);
});

test.run();
