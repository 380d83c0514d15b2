/**
 * From a line of the configuration to a source. The one place that knows every kind of network association.
 */
import type { AssociationConfig } from '../../config/types.js';
import { NoonmarkError } from '../../errors.js';
import { ManycastSearch, type SearchSide } from '../manycast-search.js';
import { Pool } from '../pool.js';
import type { Source } from '../types.js';
import { BroadcastAssociation } from './broadcast.js';
import { ClientAssociation } from './client.js';
import type { AssociationContext, SourceHost } from './context.js';
import { NamedSource } from './named-source.js';
import { SymmetricAssociation, type SymmetricSide } from './symmetric.js';

/**
 * The source for `config`, not started. `symmetric`, `groups`: the way to the served port; undefined where none is served,
 * and then no `peer`, `broadcast` or `manycastclient` can be made. Throws ERR_UNSUPPORTED for kinds that this version does not act on (the
 * configuration refuses them before).
 */
export function createNetworkSource(
  config: AssociationConfig,
  context: AssociationContext,
  host: SourceHost,
  symmetric: SymmetricSide | undefined,
  groups?: SearchSide,
): Source {
  const id = host.nextId();
  const identity = { id, name: config.host, config, configured: true };
  switch (config.kind) {
    case 'server':
      return new NamedSource(
        config,
        context,
        (owner) => new ClientAssociation({ ...identity, kind: 'server', hostMode: 3 }, context, owner),
      );
    case 'pool':
      return new Pool(id, config, context, host);
    case 'peer':
      if (symmetric !== undefined) {
        const peer = { ...identity, kind: 'peer', hostMode: 1 } as const;
        return new NamedSource(
          config,
          context,
          (owner) => new SymmetricAssociation(peer, context, symmetric, owner),
        );
      }
      break;
    case 'broadcast':
      if (groups !== undefined)
        return new BroadcastAssociation(
          { ...identity, kind: 'broadcast', hostMode: 5 },
          context,
          groups.port,
        );
      break;
    case 'manycastclient':
      if (groups !== undefined) return new ManycastSearch(id, config, context, host, groups);
      break;
    case 'broadcastclient':
    case 'multicastclient':
    case 'manycastserver':
      break;
  }
  throw new NoonmarkError(
    'ERR_UNSUPPORTED',
    `${config.origin.file}:${config.origin.line}: '${config.kind}' is not supported here`,
    'report this: it is no source of its own',
  );
}
