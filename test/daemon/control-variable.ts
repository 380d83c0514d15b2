/**
 * One number out of a running daemon, asked as ntpq asks (mode 6).
 */
import { createSocket } from 'node:dgram';
import { decodeControl, OPCODE } from '../../src/wire/mode6.js';
import { request as controlRequest } from '../control/client.js';

/**
 * One of the system variables of mode 6, as a number; NaN: no answer. Asked again a few times, because the ring between
 * the responder and the main thread is bounded: under a flood a question may be lost.
 */
export async function controlVariable(port: number, name: string): Promise<number> {
  for (let turn = 0; turn < 10; turn += 1) {
    const value = await askOnce(port, name);
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
}

async function askOnce(port: number, name: string): Promise<number> {
  const socket = createSocket('udp4');
  try {
    return await new Promise<number>((resolve) => {
      const timer = setTimeout(() => resolve(Number.NaN), 300);
      socket.on('message', (message) => {
        clearTimeout(timer);
        const view = new DataView(message.buffer, message.byteOffset, message.length);
        const decoded = decodeControl(view, message.length);
        const text = decoded.ok ? Buffer.from(decoded.value.data).toString('latin1') : '';
        resolve(Number(new RegExp(`${name}=([\\d.]+)`).exec(text)?.[1] ?? Number.NaN));
      });
      socket.send(Buffer.from(controlRequest(OPCODE.readVariables, 0, name)), port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}
