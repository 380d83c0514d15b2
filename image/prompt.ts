/** Asks for a secret on the terminal without showing it. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { NoonmarkError } from '../src/errors.js';

/** Throws ERR_USAGE where nobody can be asked. */
export async function askPassword(question: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new NoonmarkError(
      'ERR_USAGE',
      'there is no terminal to ask for the password',
      '--wifi-password-file FILE',
    );
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Before it is asked: from here on the terminal shows nothing of what is typed.
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
