/** The contract of ByteLinkHandler.bytes: pieces of 1 .. 4096 bytes that are the handler's to keep. */
export const MAX_CHUNK = 4096;

export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MAX_CHUNK) yield bytes.subarray(at, at + MAX_CHUNK);
}
