/**
 * A line that brings bytes with the stamp of their arrival: serial port, replayed capture, I2C DDC, simulated receiver.
 */
export interface ByteLinkHandler {
  /** A chunk of 1 .. 4096 bytes. `arrivalNs`: served time when its last byte was seen. The array is the handler's to keep. */
  bytes(chunk: Uint8Array, arrivalNs: bigint): void;
  up(): void;
  /** The line went away; the link goes on trying by itself, with back-off, until closed. */
  down(reason: string): void;
}

/** What the far end calls the port that the line leads to. */
export type LinkPort = 'uart' | 'usb' | 'i2c';

/** Of a line whose two ends must agree on one. */
export interface LineSpeed {
  /** bits/s */
  readonly baud: number;
  /** Our end goes to another speed; what is on its way is lost. */
  change(baud: number): void;
}

export interface ByteLink {
  /** for people: the device's path, or "simulated" */
  readonly name: string;
  open(handler: ByteLinkHandler): void;
  /** Queues bytes for the line; dropped when it is down. Never blocks. */
  write(bytes: Uint8Array): void;
  close(): Promise<void>;
  /** undefined: not known */
  readonly port?: LinkPort | undefined;
  /** undefined: it has none (USB, I2C), or it is not ours to change */
  readonly speed?: LineSpeed | undefined;
}
