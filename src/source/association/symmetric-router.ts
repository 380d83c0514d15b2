/**
 * Mode 1 and 2 packets from the served port to the associations they belong to. A stranger who is authentic may mobilise a
 * passive association (passive.ts), as RFC 5905 §3 and A.5.1 have it; every other one gets one answer and no state: he
 * learns our time all the same, and our memory is not his to fill.
 * The responder has applied access rules and rate limit before.
 */
import { isKeyUsableFrom, type SymmetricKey, verifyMac } from '../../auth/mac.js';
import { isSessionKeyId, sessionKey, verifySessionMac } from '../../autokey/session-key.js';
import { unixNsToNtp } from '../../units/time.js';
import { AUTOKEY_OPERATION, AUTOKEY_VERSION, decodeAutokeyHeader } from '../../wire/autokey-field.js';
import { decodeHeader, HEADER_LENGTH, MODE } from '../../wire/header.js';
import {
  appendCryptoNak,
  CRYPTO_NAK_LENGTH,
  isCryptoNak,
  newTail,
  scanTail,
} from '../../wire/mac-trailer.js';
import { canonicalAddress, parseAddress } from '../address.js';
import type { AssociationContext, ServedPacket, ServedPort } from './context.js';
import type { PassiveAssociations } from './passive.js';
import { writeSymmetric } from './request.js';
import type { SymmetricAssociation } from './symmetric.js';

export class SymmetricRouter {
  readonly #associations = new Set<SymmetricAssociation>();
  readonly #tail = newTail();

  /** Where strangers are welcomed; undefined: nowhere. */
  passive: PassiveAssociations | undefined;

  constructor(
    private readonly context: Pick<AssociationContext, 'clock' | 'keys' | 'system'>,
    private readonly port: ServedPort,
  ) {}

  add(association: SymmetricAssociation): void {
    this.#associations.add(association);
  }

  delete(association: SymmetricAssociation): void {
    this.#associations.delete(association);
  }

  /** A mode 1 or 2 packet that came in on the served port. */
  receive(packet: ServedPacket): void {
    const address = canonicalAddress(packet.address);
    const fitting = [...this.#associations].filter(
      ({ state }) => state.address === address && state.identity.config.port === packet.port,
    );
    const association = fitting.find(({ state }) => state.identity.configured) ?? fitting[0];
    if (association !== undefined) {
      for (const other of fitting) if (other !== association) this.passive?.supersede(other);
      this.passive?.heard(association);
      association.receive(packet);
      return;
    }
    this.#answerStranger(packet);
  }

  /** A passive association, where that may be; else one packet of mode 2 for one of mode 1, never longer than it. */
  #answerStranger(packet: ServedPacket): void {
    const { bytes } = packet;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const decoded = decodeHeader(view, bytes.length);
    if (!decoded.ok || decoded.value.mode !== MODE.symmetricActive) return;
    if (scanTail(view, bytes.length, this.#tail) !== undefined || isCryptoNak(this.#tail)) return;
    const { macAt, macLength, keyId } = this.#tail;
    const key = macLength === 0 ? undefined : this.#keyFor(keyId, packet.address);
    const authentic = key !== undefined && verifyMac(key, bytes, macAt, macLength);
    const header = decoded.value;
    if (authentic && this.passive?.welcome(packet, header, keyId)) return;
    if (this.#opensDance(packet) && this.passive?.welcome(packet, header, undefined)) return;
    const { clock, system } = this.context;
    const reply = new Uint8Array(HEADER_LENGTH + CRYPTO_NAK_LENGTH);
    const length = writeSymmetric(
      reply,
      MODE.symmetricPassive,
      header.version,
      header.poll,
      system(),
      clock.monotonic(),
      {
        origin: header.transmitTime,
        receive: unixNsToNtp(clock.toServed(packet.kernelNs)),
        transmit: unixNsToNtp(clock.now()),
      },
    );
    const refused = macLength !== 0 && !authentic;
    this.port.send({
      bytes: reply.slice(0, refused ? appendCryptoNak(new DataView(reply.buffer), length) : length),
      address: packet.address,
      port: packet.port,
      keyId: authentic ? keyId : 0,
      way: packet.way,
      ...(refused ? {} : { stamped: () => undefined }),
    });
  }

  /** Does it begin a dance of Autokey, its MAC right? That anybody can do. */
  #opensDance({ bytes, address, localAddress }: ServedPacket): boolean {
    const { fieldCount, keyId, macAt, macLength } = this.#tail;
    const digest = this.passive?.digest;
    if (digest === undefined || fieldCount === 0 || !isSessionKeyId(keyId)) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { operation, response, version } = decodeAutokeyHeader(view, HEADER_LENGTH);
    if (operation !== AUTOKEY_OPERATION.assoc || response || version !== AUTOKEY_VERSION) return false;
    const [peer, own] = [parseAddress(address), parseAddress(localAddress)];
    if (peer === undefined || own === undefined || peer.length !== own.length) return false;
    return verifySessionMac(digest, sessionKey(digest, peer, own, keyId, 0), bytes, macAt, macLength);
  }

  #keyFor(keyId: number, address: string): SymmetricKey | undefined {
    const key = this.context.keys().get(keyId);
    const bytes = parseAddress(address);
    return key !== undefined && bytes !== undefined && isKeyUsableFrom(key, bytes) ? key : undefined;
  }
}
