/**
 * The served port as the rest of the daemon sees it: symmetric packets out, everything the responder leaves to main in.
 * Knows which kind of packet goes to whom, and nothing of what they do with it.
 */
import { networkInterfaces } from 'node:os';
import type { ForwardedPacket } from '../responder/ring-records.js';
import type { ResponderThread } from '../responder/server.js';
import { canonicalAddress, familyOf, parseAddress } from '../source/address.js';
import type { ServedPort } from '../source/association/context.js';
import { MODE } from '../wire/header.js';

/** Control (mode 6) answers of one request. */
export type ControlAnswer = (packet: ForwardedPacket) => readonly Uint8Array[];

export interface ServedNetwork {
  readonly port: ServedPort;
  /** This machine's own addresses, canonical. */
  ownAddresses(): ReadonlySet<string>;
  /** What the responder forwarded. */
  receive(packet: ForwardedPacket): void;
}

export interface ServedNetworkParts {
  readonly responder: () => ResponderThread;
  readonly formatAddress: (bytes: Uint8Array) => string;
  readonly symmetric: (packet: ForwardedPacket) => void;
  readonly control: ControlAnswer;
  /** monotonic ns, for the age of the address list */
  readonly monotonic: () => bigint;
}

const ADDRESS_LIST_NS = 5_000_000_000n;

export function createServedNetwork(parts: ServedNetworkParts): ServedNetwork {
  let own: ReadonlySet<string> = new Set();
  let ownAtNs: bigint | undefined;
  return {
    port: {
      send(bytes, address, port) {
        const to = parseAddress(address);
        if (to === undefined) return false;
        const responder = parts.responder();
        const socket = responder.sockets.find(({ plan }) => plan.family === familyOf(address) && !plan.drop);
        return socket !== undefined && responder.send({ socket: socket.handle, bytes, address: to, port });
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
