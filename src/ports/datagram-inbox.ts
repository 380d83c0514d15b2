/**
 * A UNIX datagram socket that is only read, at a path of its own (chrony's SOCK protocol).
 */
export interface DatagramInbox {
  /** its path */
  readonly name: string;
  /** Binds it, replacing a stale socket file; throws NoonmarkError (ERR_DEVICE, ERR_PERMISSION) with a remedy. */
  open(): void;
  /** The next datagram waiting (at most 256 bytes; a longer one is cut), or undefined; never blocks. */
  receive(): Uint8Array | undefined;
  /** Closes it and removes the file. */
  close(): void;
}
