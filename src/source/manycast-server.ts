/**
 * `manycastserver GROUP`: our own address for who asks a multicast group for servers: one packet of mode 4 for one of mode
 * 3, never longer than it, or silence. Owns who is answered; rates and access rules were applied by the responder.
 * Nobody hears of us while our clock is not set, or when the key of the question is not one of ours: a refusal would only
 * be noise, from every server at once.
 * Sources: RFC 5905 §3.1; ntpd 4.2.8p15's behaviour (who is answered).
 */
import { isKeyUsableFrom, verifyMac } from '../auth/mac.js';
import { RES } from '../auth/restrict.js';
import { unixNsToNtp } from '../units/time.js';
import { decodeHeader, HEADER_LENGTH, MODE } from '../wire/header.js';
import { newTail, scanTail } from '../wire/mac-trailer.js';
import { canonicalAddress, parseAddress } from './address.js';
import type { AssociationContext, ServedPacket, ServedPort } from './association/context.js';
import { writeSymmetric } from './association/request.js';
import { MAX_STRATUM } from './constants.js';

export class ManycastServer {
  readonly #tail = newTail();

  /** `groups`: canonical, without zone */
  constructor(
    private readonly context: Pick<AssociationContext, 'clock' | 'keys' | 'system'>,
    private readonly port: ServedPort,
    private readonly groups: ReadonlySet<string>,
  ) {}

  /** A mode 3 packet to a multicast group. */
  receive(packet: ServedPacket): void {
    const { bytes, restrictions = 0 } = packet;
    if (!this.groups.has(canonicalAddress(packet.localAddress))) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const decoded = decodeHeader(view, bytes.length);
    if (!decoded.ok || decoded.value.mode !== MODE.client) return;
    if (scanTail(view, bytes.length, this.#tail) !== undefined || this.#tail.fieldCount > 0) return;
    const { macAt, macLength, keyId } = this.#tail;
    const isPlain = macLength === 0;
    if (isPlain ? (restrictions & RES.notrust) !== 0 : !this.#isAuthentic(packet, keyId, macAt, macLength))
      return;
    const header = decoded.value;
    const { clock, system } = this.context;
    const variables = system();
    // Who has a clock as good as ours has nothing to learn from it; 0 says nothing.
    const theirs = header.stratum === 0 ? MAX_STRATUM : header.stratum;
    if (variables.leap === 3 || variables.stratum >= MAX_STRATUM || variables.stratum >= theirs) return;
    const reply = new Uint8Array(HEADER_LENGTH);
    writeSymmetric(reply, MODE.server, header.version, header.poll, variables, clock.monotonic(), {
      origin: header.transmitTime,
      receive: unixNsToNtp(clock.toServed(packet.kernelNs)),
      transmit: 0n,
    });
    this.port.send({
      bytes: reply,
      address: packet.address,
      port: packet.port,
      keyId: isPlain ? 0 : keyId,
      stamped: () => undefined,
    });
  }

  #isAuthentic({ bytes, address }: ServedPacket, keyId: number, macAt: number, macLength: number): boolean {
    const key = this.context.keys().get(keyId);
    const from = parseAddress(address);
    if (key === undefined || from === undefined || !isKeyUsableFrom(key, from)) return false;
    return verifyMac(key, bytes, macAt, macLength);
  }
}
