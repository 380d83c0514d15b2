/**
 * The daemon's local socket as its clients see it: where it is, what is said on it, and asking it. One JSON object a line
 * in each direction; no secrets.
 *   {"ask":"status"} -> {"status":{…}}      {"do":"reload"} -> {"reload":{…}}      {"do":"rotate-cookie"} -> {"rotated":true}
 *   else {"error":{"message","remedy"}}
 * Its other end is daemon/control-socket.ts.
 */
import { lstatSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { NoonmarkError } from '../errors.js';

/** What `noonmark reload` and SIGHUP did. */
export interface ReloadReport {
  readonly applied: readonly string[];
  readonly needsRestart: readonly string[];
  /** why nothing, or not all, was applied */
  readonly problems: readonly string[];
}

export type LocalRequest = { readonly ask: 'status' } | { readonly do: 'reload' | 'rotate-cookie' };

const SERVICE_FOLDER = '/run/noonmark';
const SOCKET_NAME = 'control.sock';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a daemon for this user may listen, in the order in which to try. */
export function defaultSocketPaths(env: Environment, uid: number): string[] {
  const paths = [join(SERVICE_FOLDER, SOCKET_NAME)];
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime) paths.push(join(runtime, 'noonmark', SOCKET_NAME));
  paths.push(join(`/tmp/noonmark-${uid}`, SOCKET_NAME));
  return paths;
}

/** Where a daemon started in this environment listens: systemd names the service's own folder in RUNTIME_DIRECTORY. */
export function serverSocketPath(env: Environment, uid: number): string {
  const service = env['RUNTIME_DIRECTORY']?.split(':', 1)[0];
  if (service) return join(service, SOCKET_NAME);
  const [whole = '', own = whole] = defaultSocketPaths(env, uid);
  return own;
}

const LONGEST_ANSWER = 16 * 1024 * 1024;

/** The answer, parsed. Rejects with the system's error (ENOENT, ECONNREFUSED, EACCES: nobody there, or not for us). */
export function askSocket(path: string, request: LocalRequest, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const parts: Buffer[] = [];
    let length = 0;
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () =>
      fail(
        new NoonmarkError(
          'ERR_REMOTE',
          `the daemon behind ${path} does not answer`,
          'see its log; restart it if it hangs',
        ),
      ),
    );
    socket.on('error', fail);
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      length += chunk.length;
      if (length > LONGEST_ANSWER) fail(unreadable(path));
      else if (chunk.includes(10)) {
        socket.destroy();
        const text = Buffer.concat(parts).toString('utf8');
        try {
          resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
        } catch {
          reject(unreadable(path));
        }
      }
    });
    socket.on('close', () => reject(unreadable(path)));
  });
}

const unreadable = (path: string): NoonmarkError =>
  new NoonmarkError(
    'ERR_REMOTE',
    `the answer from ${path} is not noonmarkd's`,
    'check that the daemon and this program are of the same version',
  );

/** Asks the first of the sockets behind which a daemon answers. */
export async function askDaemon(
  paths: readonly string[],
  request: LocalRequest,
  timeoutMs: number,
): Promise<unknown> {
  let refused: string | undefined;
  for (const path of paths) {
    try {
      const answer = await askSocket(path, request, timeoutMs);
      throwIfError(answer, path);
      return answer;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EACCES' || code === 'EPERM') refused ??= path;
      else if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'ENOTDIR') throw error;
    }
  }
  if (refused !== undefined)
    throw new NoonmarkError(
      'ERR_PERMISSION',
      `a noonmarkd may be running, but ${refused} is not for you`,
      'ask as root, or join the group that owns the socket (service: `sudo usermod -aG noonmark $USER`, then log in anew)',
    );
  throw new NoonmarkError(
    'ERR_REMOTE',
    'no noonmarkd is running for you',
    'start it with `sudo systemctl start noonmarkd` (service) or `npm start` (simulated board); ' +
      `looked at ${paths.join(', ')}; --socket PATH names another`,
  );
}

function throwIfError(answer: unknown, path: string): void {
  if (typeof answer !== 'object' || answer === null) throw unreadable(path);
  if (!('error' in answer)) return;
  const { error } = answer;
  const text = (name: 'message' | 'remedy'): string => {
    if (typeof error !== 'object' || error === null || !(name in error)) return '';
    const value: unknown = Object.entries(error).find(([key]) => key === name)?.[1];
    return typeof value === 'string' ? value : '';
  };
  throw new NoonmarkError('ERR_REMOTE', `noonmarkd says: ${text('message')}`, text('remedy'));
}

/** Which sockets to ask: the one that was named, else the usual ones. */
export const socketsToAsk = (named: string | undefined, env: Environment, uid: number): readonly string[] =>
  named === undefined ? defaultSocketPaths(env, uid).filter((path) => isOurs(path, uid)) : [named];

/** Below /tmp anybody can make a folder of any name, and would be believed: there only one of our own will do. */
function isOurs(path: string, uid: number): boolean {
  if (!path.startsWith('/tmp/')) return true;
  const folder = lstatSync(dirname(path), { throwIfNoEntry: false });
  return folder === undefined || (folder.isDirectory() && folder.uid === uid && (folder.mode & 0o022) === 0);
}
