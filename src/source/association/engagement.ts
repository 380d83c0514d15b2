/**
 * With which keys and between which two addresses a dance is danced: it goes on as long as they are the same. Owns that, and
 * why there can be none; the dance is whoever's asks.
 */
import type { AutokeyEnd } from '../../autokey/dance/end.js';
import { parseAddress } from '../address.js';

export interface Engagement<Dance> {
  readonly end: AutokeyEnd;
  readonly address: string;
  readonly localAddress: string;
  readonly dance: Dance;
}

/**
 * The one that is known, if it still holds, else a new one; in words what is in the way. `end`: undefined: there are no keys.
 * `make` gets both addresses in network order.
 */
export function engage<Dance>(
  known: Engagement<Dance> | undefined,
  end: AutokeyEnd | undefined,
  address: string,
  localAddress: string,
  make: (end: AutokeyEnd, own: Uint8Array, other: Uint8Array) => Dance,
): Engagement<Dance> | string {
  if (end === undefined) return 'there are no usable keys for Autokey: see the log, or noonmark check';
  if (known?.end === end && known.address === address && known.localAddress === localAddress) return known;
  const [own, other] = [parseAddress(localAddress), parseAddress(address)];
  if (own === undefined || other === undefined || own.length !== other.length)
    return `no session key can be made for packets from ${localAddress} to ${address}`;
  return { end, address, localAddress, dance: make(end, own, other) };
}
