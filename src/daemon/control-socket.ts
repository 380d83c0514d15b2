/**
 * The daemon's local socket: status and reload for whoever may open it (owner and group). Bounded in the size of a
 * request, in connections, and in the time one may stay silent. What is said on it, and where it is: control/local-socket.ts.
 */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { ReloadReport } from '../control/local-socket.js';
import { explain, NoonmarkError } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { Snapshot } from '../status/snapshot.js';

export { defaultSocketPaths, type ReloadReport, serverSocketPath } from '../control/local-socket.js';

export interface ControlHandler {
  status(): Snapshot;
  reload(): Promise<ReloadReport>;
  /** Throws NoonmarkError when there is no Autokey. */
  rotateCookie(): void;
}

export interface ControlSocketOptions {
  readonly path: string;
  /** of this process */
  readonly uid: number;
  readonly handler: ControlHandler;
  readonly log: Log;
}

const LONGEST_REQUEST = 4096;
const MOST_CONNECTIONS = 16;
const SILENCE_MS = 10_000;
const PROBE_MS = 1000;

export class ControlSocket {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #handler: ControlHandler;
  readonly #log: Log;
  /** one reload at a time, in the order asked */
  #reloading: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly path: string,
    options: ControlSocketOptions,
  ) {
    this.#handler = options.handler;
    this.#log = options.log;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Throws NoonmarkError when another daemon listens there, or the folder is not ours alone to write. */
  static async open(options: ControlSocketOptions): Promise<ControlSocket> {
    const { path, uid } = options;
    prepareFolder(dirname(path), uid);
    await removeStale(path);
    const control = new ControlSocket(path, options);
    await control.#listen();
    return control;
  }

  /** Takes no more requests, ends the connections and removes the socket. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#connections) socket.destroy();
    });
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(
          new NoonmarkError(
            'ERR_FILE',
            `the control socket ${this.path} cannot be made: ${error.message}`,
            'check the folder’s owner, or stop the other noonmarkd',
            { cause: error },
          ),
        ),
      );
      this.#server.listen(this.path, () => {
        this.#server.on('error', (error) =>
          this.#log.write('warning', 'control-socket', `the control socket failed: ${error.message}`),
        );
        chmodSync(this.path, 0o660);
        resolve();
      });
    });
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let pending = '';
    let busy = false;
    // Decoded as a stream: a character may come in two pieces.
    socket.setEncoding('utf8');
    socket.setTimeout(SILENCE_MS);
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    const next = async (): Promise<void> => {
      for (let end = pending.indexOf('\n'); end >= 0 && !socket.destroyed; end = pending.indexOf('\n')) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 1);
        const answer =
          line.length > LONGEST_REQUEST ? failure('the request is too long', '') : await this.#answer(line);
        if (!socket.write(`${JSON.stringify(answer)}\n`))
          await new Promise<void>((resolve) => {
            socket.once('drain', resolve);
            socket.once('close', resolve);
          });
      }
      if (pending.length > LONGEST_REQUEST)
        socket.end(`${JSON.stringify(failure('the request is too long', ''))}\n`);
    };
    socket.on('data', (text) => {
      pending += text;
      if (busy) return;
      busy = true;
      // Nothing more is read while an answer is made: what waits is bounded by one chunk.
      socket.pause();
      socket.setTimeout(0);
      void next().finally(() => {
        busy = false;
        if (socket.destroyed) return;
        socket.setTimeout(SILENCE_MS);
        socket.resume();
      });
    });
  }

  async #answer(line: string): Promise<object> {
    try {
      switch (requestIn(line)) {
        case 'status':
          return { status: this.#handler.status() };
        case 'reload': {
          const report = this.#reloading.then(() => this.#handler.reload());
          this.#reloading = report.catch(() => undefined);
          return { reload: await report };
        }
        case 'rotate-cookie':
          this.#handler.rotateCookie();
          return { rotated: true };
        case undefined:
          return failure(
            'the request is not understood',
            'send {"ask":"status"}, {"do":"reload"} or {"do":"rotate-cookie"} and a line feed',
          );
      }
    } catch (error) {
      this.#log.write('error', 'control-request-failed', `a local request failed: ${explain(error)}`);
      if (error instanceof NoonmarkError) return failure(error.message, error.remedy);
      return failure(explain(error), 'see the daemon’s log');
    }
  }
}

const failure = (message: string, remedy: string): object => ({ error: { message, remedy } });

function requestIn(line: string): 'status' | 'reload' | 'rotate-cookie' | undefined {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof request !== 'object' || request === null) return undefined;
  if ('ask' in request && request.ask === 'status') return 'status';
  if (!('do' in request)) return undefined;
  return request.do === 'reload' || request.do === 'rotate-cookie' ? request.do : undefined;
}

/** Makes the folder for us alone; one that is there must be ours (or root's) and nobody else's to write. */
function prepareFolder(folder: string, uid: number): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (found.isDirectory() && (found.uid === uid || found.uid === 0) && (found.mode & 0o022) === 0) return;
  } catch (cause) {
    throw new NoonmarkError(
      'ERR_FILE',
      `the folder of the control socket, ${folder}, cannot be made: ${explain(cause)}`,
      'make it by hand, owned by the user that noonmarkd runs as',
      { cause },
    );
  }
  throw new NoonmarkError(
    'ERR_PERMISSION',
    `the folder of the control socket, ${folder}, belongs to somebody else or can be written by others`,
    'remove it, or set XDG_RUNTIME_DIR to a folder of your own',
  );
}

/** A socket that nobody listens on is what a daemon that crashed left behind. */
async function removeStale(path: string): Promise<void> {
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (kind === undefined) return;
  if (!kind.isSocket())
    throw new NoonmarkError(
      'ERR_FILE',
      `${path} is there and is no socket`,
      'remove it, then start noonmarkd again',
    );
  if (await isAlive(path))
    throw new NoonmarkError(
      'ERR_FILE',
      `another noonmarkd is running: it answers on ${path}`,
      'stop it first (`sudo systemctl stop noonmarkd`, or end the one in your terminal)',
    );
  unlinkSync(path);
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(PROBE_MS, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}
