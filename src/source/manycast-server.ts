/**
 * `manycastserver GROUP`: our own address for who asks a multicast group for servers: one packet of mode 4 for one of mode
 * 3, never longer than it, or silence. Owns who is answered; rates and access rules were applied by the responder.
 * Nobody hears of us while our clock is not set, or when the key of the question is not one of ours: a refusal would only
 * be noise, from every server at once.
 * Sources: RFC 5905 §3.1; ntpd 4.2.8p15's behaviour (who is answered).
 */
import { isKeyUsableFrom, verifyMac } from '../auth/mac.js';
import { RES } from '../auth/restrict.js';
import { AnswerBounds } from '../autokey/allowance.js';
import { answerRequest } from '../autokey/dance/server.js';
import { isSessionKeyId, sessionKey, verifySessionMac } from '../autokey/session-key.js';
import { unixNsToNtp } from '../units/time.js';
import { AUTOKEY_OPERATION, decodeAutokeyHeader } from '../wire/autokey-field.js';
import { decodeHeader, HEADER_LENGTH, MODE, type NtpHeader } from '../wire/header.js';
import { newTail, type PacketTail, scanTail } from '../wire/mac-trailer.js';
import { canonicalAddress, networkPrefix, parseAddress } from './address.js';
import type {
  AssociationContext,
  ServedPacket,
  ServedPort,
  ServedTransmission,
} from './association/context.js';
import { writeSymmetric } from './association/request.js';
import { MAX_STRATUM } from './constants.js';

const NO_FIELD = new Uint8Array(0);
export class ManycastServer {
  readonly #tail = newTail();
  readonly #bounds = new AnswerBounds();

  /** `groups`: canonical, without zone */
  constructor(
    private readonly context: Pick<AssociationContext, 'autokey' | 'clock' | 'keys' | 'system'>,
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
    if (scanTail(view, bytes.length, this.#tail) !== undefined) return;
    const header = decoded.value;
    const variables = this.context.system();
    // Who has a clock as good as ours has nothing to learn from it; 0 says nothing.
    const theirs = header.stratum === 0 ? MAX_STRATUM : header.stratum;
    if (variables.leap === 3 || variables.stratum >= MAX_STRATUM || variables.stratum >= theirs) return;
    const { macAt, macLength, keyId, fieldCount } = this.#tail;
    if (fieldCount === 1 && isSessionKeyId(keyId)) {
      this.#answerAutokey(packet, this.#tail, header);
      return;
    }
    const isPlain = macLength === 0;
    if (fieldCount > 0 || (isPlain && (restrictions & RES.notrust) !== 0)) return;
    if (!isPlain && !this.#isAuthentic(packet, keyId, macAt, macLength)) return;
    this.#send(packet, header, NO_FIELD, { keyId: isPlain ? 0 : keyId });
  }

  /**
   * ntpd's search with Autokey is an ASSOC request, whose session key has the group for its destination. Anybody can make
   * that, and the answer is longer where our name is: it goes to whom other long answers go (autokey/budget.ts).
   */
  #answerAutokey(packet: ServedPacket, { keyId, macAt, macLength }: PacketTail, header: NtpHeader): void {
    if (((packet.restrictions ?? 0) & (RES.attached | RES.autokey)) === 0) return;
    const { autokey, clock } = this.context;
    const end = autokey?.end();
    const [client, group] = [parseAddress(packet.address), parseAddress(packet.localAddress)];
    const own = parseAddress(this.port.localAddressFor(packet.address) ?? '');
    if (autokey === undefined || end === undefined || !client || !group || own?.length !== client.length)
      return;
    const { digest } = end.host;
    const { bytes } = packet;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (decodeAutokeyHeader(view, HEADER_LENGTH).operation !== AUTOKEY_OPERATION.assoc) return;
    const key = sessionKey(digest, client, group, keyId, 0);
    if (!verifySessionMac(digest, key, bytes, macAt, macLength)) return;
    const decision = answerRequest(view, HEADER_LENGTH, macAt - HEADER_LENGTH, {
      ...{ values: end.values, certificates: end.certificates, time: autokey.time() },
      // ASSOC has no use for either.
      ...{ cookie: () => 0, autokeyValues: () => undefined },
    });
    if (decision.kind !== 'reply') return;
    const length = HEADER_LENGTH + decision.field.length + bytes.length - macAt;
    const now = Number(clock.monotonic()) / 1e9;
    if (!this.#bounds.admit(now, networkPrefix(client), length)) return;
    const session = { digest, keyId, key: sessionKey(digest, own, client, keyId, 0) };
    this.#send(packet, header, decision.field, { keyId: 0, session });
  }

  #send(
    packet: ServedPacket,
    header: NtpHeader,
    field: Uint8Array,
    seal: Pick<ServedTransmission, 'keyId' | 'session'>,
  ): void {
    const { clock, system } = this.context;
    const reply = new Uint8Array(HEADER_LENGTH + field.length);
    const variables = system();
    writeSymmetric(reply, MODE.server, header.version, header.poll, variables, clock.monotonic(), {
      origin: header.transmitTime,
      receive: unixNsToNtp(clock.toServed(packet.kernelNs)),
      transmit: 0n,
    });
    reply.set(field, HEADER_LENGTH);
    const { address, port } = packet;
    this.port.send({ bytes: reply, address, port, ...seal, stamped: () => undefined });
  }

  #isAuthentic({ bytes, address }: ServedPacket, keyId: number, macAt: number, macLength: number): boolean {
    const key = this.context.keys().get(keyId);
    const from = parseAddress(address);
    if (key === undefined || from === undefined || !isKeyUsableFrom(key, from)) return false;
    return verifyMac(key, bytes, macAt, macLength);
  }
}
