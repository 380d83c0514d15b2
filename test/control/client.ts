/**
 * A client of mode 6 for tests: makes requests with our codec, puts the fragments of a reply together, and reads the
 * client list to its end the way ntpq 4.2.8p15 does.
 */
import type { KeyMaterial } from '../../src/auth/mac.js';
import { keyTable } from '../../src/auth/mac.js';
import { AssociationIds } from '../../src/control/association-ids.js';
import { ClientList } from '../../src/control/mru-list.js';
import {
  answerControl,
  type ControlAnswer,
  type ControlDeps,
  type ControlRefusal,
} from '../../src/control/responder.js';
import type { DaemonView } from '../../src/status/view.js';
import { decodeControl, encodeControl, OPCODE } from '../../src/wire/mode6.js';
import { parseVariables } from '../../src/wire/mode6-variables.js';
import { assert } from '../support/suite.js';

export const LOOPBACK = { address: Uint8Array.of(127, 0, 0, 1), port: 40_001 };
export const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);

export function depsFor(view: DaemonView, change: Partial<ControlDeps> = {}): ControlDeps {
  return {
    monoNs: 1_000_000_000_000n,
    secret: SECRET,
    restrictions: 0,
    keys: new Map(),
    associationIds: new AssociationIds(),
    mru: { enabled: true, minDepth: 600, maxAgeSeconds: 64, entryBytes: 64 },
    requests: 7,
    clients: () => new ClientList(view.clients(100_000), view.system().nowNs),
    ...change,
  };
}

export const keysOf = (...materials: KeyMaterial[]) => keyTable(materials);

export function request(opcode: number, associationId = 0, text = '', version = 2): Uint8Array {
  return encodeControl(
    {
      leap: 0,
      version,
      response: false,
      error: false,
      more: false,
      opcode,
      sequence: 0x1234,
      status: 0,
      associationId,
      offset: 0,
    },
    Buffer.from(text, 'latin1'),
  );
}

export interface Reply {
  readonly status: number;
  /** the code of an error reply, else undefined */
  readonly error: number | undefined;
  readonly text: string;
  readonly data: Uint8Array;
  readonly packets: readonly Uint8Array[];
  readonly refusal: ControlRefusal | undefined;
  readonly values: ReadonlyMap<string, string | undefined>;
}

/** Puts a reply together, checking what every packet of it must be. */
export function collect({ packets, refusal }: ControlAnswer, opcode: number): Reply {
  const parts: Uint8Array[] = [];
  let offset = 0;
  let status = 0;
  let error: number | undefined;
  for (const [i, packet] of packets.entries()) {
    assert.is(packet.length % 4, 0);
    const decoded = decodeControl(new DataView(packet.buffer, packet.byteOffset), packet.length);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { value } = decoded;
    assert.ok(value.response);
    assert.is(value.opcode, opcode);
    assert.is(value.sequence, 0x1234);
    assert.is(value.offset, offset);
    assert.is(value.more, i < packets.length - 1);
    assert.is(value.leap, 0);
    ({ status } = value);
    if (value.error) error = value.status >> 8;
    offset += value.count;
    parts.push(value.data);
  }
  const data = Buffer.concat(parts);
  const text = data.toString('latin1');
  const values = new Map(parseVariables(text, 1e6).map(({ name, value }) => [name, value]));
  return { status, error, text, data, packets, refusal, values };
}

export const ask = (
  view: DaemonView,
  opcode: number,
  associationId = 0,
  text = '',
  deps: ControlDeps = depsFor(view),
): Reply => collect(answerControl(request(opcode, associationId, text), LOOPBACK, view, deps), opcode);

/** What a client list says of one client, as text. */
export interface MruRow {
  readonly address: string;
  readonly last: string;
  readonly count: string;
}

/**
 * Reads the list like ntpq: nonce, then as many entries as 32 datagrams hold, each further request with the newest
 * entries it has, as many as fit. `between` runs after each reply. Answers the rows by address, and the requests made.
 */
export function readMruList(
  send: (datagram: Uint8Array) => ControlAnswer,
  between: () => void = () => undefined,
): { readonly rows: ReadonlyMap<string, MruRow>; readonly requests: number } {
  const rows = new Map<string, MruRow>();
  /** newest first */
  let order: MruRow[] = [];
  let nonce = collect(send(request(OPCODE.requestNonce)), OPCODE.requestNonce).values.get('nonce') ?? '';
  let requests = 1;
  for (;;) {
    let text = `nonce=${nonce}, frags=32`;
    let priors = 0;
    for (const row of order) {
      const prior = `, addr.${priors}=${row.address}, last.${priors}=${row.last}`;
      if (text.length + prior.length >= 468) break;
      text += prior;
      priors += 1;
    }
    requests += 1;
    const reply = collect(send(request(OPCODE.readMru, 0, text)), OPCODE.readMru);
    assert.ok(reply.packets.length <= 32);
    if (reply.error === 5) {
      assert.ok(priors > 0, 'an unknown entry needs entries');
      for (const row of order.splice(0, priors)) rows.delete(row.address);
      continue;
    }
    assert.is(reply.error, undefined);
    assert.is(reply.refusal, undefined);
    const { values } = reply;
    assert.is(values.has('addr.older'), priors > 0);
    nonce = values.get('nonce') ?? '';
    for (let i = 0; values.has(`addr.${i}`); i += 1) {
      const row = {
        address: values.get(`addr.${i}`) ?? '',
        last: values.get(`last.${i}`) ?? '',
        count: values.get(`ct.${i}`) ?? '',
      };
      if (rows.has(row.address)) order = order.filter((old) => old.address !== row.address);
      rows.set(row.address, row);
      order.unshift(row);
    }
    if (values.has('now')) {
      if (values.has('last.newest')) assert.is(values.get('last.newest'), order[0]?.last);
      return { rows, requests };
    }
    between();
  }
}
