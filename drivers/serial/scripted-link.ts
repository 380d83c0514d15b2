/**
 * A ByteLink whose every byte is dictated: the fake of tests, and the line of a simulated receiver.
 */
import type { ByteLink, ByteLinkHandler } from '../../src/ports/byte-link.js';
import { chunksOf } from './chunks.js';

export interface ScriptedLink extends ByteLink {
  /** Bytes arrive, all with one stamp; lost when the line is down or not open. */
  deliver(bytes: Uint8Array, arrivalNs: bigint): void;
  /** The line goes away. */
  lose(reason: string): void;
  /** It comes back. */
  restore(): void;
  /** What was written while it was up. */
  readonly written: readonly Uint8Array[];
}

export function createScriptedLink(name = 'scripted'): ScriptedLink {
  let handler: ByteLinkHandler | undefined;
  let up = true;
  const written: Uint8Array[] = [];
  return {
    name,
    written,
    open(given) {
      handler = given;
      if (up) given.up();
    },
    write(bytes) {
      if (up && handler !== undefined) written.push(bytes.slice());
    },
    async close() {
      handler = undefined;
    },
    deliver(bytes, arrivalNs) {
      if (up) for (const chunk of chunksOf(bytes.slice())) handler?.bytes(chunk, arrivalNs);
    },
    lose(reason) {
      if (!up) return;
      up = false;
      handler?.down(reason);
    },
    restore() {
      if (up) return;
      up = true;
      handler?.up();
    },
  };
}
