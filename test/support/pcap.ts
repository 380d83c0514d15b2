/**
 * UDP datagrams out of a classic pcap file, for golden tests: Ethernet, raw IP, BSD loopback and Linux cooked captures,
 * IPv4 and IPv6. IPv4 fragments are put together; what is not UDP is passed over.
 * Sources: https://www.tcpdump.org/manpages/pcap-savefile.5.html, https://www.tcpdump.org/linktypes.html
 */
export interface CapturedDatagram {
  /** Unix nanoseconds */
  readonly timeNs: bigint;
  /** network order, 4 or 16 bytes */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** Where the IP packet begins and what says that it is one; undefined: not IP. */
function ipOffset(linkType: number, frame: DataView): number | undefined {
  switch (linkType) {
    case 0: // BSD loopback
      return 4;
    case 1: {
      let at = 12;
      while (frame.byteLength >= at + 6 && frame.getUint16(at) === 0x8100) at += 4;
      const type = frame.byteLength >= at + 2 ? frame.getUint16(at) : 0;
      return type === 0x0800 || type === 0x86dd ? at + 2 : undefined;
    }
    case 12: // raw IP, as some systems number it
    case 101:
      return 0;
    case 113:
      return 16;
    case 276:
      return 20;
    default:
      throw new Error(`link type ${linkType} is not known here`);
  }
}

interface Fragments {
  readonly parts: Map<number, Uint8Array>;
  total: number | undefined;
}

/** Puts IPv4 fragments together; undefined: some are still missing. */
function assemble(
  waiting: Map<string, Fragments>,
  key: string,
  offset: number,
  more: boolean,
  part: Uint8Array,
): Uint8Array | undefined {
  const entry = waiting.get(key) ?? { parts: new Map<number, Uint8Array>(), total: undefined };
  waiting.set(key, entry);
  entry.parts.set(offset, part);
  if (!more) entry.total = offset + part.length;
  let have = 0;
  for (const { length } of entry.parts.values()) have += length;
  if (entry.total === undefined || have < entry.total) return undefined;
  waiting.delete(key);
  const whole = new Uint8Array(entry.total);
  for (const [at, bytes] of entry.parts) whole.set(bytes, at);
  return whole;
}

/** Every UDP datagram of a capture, in order. Throws on a file that is no pcap or is cut off. */
export function* readPcap(file: Uint8Array): Generator<CapturedDatagram> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = view.getUint32(0, true);
  const isLittle = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  const isNano = magic === 0xa1b23c4d || view.getUint32(0) === 0xa1b23c4d;
  if (!isLittle && view.getUint32(0) !== 0xa1b2c3d4 && view.getUint32(0) !== 0xa1b23c4d)
    throw new Error('not a pcap file');
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  const waiting = new Map<string, Fragments>();
  for (let at = 24; at < file.length; ) {
    const seconds = BigInt(view.getUint32(at, isLittle));
    const fraction = BigInt(view.getUint32(at + 4, isLittle));
    const length = view.getUint32(at + 8, isLittle);
    const timeNs = seconds * 1_000_000_000n + fraction * (isNano ? 1n : 1000n);
    const frame = new DataView(file.buffer, file.byteOffset + at + 16, length);
    at += 16 + length;
    const start = ipOffset(linkType, frame);
    if (start === undefined || frame.byteLength < start + 20) continue;
    const slice = (from: number, to: number): Uint8Array =>
      new Uint8Array(frame.buffer, frame.byteOffset + from, to - from);
    let source: Uint8Array;
    let destination: Uint8Array;
    let udp: Uint8Array | undefined;
    if (frame.getUint8(start) >> 4 === 4) {
      if (frame.getUint8(start + 9) !== 17) continue;
      source = slice(start + 12, start + 16);
      destination = slice(start + 16, start + 20);
      const body = slice(start + (frame.getUint8(start) & 15) * 4, start + frame.getUint16(start + 2));
      const fragment = frame.getUint16(start + 6);
      const isMore = (fragment & 0x2000) !== 0;
      const offset = (fragment & 0x1fff) * 8;
      udp =
        isMore || offset > 0
          ? assemble(waiting, `${source} ${destination} ${frame.getUint16(start + 4)}`, offset, isMore, body)
          : body;
    } else {
      if (frame.byteLength < start + 40 || frame.getUint8(start + 6) !== 17) continue;
      source = slice(start + 8, start + 24);
      destination = slice(start + 24, start + 40);
      udp = slice(start + 40, start + 40 + frame.getUint16(start + 4));
    }
    if (udp === undefined || udp.length < 8) continue;
    const header = new DataView(udp.buffer, udp.byteOffset);
    yield {
      timeNs,
      source,
      destination,
      sourcePort: header.getUint16(0),
      destinationPort: header.getUint16(2),
      payload: udp.slice(8, header.getUint16(4)),
    };
  }
}

/** Address as text, the way the reference's expected.json writes it (RFC 5952 for what occurs there). */
export function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2) words.push((((address[i] ?? 0) << 8) | (address[i + 1] ?? 0)).toString(16));
  return words.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}
