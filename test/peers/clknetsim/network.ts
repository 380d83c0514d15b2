/**
 * The simulated network as noonmarkd's client sockets and its responder see it: UDP between nodes, whose addresses are
 * 192.168.(123 + subnet).(node from 1). The responder's loop runs here and now instead of in a thread: no time passes.
 */
import { isIPv4 } from 'node:net';
import { responderLoop } from '../../../src/daemon/responder-worker.js';
import { NoonmarkError } from '../../../src/errors.js';
import type { ClientSocket, Network, ReceivedPacket } from '../../../src/ports/network.js';
import type { Command } from '../../../src/responder/messages.js';
import type { ResponderPlatform } from '../../../src/responder/platform.js';
import { ScriptedNetwork } from '../../responder/scripted.js';
import type { SimLink, SimPacket } from './messages.js';

const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;
const SECOND = 1_000_000_000n;
const WAKER = 0;

export interface SimNetwork {
  readonly network: Network;
  readonly responder: ResponderPlatform;
  localAddressFor(address: string): string | undefined;
  /** A packet has come at CLOCK_REALTIME `kernelNs`. */
  deliver(packet: SimPacket, kernelNs: bigint): void;
  /** Before time goes on: the responder, whose thread there is none of, is seen to live. */
  beat(): void;
}

/** `node` from 0. */
export function simNetwork(link: SimLink, node: number, nowNs: () => bigint): SimNetwork {
  const sockets = new Map<number, ReceivedPacket[]>();
  let lastPort = LAST_PORT;
  const own = (subnet: number) => `192.168.${123 + subnet}.${node + 1}`;
  const connect = (address: string, port: number): ClientSocket => {
    const to = placeOf(address);
    if (to === undefined) throw noRoute(address);
    do lastPort = lastPort >= LAST_PORT ? FIRST_PORT : lastPort + 1;
    while (sockets.has(lastPort));
    const localPort = lastPort;
    const queue: ReceivedPacket[] = [];
    sockets.set(localPort, queue);
    return {
      localAddress: own(to.subnet),
      localPort,
      send(bytes) {
        link.send({ ...to, sourcePort: localPort, destinationPort: port, bytes });
        return nowNs();
      },
      receive: () => queue.shift(),
      close: () => void sockets.delete(localPort),
    };
  };

  const served = new Map<number, { readonly port: number; readonly family: 4 | 6 }>();
  let lastHandle = 0;
  let runLoop: () => void = () => {};
  const batch = new ScriptedNetwork(32);
  const responder: ResponderPlatform = {
    openSocket({ family }, port) {
      lastHandle += 1;
      served.set(lastHandle, { port, family });
      return lastHandle;
    },
    closeSocket: (handle) => void served.delete(handle),
    joinGroup: () => {},
    leaveGroup: () => {},
    interfaceIndex: () => undefined,
    openWaker: () => WAKER,
    // What wakes it is done at the next beat, at the same instant.
    wake: () => {},
    closeWaker: () => {},
    interfaces: () => ({
      sim: [
        { address: own(0), family: 'IPv4', netmask: '255.255.255.0', mac: '', internal: false, cidr: null },
      ],
    }),
    formatAddress: (bytes) => bytes.join('.'),
    startThread(data, events) {
      const commands: Command[] = [];
      const loop = responderLoop(data, {
        batch,
        poller: batch,
        clock: batch,
        takeCommand: () => commands.shift(),
        notify: (notice) => events.notice(notice),
      });
      runLoop = () => {
        [batch.nowSeconds, batch.nowNanoseconds] = split(nowNs());
        // The first turn sees what has come, the second answers it, the third sends what main says to that.
        const runs = loop.turn() && loop.turn() && loop.turn();
        for (const { socket, bytes, address, port } of batch.sent.splice(0)) {
          const to = placeOf(address.join('.'));
          const from = served.get(socket);
          if (to !== undefined && from !== undefined)
            link.send({ ...to, sourcePort: from.port, destinationPort: port, bytes });
        }
        if (runs) return;
        runLoop = () => {};
        events.ended(undefined);
      };
      return { post: (command) => void commands.push(command) };
    },
  };
  return {
    network: {
      connect,
      resolve: async (host) => {
        if (isIPv4(host)) return [host];
        throw noRoute(host);
      },
    },
    responder,
    localAddressFor(address) {
      const to = placeOf(address);
      return to === undefined ? undefined : own(to.subnet);
    },
    beat: () => runLoop(),
    deliver(packet, kernelNs) {
      const { subnet, sourcePort, destinationPort, bytes } = packet;
      const queue = sockets.get(destinationPort);
      queue?.push({ bytes, kernelNs });
      const [handle] = [...served].find(([, s]) => s.port === destinationPort && s.family === 4) ?? [];
      if (queue !== undefined || handle === undefined) return;
      const at = (of: number) => [192, 168, 123 + subnet, of + 1];
      const stamp = split(kernelNs);
      batch.arrive(handle, {
        bytes,
        source: at(packet.node),
        port: sourcePort,
        destination: at(node),
        stamp,
      });
      runLoop();
    },
  };
}

const split = (ns: bigint): readonly [number, number] => [Number(ns / SECOND), Number(ns % SECOND)];

function placeOf(address: string): { readonly subnet: number; readonly node: number } | undefined {
  const [a, b, c = 0, d = 0] = isIPv4(address) ? address.split('.').map(Number) : [];
  return a === 192 && b === 168 && c >= 123 && d >= 1 && d <= 254
    ? { subnet: c - 123, node: d - 1 }
    : undefined;
}

const noRoute = (address: string) =>
  new NoonmarkError(
    'ERR_ADDRESS',
    `${address} is not in the simulated network`,
    'its nodes are 192.168.123.1, 192.168.123.2 and so on',
  );
