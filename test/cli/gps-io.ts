/** A CommandIo that keeps what a command writes. */
import type { CommandIo } from '../../src/cli/command.js';

export interface KeptIo extends CommandIo {
  readonly written: () => string;
  readonly errors: () => string;
}

export function keptIo(): KeptIo {
  let out = '';
  let err = '';
  return {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    monotonic: () => 0n,
    isTerminal: false,
    columns: 80,
    written: () => out,
    errors: () => err,
  };
}
