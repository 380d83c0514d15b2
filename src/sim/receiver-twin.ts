/**
 * What the twins of receivers that can be set have in common. A twin is a receiver without a line: bytes in, answers out,
 * and once a second what it has to say; the line is twin-link.ts's.
 */
export interface ReceiverTwin {
  /** of its UART now, bits/s */
  readonly baud: number;
  /** Bytes from the host; answers what it sends for them, in order. */
  receive(bytes: Uint8Array): readonly Uint8Array[];
  /** A second has passed; answers the messages of it. `unixNs`: the true time. */
  second(unixNs: bigint): readonly Uint8Array[];
  /** Without power for a moment: what was not saved is lost. */
  powerCycle(): void;
}
