/**
 * What every ByteLink must do, whatever it stands on (src/ports/byte-link.ts).
 */
import type { ByteLink } from '../../../src/ports/byte-link.js';
import { assert, test } from '../../support/suite.js';

export interface LinkRig {
  readonly link: ByteLink;
  /** Makes the payload come in; resolves when it has, as far as the rig can tell. */
  send(): Promise<void>;
  /** what comes in, of a link that says what it will; default: the payload */
  readonly says?: Uint8Array;
  cleanup(): Promise<void>;
}

interface Heard {
  readonly what: 'up' | 'down' | 'bytes';
  readonly chunk?: Uint8Array;
  readonly copy?: Uint8Array;
  readonly arrivalNs?: bigint;
}

const PAYLOAD = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** `make`: a link that will bring the payload, or as much of what it says, once send() is called. */
export function linkContract(
  name: string,
  make: (payload: Uint8Array) => Promise<LinkRig>,
  until: (done: () => boolean) => Promise<void>,
): void {
  const listen = (heard: Heard[]) => ({
    up: () => heard.push({ what: 'up' }),
    down: () => heard.push({ what: 'down' }),
    bytes: (chunk: Uint8Array, arrivalNs: bigint) =>
      heard.push({ what: 'bytes', chunk, copy: chunk.slice(), arrivalNs }),
  });
  const total = (heard: readonly Heard[]) => heard.reduce((sum, one) => sum + (one.chunk?.length ?? 0), 0);

  test(`${name}: up first, then every byte once and in order, in chunks of 1 to 4096 with stamps that never go back`, async () => {
    const rig = await make(PAYLOAD);
    const heard: Heard[] = [];
    rig.link.open(listen(heard));
    await until(() => heard.length > 0);
    await rig.send();
    await until(() => total(heard) >= PAYLOAD.length);
    if (rig.says === undefined) assert.is(total(heard), PAYLOAD.length);
    assert.is(heard[0]?.what, 'up');
    const chunks = heard.filter((one) => one.what === 'bytes');
    assert.ok(chunks.every(({ chunk }) => chunk !== undefined && chunk.length >= 1 && chunk.length <= 4096));
    const whole = Buffer.concat(chunks.map(({ chunk }) => chunk as Uint8Array));
    assert.equal(whole, Buffer.from(rig.says ?? PAYLOAD).subarray(0, whole.length));
    for (const [i, { arrivalNs }] of chunks.entries())
      assert.ok(i === 0 || (arrivalNs as bigint) >= (chunks[i - 1]?.arrivalNs as bigint));
    assert.ok(
      chunks.every(({ chunk, copy }) => Buffer.compare(chunk as Uint8Array, copy as Uint8Array) === 0),
      'a chunk is the handler’s to keep',
    );
    await rig.link.close();
    await rig.cleanup();
  });

  test(`${name}: after close nothing comes, and writing is no error`, async () => {
    const rig = await make(PAYLOAD);
    const heard: Heard[] = [];
    rig.link.write(Uint8Array.from([1]));
    rig.link.open(listen(heard));
    await until(() => heard.length > 0);
    await rig.link.close();
    const before = heard.length;
    await rig.send();
    rig.link.write(Uint8Array.from([1]));
    assert.is(heard.length, before);
    await rig.cleanup();
  });

  test(`${name}: has a name for people`, async () => {
    const rig = await make(PAYLOAD);
    assert.ok(rig.link.name.length > 0);
    await rig.link.close();
    await rig.cleanup();
  });
}
