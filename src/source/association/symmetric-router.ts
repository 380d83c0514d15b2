/**
 * Mode 1 and 2 packets from the served port to the associations they belong to; strangers get one answer and no state.
 * RFC 5905 §3 and A.5.1 would mobilise a symmetric passive association for an authentic stranger and then follow it. Here
 * only configured peers are followed: the stranger learns our time all the same, and our memory is not his to fill.
 * The responder has applied access rules and rate limit before.
 */
import { isKeyUsableFrom, type SymmetricKey, verifyMac } from '../../auth/mac.js';
import { unixNsToNtp } from '../../units/time.js';
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
import { writeSymmetric } from './request.js';
import type { SymmetricAssociation } from './symmetric.js';

export class SymmetricRouter {
  readonly #associations = new Set<SymmetricAssociation>();
  readonly #tail = newTail();

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
    for (const association of this.#associations) {
      if (association.state.address === address && association.state.identity.config.port === packet.port) {
        association.receive(packet);
        return;
      }
    }
    this.#answerStranger(packet);
  }

  /** One packet of mode 2 for one of mode 1, never longer than it. */
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

  #keyFor(keyId: number, address: string): SymmetricKey | undefined {
    const key = this.context.keys().get(keyId);
    const bytes = parseAddress(address);
    return key !== undefined && bytes !== undefined && isKeyUsableFrom(key, bytes) ? key : undefined;
  }
}
