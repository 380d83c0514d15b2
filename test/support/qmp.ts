/**
 * QEMU's machine protocol over its unix socket: one command at a time, each with its answer.
 * Source: QEMU docs/interop/qmp-spec.
 */
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Qmp {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('QEMU has ended'));
    });
    createInterface({ input: socket })
      .on('line', (line) => this.#line(line))
      .on('error', () => undefined);
  }

  /** Answers when commands are taken. Rejects when QEMU does not listen there. */
  static async connect(path: string): Promise<Qmp> {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const made = createConnection(path, () => resolve(made));
      made.once('error', reject);
    });
    const qmp = new Qmp(socket);
    await qmp.command('qmp_capabilities');
    return qmp;
  }

  command(name: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: name })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Greeting and events are nobody's answer. */
  #line(line: string): void {
    const message: unknown = JSON.parse(line);
    if (typeof message !== 'object' || message === null) return;
    if ('return' in message) this.#waiting.shift()?.resolve(message.return);
    else if ('error' in message) this.#waiting.shift()?.reject(new Error(JSON.stringify(message.error)));
  }
}
