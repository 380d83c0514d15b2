/**
 * Sends datagrams to a port of 127.0.0.1 as fast as they come, from any address of 127.0.0.0/8.
 */
import { LinuxPacketBatch } from '../../drivers/linux/packet-batch.js';
import { closeSocket, openServerSocket } from '../../drivers/linux/server-socket.js';

const TARGET = Uint8Array.of(127, 0, 0, 1);

export class DatagramSender {
  private readonly batch = new LinuxPacketBatch(32);
  private readonly socket = openServerSocket({ family: 4, port: 0, receiveBuffer: 1 << 20 });

  constructor(private readonly port: number) {}

  /** `source`: an address of 127.0.0.0/8; false: the kernel did not take it. */
  send(bytes: Uint8Array, source?: Uint8Array): boolean {
    return this.batch.sendTo(this.socket, bytes, bytes.length, TARGET, this.port, source, 0);
  }

  /** Throws away what has come back; answers how many datagrams that were. */
  drain(): number {
    let count = 0;
    for (let n = this.batch.receive(this.socket); n > 0; n = this.batch.receive(this.socket)) count += n;
    return count;
  }

  close(): void {
    closeSocket(this.socket);
  }
}

/** The n-th of many addresses of 127.0.0.0/8, none of them 127.0.0.1. */
export const loopbackAddress = (n: number): Uint8Array =>
  Uint8Array.of(127, 1 + ((n >> 16) & 0x7f), (n >> 8) & 0xff, n & 0xff);
