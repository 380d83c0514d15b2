/**
 * Host names to addresses without delaying anything. In this order:
 * an address as it is; the hosts file; for names with a dot, c-ares (node:dns Resolver), which has sockets of its own
 * and takes no thread of libuv's pool; for single labels and *.local, which need search domains or mDNS,
 * getaddrinfo, one at a time, so that at most one of the pool's four threads ever waits for a name server.
 * Sources: RFC 6724 (order), RFC 6762 (.local).
 */

import { promises as dns } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { NoonmarkError } from '../../src/errors.js';

export interface ResolverOptions {
  readonly hostsFile: string;
  /** seconds for the whole of one name */
  readonly timeoutSeconds: number;
  /** is there a route to that address? decides the order among families */
  readonly routable: (address: string) => boolean;
  /** name servers instead of those in resolv.conf ("127.0.0.1:5353") */
  readonly servers?: readonly string[];
}

/** Addresses that a hosts file gives for a name, in its order. Pure. */
export function hostsAddresses(text: string, host: string): readonly string[] {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted)) found.push(address);
  }
  return found;
}

const familyOf = (address: string): number => isIP(address.split('%', 1)[0] ?? '');

export class HostResolver {
  readonly #options: ResolverOptions;
  /** the end of the line of getaddrinfo calls */
  #lookups: Promise<unknown> = Promise.resolve();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** Addresses, IPv6 first if it can be routed, unroutable ones last; rejects with ERR_ADDRESS. */
  async resolve(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const fits = (address: string) => family === 0 || familyOf(address) === family;
    if (familyOf(host) !== 0) {
      if (fits(host)) return [host];
      throw this.#failure(host, `it is an IPv${familyOf(host)} address and IPv${family} was asked for`);
    }
    const fromFile = hostsAddresses(this.#hosts(), host).filter(fits);
    const addresses = fromFile.length > 0 ? fromFile : await this.#ask(host, family);
    if (addresses.length === 0) throw this.#failure(host, 'it has no address');
    return this.#order([...new Set(addresses)]);
  }

  #hosts(): string {
    try {
      return readFileSync(this.#options.hostsFile, 'utf8');
    } catch {
      return '';
    }
  }

  #failure(host: string, why: string, cause?: unknown): NoonmarkError {
    return new NoonmarkError(
      'ERR_ADDRESS',
      `the host name ${host} cannot be resolved: ${why}`,
      'check the spelling, and the name servers in /etc/resolv.conf; an address instead of a name always works',
      { cause },
    );
  }

  async #ask(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const plain = host.replace(/\.$/, '');
    const needsSystem = !plain.includes('.') || /\.local$/i.test(plain);
    return needsSystem ? this.#viaSystem(host, family) : this.#viaServers(host, family);
  }

  async #viaServers(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const seconds = this.#options.timeoutSeconds;
    const resolver = new dns.Resolver({ timeout: Math.max(1, Math.floor((seconds * 1000) / 4)), tries: 2 });
    if (this.#options.servers !== undefined) resolver.setServers(this.#options.servers);
    const timer = setTimeout(() => resolver.cancel(), seconds * 1000);
    try {
      const results = await Promise.allSettled([
        family === 4 ? [] : resolver.resolve6(host),
        family === 6 ? [] : resolver.resolve4(host),
      ]);
      const found = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
      const refused = results.find((result) => result.status === 'rejected');
      if (found.length === 0 && refused !== undefined) {
        throw this.#failure(
          host,
          (refused.reason as NodeJS.ErrnoException).code ?? 'no answer',
          refused.reason,
        );
      }
      return found;
    } finally {
      clearTimeout(timer);
    }
  }

  async #viaSystem(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const before = this.#lookups;
    const mine = before.then(() => dns.lookup(host, { all: true, family, verbatim: true }));
    this.#lookups = mine.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const seconds = this.#options.timeoutSeconds;
      timer = setTimeout(() => reject(this.#failure(host, `no answer in ${seconds} s`)), seconds * 1000);
    });
    try {
      return (await Promise.race([mine, tooLate])).map((one) => one.address);
    } catch (cause) {
      if (cause instanceof NoonmarkError) throw cause;
      throw this.#failure(host, (cause as NodeJS.ErrnoException).code ?? 'no answer', cause);
    } finally {
      clearTimeout(timer);
    }
  }

  #order(addresses: readonly string[]): readonly string[] {
    const rank = (address: string) =>
      this.#options.routable(address) ? (familyOf(address) === 6 ? 0 : 1) : 2;
    const ranked = addresses.map((address) => ({ address, rank: rank(address) }));
    // A stable sort: within a rank the resolver's order stays.
    return ranked.sort((a, b) => a.rank - b.rank).map((one) => one.address);
  }
}
