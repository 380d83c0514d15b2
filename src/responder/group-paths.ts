/**
 * Broadcast and multicast: by which interface one address is reached, which groups the sockets are to be members of, and
 * which more sockets that takes. Pure; asked again every few seconds, so interfaces that come and go are followed.
 *
 * A wildcard socket hears every group it is a member of, and every broadcast. A socket bound to one address hears neither
 * on Linux, so beside those each group and each subnet's broadcast address has a socket of its own.
 */
import { formatAddress, isMulticast, parseAddress } from '../units/address.js';
import type { InterfaceSnapshot, SocketPlan } from './addresses.js';

export interface GroupWishes {
  /** multicast groups to be a member of; of link scope perhaps with a zone (ff02::101%eth0) */
  readonly groups: readonly string[];
  /** hear subnet broadcasts */
  readonly broadcasts: boolean;
}

export const NO_GROUPS: GroupWishes = { groups: [], broadcasts: false };

export interface Membership {
  /** without zone */
  readonly group: string;
  readonly device: string;
}

interface Local {
  readonly device: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly bytes: Uint8Array;
  /** IPv4: the subnet's broadcast address */
  readonly broadcast: Uint8Array | undefined;
}

const isLinkLocal = ({ bytes }: Pick<Local, 'bytes'>): boolean =>
  bytes.length === 16 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
const ALL_ONES = '255.255.255.255';

/** All addresses but loopback's. */
function locals(snapshot: InterfaceSnapshot): readonly Local[] {
  const found: Local[] = [];
  for (const [device, infos] of Object.entries(snapshot))
    for (const { address, netmask, internal } of infos ?? []) {
      const literal = parseAddress(address);
      if (literal === undefined || internal) continue;
      const { family, bytes } = literal;
      const mask = family === 4 ? parseAddress(netmask)?.bytes : undefined;
      const broadcast = mask && bytes.map((byte, i) => (byte | ~(mask[i] ?? 255)) & 0xff);
      found.push({ device, family, address, bytes, broadcast });
    }
  return found;
}

export interface SendingPath {
  readonly device: string;
  /** what receivers see as the sender, 4 or 16 bytes */
  readonly localAddress: Uint8Array;
}

/**
 * The interface by which packets to this broadcast or multicast address leave: that of its zone, the one whose subnet it is,
 * the one that the routes choose (`routed`: the local address they give; undefined: none), else the first there is.
 * Undefined: there is none.
 */
export function sendingPath(
  address: string,
  snapshot: InterfaceSnapshot,
  routed: string | undefined,
): SendingPath | undefined {
  const target = parseAddress(address);
  if (target === undefined) return undefined;
  const { family, bytes, zone } = target;
  const all = locals(snapshot).filter((local) => local.family === family);
  const ofSubnet = all.find(({ broadcast }) => broadcast && formatAddress(broadcast) === address);
  const isGroup = isMulticast(bytes) || address === ALL_ONES;
  const byRoute = all.find((local) => local.address === routed);
  const device = zone ?? ofSubnet?.device ?? byRoute?.device ?? (isGroup ? all[0]?.device : undefined);
  const there = all.filter((local) => local.device === device);
  // Only within the link does a link-local address mean something to everybody who hears it.
  const wantsLinkLocal = family === 6 && bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf) === 2;
  const chosen =
    ofSubnet ??
    there.find((local) => isLinkLocal(local) === wantsLinkLocal && (zone !== undefined || !byRoute)) ??
    (byRoute?.device === device ? byRoute : undefined) ??
    there.find((local) => isLinkLocal(local) === wantsLinkLocal) ??
    there[0];
  return chosen && { device: chosen.device, localAddress: chosen.bytes };
}

/** Where to be a member: each group on each interface that has an address of its family, or on that of its zone. */
export function memberships({ groups }: GroupWishes, snapshot: InterfaceSnapshot): readonly Membership[] {
  const all = locals(snapshot);
  return groups.flatMap((text) => {
    const literal = parseAddress(text);
    if (literal === undefined) return [];
    const group = formatAddress(literal.bytes);
    const devices = new Set(
      all.filter(({ family }) => family === literal.family).map(({ device }) => device),
    );
    return [...devices]
      .filter((device) => literal.zone === undefined || literal.zone === device)
      .map((device) => ({ group, device }));
  });
}

/** The sockets that `plans`, where a family is served address by address, lack to hear what is wished. */
export function groupSockets(
  wishes: GroupWishes,
  plans: readonly SocketPlan[],
  snapshot: InterfaceSnapshot,
): readonly SocketPlan[] {
  const more = new Map<string, SocketPlan>();
  for (const family of [4, 6] as const) {
    const listening = plans.filter((plan) => plan.family === family && !plan.drop);
    if (listening.some(({ address }) => address === undefined)) continue;
    const add = (address: string) => {
      const key = `${address} ${family} group`;
      more.set(key, { key, family, address, device: undefined, drop: false });
    };
    const devices = new Set(listening.map(({ device }) => device));
    const there = locals(snapshot).filter((local) => local.family === family && devices.has(local.device));
    if (there.length === 0) continue;
    for (const { group } of memberships(wishes, snapshot))
      if (parseAddress(group)?.family === family) add(group);
    if (!wishes.broadcasts || family === 6) continue;
    for (const { broadcast } of there) if (broadcast) add(formatAddress(broadcast));
    add(ALL_ONES);
  }
  return [...more.values()];
}
