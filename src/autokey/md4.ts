/**
 * MD4, for certificates of RSA-MD4, which the last reference daemon still takes and OpenSSL 3 hides in its legacy part.
 * Broken for every other use; `crypto minimum` refuses it unless somebody allows it.
 * Source: RFC 1320.
 */
const SHIFTS = [
  [3, 7, 11, 19],
  [3, 5, 9, 13],
  [3, 9, 11, 15],
] as const;
/** Which word each step of a round takes. */
const WORDS = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
] as const;
const CONSTANTS = [0, 0x5a827999, 0x6ed9eba1] as const;

const mix = (round: number, x: number, y: number, z: number): number =>
  round === 0 ? (x & y) | (~x & z) : round === 1 ? (x & y) | (x & z) | (y & z) : x ^ y ^ z;

/** 16 bytes. */
export function md4(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((bytes.length + 9 + 63) & ~63);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (bytes.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    const before = [a, b, c, d] as const;
    for (let round = 0; round < 3; round += 1) {
      for (let step = 0; step < 16; step += 1) {
        const word = view.getUint32(block + 4 * (WORDS[round]?.[step] ?? 0), true);
        const sum = (a + mix(round, b, c, d) + word + (CONSTANTS[round] ?? 0)) | 0;
        const shift = SHIFTS[round]?.[step & 3] ?? 0;
        [a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c];
      }
    }
    a = (a + before[0]) | 0;
    b = (b + before[1]) | 0;
    c = (c + before[2]) | 0;
    d = (d + before[3]) | 0;
  }
  const digest = new DataView(new ArrayBuffer(16));
  [a, b, c, d].forEach((word, i) => {
    digest.setInt32(4 * i, word, true);
  });
  return new Uint8Array(digest.buffer);
}
