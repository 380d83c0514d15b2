/** Unix sockets of a program that has just been started, and lines that come from them. */
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const TURNS = 600;
const TURN_MS = 50;

/** Waits half a minute for who listens there. */
export async function connect(path: string): Promise<Socket> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = createConnection(path, () => resolve(socket));
        socket.once('error', reject);
      });
    } catch (error) {
      if (turn > TURNS) throw error;
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
  }
}

/** A socket that breaks off just ends: that QEMU is gone is told elsewhere. */
export function readLines(socket: Socket, onLine: (text: string) => void): void {
  socket.on('error', () => undefined);
  createInterface({ input: socket })
    .on('line', onLine)
    .on('error', () => undefined);
}
