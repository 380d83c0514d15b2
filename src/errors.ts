/**
 * The one error class and the catalogue of its codes. A code is stable: scripts may rely on it.
 * Wire failures are values (units/decoded.ts), never errors.
 */
export const ERROR_CODES = {
  ERR_USAGE: 'the command line is wrong',
  ERR_CONFIG: 'the configuration is wrong',
  ERR_FILE: 'a file cannot be read or written',
  ERR_PERMISSION: 'a right is missing',
  ERR_SYSCALL: 'a call into the kernel failed',
  ERR_UNSUPPORTED: 'this machine or kernel lacks something',
  ERR_ADDRESS: 'an address cannot be used',
  ERR_DEVICE: 'a device is missing or does not answer',
  ERR_OPTIONAL_MODULE: 'an optional native module is not installed',
  ERR_KEYS: 'a key file is wrong',
  ERR_CLOCK: 'the clock cannot be read or set',
  ERR_PANIC: 'the offset is beyond the panic threshold',
  ERR_THREAD: 'a thread of the daemon ended',
  ERR_REMOTE: 'another program gave an error answer or none',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Exit codes that systemd and scripts can act on (sysexits.h). */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 64,
  noInput: 66,
  unavailable: 69,
  config: 78,
  permission: 77,
} as const;

export class NoonmarkError extends Error {
  override readonly name = 'NoonmarkError';
  constructor(
    /** stable code */ readonly code: ErrorCode,
    /** what happened, for a person */ message: string,
    /** what to do about it */ readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** One line for a log or terminal: message, then the remedy. */
export function explain(error: unknown): string {
  if (error instanceof NoonmarkError)
    return error.remedy ? `${error.message}; ${error.remedy}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
