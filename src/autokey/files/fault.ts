/**
 * What is wrong with a key file, as an error that knows its line. The codecs of this room throw it; the loader turns it
 * into a KeyProblem and throws nothing.
 */
import { NoonmarkError } from '../../errors.js';

export class KeyFileFault extends NoonmarkError {
  constructor(
    /** from 1 */ readonly line: number,
    message: string,
    remedy: string,
    options?: { cause?: unknown },
  ) {
    super('ERR_KEYS', message, remedy, options);
  }
}

/** For a file whose bytes are not what they should be, whatever the reason. */
export const damaged = (line: number, what: string): KeyFileFault =>
  new KeyFileFault(line, what, 'copy the file again from where it was made, or make a new one');
