/**
 * What goes back and forth between two symmetric peers: our packets that left and were not answered, the peer's last times,
 * and the way its packets come. Owns headers, their times, and what leaves by the served port; when, and what is in it
 * beside the header, is the association's business.
 * Sources: RFC 5905 §8 (on-wire protocol), A.5.1.
 */
import { type NtpTimestamp, unixNsToNtp } from '../../units/time.js';
import { AT, HEADER_LENGTH, LEAP, MODE, type NtpHeader } from '../../wire/header.js';
import { appendCryptoNak, CRYPTO_NAK_LENGTH } from '../../wire/mac-trailer.js';
import type { ReadyPacket } from './autokey-peer.js';
import type {
  AssociationContext,
  SentStamp,
  ServedPacket,
  ServedPort,
  ServedTransmission,
  Way,
} from './context.js';
import type { Moment } from './exchange.js';
import type { PeerState } from './peer-state.js';
import { writeSymmetric } from './request.js';

/** With Autokey a peer may answer another packet than our last; so many are remembered. */
const MAX_OUTSTANDING = 4;

/** A packet that left and was not answered. */
export interface Outstanding {
  readonly transmitTime: NtpTimestamp;
  readonly sent: Moment;
}

export class SymmetricWire {
  /** our last packets, until one is answered */
  #outstanding: readonly Outstanding[] = [];
  /** the peer's last packet's transmit time, and when it came */
  #peerTransmit: NtpTimestamp = 0n;
  #peerReceived: NtpTimestamp = 0n;
  #isPeerSynchronised = false;
  /** of its last authentic packet */
  #way: Way | undefined;
  #wayAddress: string | undefined;
  #sending = 0;

  constructor(
    private readonly state: PeerState,
    private readonly context: AssociationContext,
    private readonly port: ServedPort,
  ) {}

  /** By its last header. */
  get isPeerSynchronised(): boolean {
    return this.#isPeerSynchronised;
  }
  /** Our address on the way to the peer; undefined: there is no way. */
  get localAddress(): string | undefined {
    return this.#wayAddress ?? this.port.localAddressFor(this.state.address);
  }

  /** Another peer. */
  forget(): void {
    this.#outstanding = [];
    this.#way = undefined;
    this.#wayAddress = undefined;
    this.#peerTransmit = 0n;
    this.#peerReceived = 0n;
  }

  /** Which packet of ours this one answers; undefined: none that is remembered. */
  answeredBy(bytes: Uint8Array): Outstanding | undefined {
    if (bytes.length < HEADER_LENGTH) return undefined;
    const origin = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(AT.originTime);
    return this.#outstanding.find(({ transmitTime }) => transmitTime === origin);
  }

  /** A packet of the peer's that is to be answered. `arrivedNs`: served time. */
  heard({ leap, transmitTime }: NtpHeader, arrivedNs: bigint): void {
    this.#isPeerSynchronised = leap !== LEAP.unsynchronised;
    this.#peerTransmit = transmitTime;
    this.#peerReceived = unixNsToNtp(arrivedNs);
  }

  /** A packet of ours was answered: the same answer again answers nothing. */
  answered(header: NtpHeader, arrivedNs: bigint): void {
    this.#outstanding = [];
    this.heard(header, arrivedNs);
  }

  /** An authentic packet came this way: ours go back by it. */
  cameBy({ way, localAddress }: ServedPacket): void {
    this.#way = way;
    this.#wayAddress = localAddress;
  }

  /** A packet without Autokey, which alone can be answered then. `keyId` 0: without a MAC. */
  sendPlain(keyId: number): void {
    // Until the port tells what the packet says, nothing is outstanding.
    this.#outstanding = [];
    this.#transmit({ bytes: this.#header(HEADER_LENGTH), keyId });
  }

  /** A packet of Autokey. `onSent`: it left, with that transmit time. */
  sendSealed({ out, session }: ReturnType<ReadyPacket['seal']>, onSent: (stamp: SentStamp) => void): void {
    const bytes = this.#header(out.fields.reduce((sum, { length }) => sum + length, HEADER_LENGTH));
    let at = HEADER_LENGTH;
    for (const field of out.fields) {
      bytes.set(field, at);
      at += field.length;
    }
    this.#outstanding = this.#outstanding.slice(1 - MAX_OUTSTANDING);
    this.#transmit({ bytes, keyId: 0, session, way: this.#way }, onSent);
  }

  /** A crypto-NAK in answer to this packet. */
  sendNak({ bytes }: ServedPacket): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const nak = this.#header(HEADER_LENGTH + CRYPTO_NAK_LENGTH);
    const nakView = new DataView(nak.buffer);
    nakView.setBigUint64(AT.originTime, view.getBigUint64(AT.transmitTime));
    appendCryptoNak(nakView, HEADER_LENGTH);
    this.#transmit({ bytes: nak, keyId: 0, way: this.#way });
  }

  /** A packet of this length with its header; what follows is zero. */
  #header(length: number): Uint8Array {
    const { state, context } = this;
    const { version } = state.identity.config;
    const mode = state.identity.hostMode === 2 ? MODE.symmetricPassive : MODE.symmetricActive;
    const bytes = new Uint8Array(length);
    const { monoNs } = state.now();
    writeSymmetric(bytes, mode, version, state.poll.hostPoll, context.system(), monoNs, {
      origin: this.#peerTransmit,
      receive: this.#peerReceived,
      transmit: 0n,
    });
    return bytes;
  }

  #transmit(
    transmission: Pick<ServedTransmission, 'bytes' | 'keyId' | 'session' | 'way'>,
    onSent: (stamp: SentStamp) => void = () => undefined,
  ): void {
    const { state, context } = this;
    const { address } = state;
    const now = state.now();
    this.#sending += 1;
    const turn = this.#sending;
    const isSession = transmission.session !== undefined;
    const stamped = (stamp: SentStamp | undefined) => {
      if (stamp === undefined) this.#way = undefined;
      if (stamp === undefined || (!isSession && turn !== this.#sending)) return;
      const sent = { ...now, servedNs: context.clock.toServed(stamp.kernelNs) };
      this.#outstanding = [...this.#outstanding, { transmitTime: stamp.transmitTime, sent }];
      onSent(stamp);
    };
    const { port } = state.identity.config;
    if (!this.port.send({ ...transmission, address, port, stamped }))
      state.remark = `a packet to ${address} could not be sent`;
  }
}
