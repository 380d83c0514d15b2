/**
 * What an NTP client association needs of the network: a connected socket of its own with kernel receive stamps
 * (RFC 9109: random source port), and name resolution that delays nothing.
 */
export interface ReceivedPacket {
  /** at most 2200 bytes; the array is the receiver's to keep */
  readonly bytes: Uint8Array;
  /** kernel receive stamp, CLOCK_REALTIME ns */
  readonly kernelNs: bigint;
}

export interface ClientSocket {
  /** the local address the kernel chose */
  readonly localAddress: string;
  readonly localPort: number;
  /** Sends; answers the kernel-clock time (CLOCK_REALTIME ns) read right before the call, or undefined if refused. */
  send(bytes: Uint8Array): bigint | undefined;
  /** Next packet waiting, or undefined; never blocks. */
  receive(): ReceivedPacket | undefined;
  close(): void;
}

export interface Network {
  /** Throws NoonmarkError ERR_ADDRESS when there is no route or the address is malformed. */
  connect(address: string, port: number): ClientSocket;
  /** Addresses of a host name in resolver order; rejects with NoonmarkError ERR_ADDRESS. Off the way of time. */
  resolve(host: string, family: 0 | 4 | 6): Promise<readonly string[]>;
}
