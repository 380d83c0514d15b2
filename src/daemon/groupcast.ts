/**
 * Who listens to many: the lines `broadcastclient`, `multicastclient` and `manycastserver`, which are no sources of their
 * own, as memberships in groups and as those who take what comes in; and answers for those who search. Owns what of the
 * configuration means what.
 */
import { formatIp } from '../../drivers/linux/addresses.js';
import type { Config } from '../config/types.js';
import { type GroupWishes, NO_GROUPS } from '../responder/group-paths.js';
import type { ForwardedPacket } from '../responder/ring-records.js';
import { canonicalAddress } from '../source/address.js';
import type {
  AssociationContext,
  GroupPort,
  ServedPacket,
  SourceHost,
} from '../source/association/context.js';
import { BroadcastListener, DEFAULT_DELAY } from '../source/broadcast-listener.js';
import type { ManycastSearch, SearchSettings, SearchSide } from '../source/manycast-search.js';
import { ManycastServer } from '../source/manycast-server.js';
import { MODE } from '../wire/header.js';

type GroupcastConfig = Pick<Config, 'associations' | 'enable' | 'group' | 'file'>;

export interface GroupcastParts {
  /** asked again after each change of the configuration */
  readonly context: () => AssociationContext;
  readonly host: SourceHost;
  readonly port: () => GroupPort;
}

const isLinkLocal = (bytes: Uint8Array): boolean =>
  bytes.length === 16 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;

/** A packet of the responder as associations see it; a link-local sender with the interface it came by. */
export function servedPacketOf(packet: ForwardedPacket): ServedPacket {
  const zone = isLinkLocal(packet.address) ? `%${packet.interfaceIndex}` : '';
  return {
    bytes: packet.bytes,
    kernelNs: packet.kernelNs,
    address: `${formatIp(packet.address)}${zone}`,
    port: packet.port,
    localAddress: formatIp(packet.localAddress),
    way: packet,
    restrictions: packet.restrictions,
  };
}

const bareGroup = (host: string): string => canonicalAddress(host).split('%', 1)[0] ?? '';

export class Groupcast implements SearchSide {
  #server: ManycastServer | undefined;
  #settings: SearchSettings = { hops: [], authRequired: true };
  readonly #searches = new Set<ManycastSearch>();
  #listener: BroadcastListener | undefined;
  #wishes = NO_GROUPS;

  constructor(private readonly parts: GroupcastParts) {}

  /** What the sockets are to hear. */
  get wishes(): GroupWishes {
    return this.#wishes;
  }

  /** Are there `manycastserver` lines? */
  get isManycastServer(): boolean {
    return this.#server !== undefined;
  }

  get port(): GroupPort {
    return this.parts.port();
  }
  get settings(): SearchSettings {
    return this.#settings;
  }
  add(search: ManycastSearch): void {
    this.#searches.add(search);
  }
  delete(search: ManycastSearch): void {
    this.#searches.delete(search);
  }

  configure(config: GroupcastConfig): void {
    const { associations, enable, group } = config;
    this.#settings = { hops: group.ttl, authRequired: enable.auth };
    const served = associations.filter(({ kind }) => kind === 'manycastserver').map(({ host }) => host);
    this.#server =
      served.length === 0
        ? undefined
        : new ManycastServer(this.parts.context(), this.port, new Set(served.map(bareGroup)));
    const lines = associations.filter(({ kind }) => kind === 'broadcastclient' || kind === 'multicastclient');
    const broadcasts = enable.bclient || lines.some(({ kind }) => kind === 'broadcastclient');
    const groups = lines.filter(({ kind }) => kind === 'multicastclient').map(({ host }) => host);
    this.#wishes = { broadcasts, groups: [...groups, ...served] };
    if (!broadcasts && groups.length === 0) {
      this.#listener?.stop();
      this.#listener = undefined;
      return;
    }
    const delay = group.broadcastDelay ?? 0;
    const options = {
      broadcasts,
      groups: new Set(groups.map(bareGroup)),
      fixedDelaySeconds: delay > 0 ? delay : group.volley ? undefined : DEFAULT_DELAY,
      authRequired: enable.auth,
      origin: lines[0]?.origin ?? { file: config.file, line: 0, column: 0 },
    };
    if (this.#listener === undefined)
      this.#listener = new BroadcastListener(this.parts.context, this.parts.host, options);
    else this.#listener.configure(options);
  }

  /** Modes 4 and 5, and mode 3 to a multicast group. */
  receive(packet: ForwardedPacket, mode: number): void {
    const served = servedPacketOf(packet);
    if (mode === MODE.broadcast) this.#listener?.receive(served);
    else if (mode === MODE.client) this.#server?.receive(served);
    else for (const search of this.#searches) if (search.receive(served)) return;
  }
}
