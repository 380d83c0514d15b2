/**
 * Finds NMEA 0183 sentences and UBX frames in one mixed stream of bytes, and hands out everything else as discarded.
 * Owns framing, checksums and the arrival stamps of bytes; knows no message. Never throws, never grows: lengths are
 * capped before anything is kept, in one buffer of fixed size.
 *
 * A frame is recognised only with its checksum; after a failure the search goes on at the very next byte, so damage
 * never costs more than the frame it is in. While a UBX header claims more bytes than have come, whole frames inside
 * the claimed span prove it false: a damaged length delays nothing behind it by more than one frame.
 * Sources: NMEA 0183 §5.3 (82 characters; real receivers send more), u-blox interface description, "UBX frame structure".
 */
import type { FrameMatch, Match } from './match.js';
import { CR, isAddressStart, LF, MAX_NMEA_BYTES, matchNmea } from './nmea/match.js';
import { MAX_UBX_PAYLOAD, matchUbx, UBX_OVERHEAD, UBX_SYNC_1 } from './ubx/match.js';

/** Bytes passed are views of the scanner's buffer, valid during the call only. Stamps: served time, ns. */
export interface FrameSink {
  /** From '$' or '!' up to the checksum's last digit, without CR LF. `checked` false: it carries no checksum at all. */
  sentence(bytes: Uint8Array, checked: boolean, firstByteNs: bigint, lastByteNs: bigint): void;
  /** From 0xB5 to the second checksum byte. */
  ubx(bytes: Uint8Array, firstByteNs: bigint, lastByteNs: bigint): void;
  /** Bytes that belong to no frame. */
  discarded(bytes: Uint8Array, firstByteNs: bigint, lastByteNs: bigint): void;
  /** A frame that had everything but the right checksum; its bytes come again, as discarded or in other frames. */
  badChecksum(): void;
}

const SLICE = 4096;
/** The longest frame that can be held while incomplete, and one slice of input. */
const CAPACITY = MAX_UBX_PAYLOAD + UBX_OVERHEAD + MAX_NMEA_BYTES + SLICE;

export class FrameScanner {
  readonly #sink: FrameSink;
  readonly #buffer = new Uint8Array(CAPACITY);
  #length = 0;
  /** Bytes #markEnds[i-1] .. #markEnds[i] of the buffer came with stamp #markNs[i]. */
  readonly #markEnds: number[] = [];
  readonly #markNs: bigint[] = [];
  /** The byte before the buffer ended a sentence: line ends that follow are part of it. */
  #afterSentence = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes a chunk of any length; all its bytes carry `arrivalNs`. */
  push(chunk: Uint8Array, arrivalNs: bigint): void {
    for (let at = 0; at < chunk.length; at += SLICE) {
      const slice = chunk.subarray(at, at + SLICE);
      this.#buffer.set(slice, this.#length);
      this.#length += slice.length;
      this.#markEnds.push(this.#length);
      this.#markNs.push(arrivalNs);
      this.#consume(this.#scan(false));
    }
  }

  /** The stream has ended (or was interrupted): nothing will be completed, what is held is looked through once more. */
  end(): void {
    this.#consume(this.#scan(true));
    this.#afterSentence = false;
  }

  /** Answers how many bytes of the buffer are done with. */
  #scan(ended: boolean): number {
    const buffer = this.#buffer;
    const end = this.#length;
    let garbage = 0;
    let at = 0;
    const frame = (start: number, match: FrameMatch) => {
      if (start > garbage) this.#discard(garbage, start);
      at = start + match.length;
      garbage = at;
      const bytes = buffer.subarray(start, at);
      const first = this.#stampOf(start);
      const last = this.#stampOf(at - 1);
      this.#afterSentence = bytes[0] !== UBX_SYNC_1;
      if (this.#afterSentence) this.#sink.sentence(bytes, match.checked, first, last);
      else this.#sink.ubx(bytes, first, last);
    };
    while (at < end) {
      const byte = buffer[at] as number;
      if (this.#afterSentence) {
        if (byte === CR || byte === LF) {
          at += 1;
          garbage = at;
          continue;
        }
        this.#afterSentence = false;
      }
      if (byte !== UBX_SYNC_1 && !isAddressStart(byte)) {
        at += 1;
        continue;
      }
      const match = this.#match(at, end);
      if (match.kind === 'frame') {
        frame(at, match);
      } else if (match.kind === 'more' && !ended) {
        const inner = this.#completeFrameWithin(at + 1, end);
        if (inner === undefined) break;
        frame(inner.start, inner.match);
      } else {
        if (match.kind === 'bad-checksum') this.#sink.badChecksum();
        at += 1;
      }
    }
    if (at > garbage) this.#discard(garbage, at);
    return at;
  }

  #discard(from: number, to: number): void {
    this.#sink.discarded(this.#buffer.subarray(from, to), this.#stampOf(from), this.#stampOf(to - 1));
  }

  #match(at: number, end: number): Match {
    return this.#buffer[at] === UBX_SYNC_1
      ? matchUbx(this.#buffer, at, end)
      : matchNmea(this.#buffer, at, end);
  }

  /** A checked frame that lies whole inside a span which an unfinished UBX header claims. */
  #completeFrameWithin(from: number, end: number): { start: number; match: FrameMatch } | undefined {
    if (this.#buffer[from - 1] !== UBX_SYNC_1) return undefined;
    for (let start = from; start < end; start += 1) {
      const byte = this.#buffer[start] as number;
      if (byte !== UBX_SYNC_1 && !isAddressStart(byte)) continue;
      const match = this.#match(start, end);
      if (match.kind === 'frame' && match.checked) return { start, match };
    }
    return undefined;
  }

  #stampOf(position: number): bigint {
    let index = 0;
    while (index < this.#markEnds.length - 1 && (this.#markEnds[index] as number) <= position) index += 1;
    return this.#markNs[index] ?? 0n;
  }

  #consume(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    let gone = 0;
    while (gone < this.#markEnds.length && (this.#markEnds[gone] as number) <= count) gone += 1;
    this.#markEnds.splice(0, gone);
    this.#markNs.splice(0, gone);
    for (let i = 0; i < this.#markEnds.length; i += 1)
      this.#markEnds[i] = (this.#markEnds[i] as number) - count;
  }
}
