/**
 * A network of the virtual world: client sockets, servers at addresses, names, one-way delays drawn per packet and
 * direction, and loss. Implements Network for one host; knows nothing of what the packets mean.
 * Delays: shared/reference/discipline-baselines.md §2.5.
 */
import { NoonmarkError } from '../errors.js';
import type { ClientSocket, Network, ReceivedPacket } from '../ports/network.js';
import { canonicalAddress, familyOf, isNumeric } from '../source/address.js';
import type { SimServer } from './ntp-server.js';
import { RandomStream, STREAM } from './random.js';
import type { SimClock } from './sim-clock.js';
import type { World } from './utc-scale.js';

/** One-way delay: fixed + jitter·E, E exponential with mean 1; seconds. */
export interface PathModel {
  readonly fixed: number;
  readonly jitter: number;
  /** added on the way to the server alone: an asymmetric path; default 0 */
  readonly outward?: number;
  /** probability that a datagram is lost, each way; default 0 */
  readonly loss?: number;
}

export const LAN: PathModel = { fixed: 100e-6, jitter: 20e-6 };
export const WAN: PathModel = { fixed: 10e-3, jitter: 1e-3 };

interface Station {
  readonly server: SimServer;
  readonly path: PathModel;
  readonly port: number;
}

const NTP_PORT = 123;

export class SimNetwork implements Network {
  readonly #world: World;
  readonly #clock: SimClock;
  readonly #random: RandomStream;
  readonly #stations = new Map<string, Station>();
  readonly #names = new Map<string, readonly string[]>();
  #nextPort = 49_152;

  /** `clock` stamps what is sent and received (SimClock.kernelStamp). */
  constructor(world: World, clock: SimClock, seed = 1) {
    this.#world = world;
    this.#clock = clock;
    this.#random = new RandomStream(seed, STREAM.network);
  }

  /** Puts a server at an address; `path` defaults to LAN, `port` to 123. Replaces what was there. */
  addServer(address: string, server: SimServer, path: PathModel = LAN, port = NTP_PORT): void {
    this.#stations.set(canonicalAddress(address), { server, path, port });
  }

  /** From now on datagrams to that address reach nobody. */
  removeServer(address: string): void {
    this.#stations.delete(canonicalAddress(address));
  }

  /** What a name resolves to, in this order; an empty list: the name does not exist. */
  setName(host: string, addresses: readonly string[]): void {
    this.#names.set(host, addresses);
  }

  connect(address: string, port: number): ClientSocket {
    if (!isNumeric(address))
      throw new NoonmarkError('ERR_ADDRESS', `"${address}" is no address`, 'give an IPv4 or IPv6 address');
    const waiting: { readonly at: number; readonly bytes: Uint8Array }[] = [];
    const localPort = this.#nextPort;
    this.#nextPort = localPort < 65_535 ? localPort + 1 : 49_152;
    const to = canonicalAddress(address);
    let open = true;
    return {
      localAddress: familyOf(to) === 4 ? '192.0.2.1' : '2001:db8::1',
      localPort,
      send: (bytes) => {
        if (!open) return undefined;
        const sent = this.#clock.kernelStamp(this.#world.now());
        this.#carry(to, port, bytes.slice(), (reply, at) => {
          waiting.push({ at, bytes: reply });
          waiting.sort((a, b) => a.at - b.at);
        });
        return sent;
      },
      receive: (): ReceivedPacket | undefined => {
        const first = waiting[0];
        if (!open || first === undefined || first.at > this.#world.now()) return undefined;
        waiting.shift();
        return { bytes: first.bytes, kernelNs: this.#clock.kernelStamp(first.at) };
      },
      close: () => {
        open = false;
      },
    };
  }

  async resolve(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const known = isNumeric(host) ? [host] : (this.#names.get(host) ?? []);
    const found = known.filter((address) => family === 0 || familyOf(address) === family);
    if (found.length === 0)
      throw new NoonmarkError('ERR_ADDRESS', `the name ${host} is not known`, 'check its spelling');
    return found;
  }

  /** Takes a datagram to its server and the reply back; `arrive` is told when the reply will be there. */
  #carry(to: string, port: number, bytes: Uint8Array, arrive: (reply: Uint8Array, at: number) => void): void {
    const station = this.#stations.get(to);
    if (station === undefined || station.port !== port) return;
    const { path, server } = station;
    if (this.#lost(path)) return;
    const there = this.#world.now() + (path.outward ?? 0) + this.#delay(path);
    this.#world.at(there, () => {
      const reply = server.answer(bytes, there);
      if (reply === undefined || this.#lost(path)) return;
      arrive(reply, there + server.processingSeconds + this.#delay(path));
    });
  }

  #delay(path: PathModel): number {
    return path.fixed + path.jitter * this.#random.exponential();
  }

  #lost(path: PathModel): boolean {
    const { loss = 0 } = path;
    return loss > 0 && this.#random.uniform() < loss;
  }
}
