/**
 * Autokey at the responder's door: whose MAC a client's packet bears, and what the answer to one with a cookie is sealed
 * with. Owns neither; the decision is autokey/dance/server-packet.ts's, the keys come from main.
 */

import { type ClientPacket, openClientPacket } from '../autokey/dance/server-packet.js';
import { sessionMacLength } from '../autokey/digest.js';
import { sessionKey } from '../autokey/session-key.js';
import type { AutokeyDoor } from './messages.js';
import type { Exchange } from './respond.js';

/**
 * What stands behind the packet; for 'time' the answer's seal and the length of its MAC stand in the exchange. The page
 * must be fresh. `door` undefined: 'nak'.
 */
export function openSession(exchange: Exchange, door: AutokeyDoor | undefined): ClientPacket['kind'] {
  if (door === undefined) return 'nak';
  const { digest, secrets } = door;
  const { input, tail, source, destination } = exchange;
  const { page } = exchange.state;
  page.mapStamp(exchange.stampSeconds, exchange.stampNanoseconds);
  const path = { digest, client: source, server: destination };
  const opened = openClientPacket(input, tail, path, secrets, page.ntpSeconds);
  if (opened.kind !== 'time') return opened.kind;
  const key = sessionKey(digest, destination, source, opened.keyId, opened.cookie);
  exchange.session = { digest, keyId: opened.keyId, key };
  exchange.macLength = sessionMacLength(digest);
  return 'time';
}
