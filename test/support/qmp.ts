/**
 * QEMU's machine protocol over its unix socket: one command at a time, each with its answer.
 * Source: QEMU docs/interop/qmp-spec.
 */
import type { Socket } from 'node:net';
import { connect, readLines } from './sockets.js';

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Qmp {
  /** names of those that came so far */
  readonly events: string[] = [];
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('QEMU has ended'));
    });
    readLines(socket, (line) => this.#line(line));
  }

  /** Answers when commands are taken. Rejects when QEMU does not listen there in time. */
  static async connect(path: string): Promise<Qmp> {
    const qmp = new Qmp(await connect(path));
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

  /** The greeting is nobody's answer. */
  #line(line: string): void {
    const message: unknown = JSON.parse(line);
    if (typeof message !== 'object' || message === null) return;
    if ('return' in message) this.#waiting.shift()?.resolve(message.return);
    else if ('error' in message) this.#waiting.shift()?.reject(new Error(JSON.stringify(message.error)));
    else if ('event' in message) this.events.push(String(message.event));
  }
}
