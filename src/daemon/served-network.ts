/**
 * The served port as the rest of the daemon sees it: symmetric packets out, everything the responder leaves to main in.
 * Knows which kind of packet goes to whom, and nothing of what they do with it.
 */
import type { InterfaceSnapshot } from '../responder/addresses.js';
import { sendingPath } from '../responder/group-paths.js';
import type { ForwardedPacket, SentReport } from '../responder/ring-records.js';
import type { ResponderThread } from '../responder/server.js';
import type { OpenSocket } from '../responder/socket-set.js';
import { canonicalAddress, familyOf, parseAddress } from '../source/address.js';
import type { GroupPort, SentStamp, Way } from '../source/association/context.js';
import { formatAddress, isMulticast } from '../units/address.js';
import { AT, MODE } from '../wire/header.js';

/** Control (mode 6) answers of one request. */
export type ControlAnswer = (packet: ForwardedPacket) => readonly Uint8Array[];

export interface ServedNetwork {
  readonly port: GroupPort;
  /** This machine's own addresses, canonical. */
  ownAddresses(): ReadonlySet<string>;
  /** What the responder forwarded. */
  receive(packet: ForwardedPacket): void;
  /** What the responder says of a packet that it stamped and sent. */
  sent(report: SentReport): void;
}

export interface ServedNetworkParts {
  readonly responder: () => Pick<ResponderThread, 'sockets' | 'send'>;
  readonly symmetric: (packet: ForwardedPacket) => void;
  readonly control: ControlAnswer;
  /** a step of an Autokey dance, from a client */
  readonly dance: (packet: ForwardedPacket) => void;
  /** monotonic ns, for the age of the address list */
  readonly monotonic: () => bigint;
  /** modes 4 and 5, and mode 3 to a multicast group */
  readonly groups: (packet: ForwardedPacket, mode: number) => void;
  readonly interfaces: () => InterfaceSnapshot;
  readonly interfaceIndex: (device: string) => number | undefined;
  /** the address from which the kernel would send to that one; undefined: no route */
  readonly localAddressFor: (address: string) => string | undefined;
}

const ADDRESS_LIST_NS = 5_000_000_000n;
const MOST_AWAITED = 64;

export function createServedNetwork(parts: ServedNetworkParts): ServedNetwork {
  let own: ReadonlySet<string> = new Set();
  let ownAtNs: bigint | undefined;
  let token = 0;
  const awaited = new Map<number, (stamp: SentStamp | undefined) => void>();
  return {
    port: {
      localAddressFor: parts.localAddressFor,
      send({ bytes, address, port, keyId, session, way, hops, stamped }) {
        const to = parseAddress(address);
        if (to === undefined) return false;
        const responder = parts.responder();
        const socket = way?.socket ?? socketTowards(address, responder.sockets, parts.localAddressFor);
        if (socket === undefined) return false;
        const { localAddress, interfaceIndex = zoneOf(address, parts) } = way ?? {};
        const base = { socket, bytes, address: to, port, keyId, session, localAddress, interfaceIndex, hops };
        if (stamped === undefined) return responder.send(base);
        token = (token % 0xffff_ffff) + 1;
        const accepted = responder.send({ ...base, stampAt: AT.transmitTime, token });
        if (accepted) awaited.set(token, stamped);
        // A report that never comes (the thread was restarted) is forgotten.
        const [oldest] = awaited.keys();
        if (awaited.size > MOST_AWAITED && oldest !== undefined) awaited.delete(oldest);
        return accepted;
      },
      groupWay: (address) => groupWay(address, parts),
    },
    ownAddresses() {
      const now = parts.monotonic();
      if (ownAtNs === undefined || now - ownAtNs > ADDRESS_LIST_NS) {
        ownAtNs = now;
        own = new Set(
          Object.values(parts.interfaces())
            .flatMap((list) => list ?? [])
            .map(({ address }) => canonicalAddress(address)),
        );
      }
      return own;
    },
    sent(report) {
      const stamped = awaited.get(report.token);
      awaited.delete(report.token);
      stamped?.(report.sent ? report : undefined);
    },
    receive(packet) {
      const mode = (packet.bytes[0] ?? 0) & 7;
      if (mode === MODE.symmetricActive || mode === MODE.symmetricPassive) parts.symmetric(packet);
      else if (isOfGroups(mode, packet)) parts.groups(packet, mode);
      else if (mode === MODE.client) parts.dance(packet);
      else if (mode === MODE.control) {
        for (const bytes of parts.control(packet)) {
          parts.responder().send({
            socket: packet.socket,
            bytes,
            address: packet.address,
            port: packet.port,
            localAddress: packet.localAddress,
            interfaceIndex: packet.interfaceIndex,
          });
        }
      }
    },
  };
}

/** Index of the interface that a link-local address names. */
function zoneOf(address: string, parts: ServedNetworkParts): number | undefined {
  const [, zone] = address.split('%', 2);
  if (zone === undefined) return undefined;
  return /^\d+$/.test(zone) ? Number(zone) : parts.interfaceIndex(zone);
}

const isOfGroups = (mode: number, { localAddress }: ForwardedPacket): boolean =>
  mode === MODE.server || mode === MODE.broadcast || (mode === MODE.client && isMulticast(localAddress));

function groupWay(address: string, parts: ServedNetworkParts): Way | undefined {
  const path = sendingPath(address, parts.interfaces(), parts.localAddressFor(address));
  if (path === undefined) return undefined;
  const { device, localAddress } = path;
  const interfaceIndex = parts.interfaceIndex(device);
  const socket = socketTowards(address, parts.responder().sockets, () => formatAddress(localAddress));
  return socket === undefined || interfaceIndex === undefined
    ? undefined
    : { socket, localAddress, interfaceIndex };
}

/** A wildcard socket of the family serves every address; else the one that the route to the peer leaves from. */
function socketTowards(
  address: string,
  sockets: readonly OpenSocket[],
  localAddressFor: ServedNetworkParts['localAddressFor'],
): number | undefined {
  const fitting = sockets.filter(({ plan }) => plan.family === familyOf(address) && !plan.drop);
  const wildcard = fitting.find(({ plan }) => plan.address === undefined);
  if (wildcard !== undefined || fitting.length === 0) return wildcard?.handle;
  const local = localAddressFor(address);
  const bare = (text: string | undefined) => text?.split('%', 1)[0];
  return fitting.find(({ plan }) => local !== undefined && bare(plan.address) === local)?.handle;
}
