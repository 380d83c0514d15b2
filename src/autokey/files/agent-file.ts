/**
 * The trusted agent's MV file: several keys in one file, first the agent's, then the servers', then one for each client.
 * Source: shared/reference/autokey-reference.md §3.1, §6.6 (file `ntpkey_MVta_GROUP.FILESTAMP` of ntp-keygen -V).
 */
import type { MvKey, MvParameters } from '../identity/types.js';
import { damaged } from './fault.js';
import { mvKeyOf, mvParametersOf } from './layouts.js';
import { readArmour } from './pem.js';
import { readPrivateKey } from './private-key.js';

export interface MvAgentFile {
  /** NTP seconds */
  readonly filestamp: number;
  readonly server: MvKey;
  /** the last is revoked */
  readonly clients: readonly MvParameters[];
}

/** Reads the file; the agent's own numbers stay in it. Throws KeyFileFault. */
export function readAgentFile(text: string, password: string): MvAgentFile {
  const { filestamp, blocks } = readArmour(text);
  if (filestamp === undefined) throw damaged(1, 'line 1 does not end in a dot and the file stamp');
  const [, server, ...clients] = blocks;
  if (server === undefined || clients.length === 0)
    throw damaged(1, 'the file lacks the keys of servers or clients');
  return {
    filestamp,
    server: mvKeyOf(readPrivateKey(server, password), server.line),
    clients: clients.map((block) => mvParametersOf(readPrivateKey(block, password), block.line)),
  };
}
