/**
 * What a refclock keeps over a restart, as a plain JSON object, and its check when it comes back. Owns the format;
 * reading and writing files is the daemon's.
 */
import type { GpsIdentity } from '../../ports/gps.js';
import { isPlace, type Place } from '../../ports/gps-setup.js';

export interface SavedRefclock {
  readonly version: 1;
  /** what identifies the receiver as far as it told; empty: it told nothing */
  readonly receiver: string;
  /** delay of the messages behind the pulse, s; absent: not learned */
  readonly delaySeconds?: number | undefined;
  /** Unix ns, decimal: a time at which the receiver was trusted */
  readonly trustedAtNs?: string | undefined;
  /** where the antenna was surveyed to be */
  readonly place?: Place | undefined;
}

/** A stable name of a receiver; empty when nothing is known of it. */
export function receiverName(identity: GpsIdentity | undefined): string {
  if (identity === undefined) return '';
  const { vendor, hardware, software, uniqueId } = identity;
  if (uniqueId !== undefined) return `${vendor} ${uniqueId}`;
  return [vendor === 'unknown' ? '' : vendor, hardware ?? '', software ?? '']
    .filter((part) => part !== '')
    .join(' ');
}

/** Undefined for anything that is not such a state: a damaged file is worth as much as none. */
export function readSavedRefclock(value: unknown): SavedRefclock | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map(Object.entries(value));
  const receiver = fields.get('receiver');
  if (fields.get('version') !== 1 || typeof receiver !== 'string' || receiver.length > 200) return undefined;
  const delay = fields.get('delaySeconds');
  const place = fields.get('place');
  const trustedAt = fields.get('trustedAtNs');
  return {
    version: 1,
    receiver,
    delaySeconds: typeof delay === 'number' && delay > -1.5 && delay < 2.5 ? delay : undefined,
    place: isPlace(place) ? place : undefined,
    trustedAtNs: typeof trustedAt === 'string' && /^\d{1,20}$/.test(trustedAt) ? trustedAt : undefined,
  };
}
