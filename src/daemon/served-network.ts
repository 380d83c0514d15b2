/**
 * The served port as the rest of the daemon sees it: symmetric packets out, everything the responder leaves to main in.
 * Knows which kind of packet goes to whom, and nothing of what they do with it.
 */
import { networkInterfaces } from 'node:os';
import type { ForwardedPacket, SentReport } from '../responder/ring-records.js';
import type { ResponderThread } from '../responder/server.js';
import type { OpenSocket } from '../responder/socket-set.js';
import { canonicalAddress, familyOf, parseAddress } from '../source/address.js';
import type { SentStamp, ServedPort } from '../source/association/context.js';
import { AT, MODE } from '../wire/header.js';

/** Control (mode 6) answers of one request. */
export type ControlAnswer = (packet: ForwardedPacket) => readonly Uint8Array[];

export interface ServedNetwork {
  readonly port: ServedPort;
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
  /** monotonic ns, for the age of the address list */
  readonly monotonic: () => bigint;
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
      send({ bytes, address, port, keyId, session, way, stamped }) {
        const to = parseAddress(address);
        if (to === undefined) return false;
        const responder = parts.responder();
        const socket = way?.socket ?? socketTowards(address, responder.sockets, parts.localAddressFor);
        if (socket === undefined) return false;
        const { localAddress, interfaceIndex } = way ?? {};
        const base = { socket, bytes, address: to, port, keyId, session, localAddress, interfaceIndex };
        if (stamped === undefined) return responder.send(base);
        token = (token % 0xffff_ffff) + 1;
        const accepted = responder.send({ ...base, stampAt: AT.transmitTime, token });
        if (accepted) awaited.set(token, stamped);
        // A report that never comes (the thread was restarted) is forgotten.
        const [oldest] = awaited.keys();
        if (awaited.size > MOST_AWAITED && oldest !== undefined) awaited.delete(oldest);
        return accepted;
      },
    },
    ownAddresses() {
      const now = parts.monotonic();
      if (ownAtNs === undefined || now - ownAtNs > ADDRESS_LIST_NS) {
        ownAtNs = now;
        own = new Set(
          Object.values(networkInterfaces())
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
