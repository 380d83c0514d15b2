/** The password prompt of a person at a terminal, and without one. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { openPty } from '../support/pty.js';
import { assert, projectRoot, test } from '../support/suite.js';

const QUESTION = 'password of net: ';
const PROGRAM = `
  import { askPassword } from '${join(projectRoot, 'dist/image/prompt.js')}';
  import { explain } from '${join(projectRoot, 'dist/src/errors.js')}';
  try { console.log('answer', await askPassword('${QUESTION}')); } catch (error) { console.log(explain(error)); }
`;
const ARGUMENTS = ['--input-type=module', '-e', PROGRAM];

/** What the program prints after those keys, what it asked, and what the terminal showed of them. */
async function type(keys: string): Promise<{ out: string; asked: string; shown: string }> {
  const terminal = openPty();
  const slave = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
  const child = spawn(process.execPath, ARGUMENTS, { stdio: [slave, 'pipe', 'pipe'] });
  const [output, errors] = [child.stdout, child.stderr];
  if (output === null || errors === null) throw new Error('the program has no output');
  const said = { out: '', asked: '', shown: '' };
  output.on('data', (bytes) => {
    said.out += String(bytes);
  });
  errors.on('data', (bytes) => {
    said.asked += String(bytes);
    if (said.asked === QUESTION) terminal.write(Buffer.from(keys));
  });
  await new Promise((resolve) => child.on('close', resolve));
  said.shown = Buffer.from(terminal.read()).toString();
  closeSync(slave);
  terminal.close();
  return said;
}

test('a password is asked for, and not shown while it is typed', async () => {
  const { out, asked, shown } = await type('näh er\u007fr!\r');
  assert.is(out, 'answer näh er!\n');
  assert.is(asked, `${QUESTION}\n`);
  assert.is(shown, '');
});

test('who presses Ctrl-C gives none', async () => {
  const { out } = await type('half\u0003');
  assert.is(out, 'Aborted with Ctrl+C\n');
});

test('without a terminal nobody is asked, and the option that needs none is named', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ARGUMENTS, {
    input: 'password\n',
    encoding: 'utf8',
  });
  assert.is(stdout, 'there is no terminal to ask for the password; --wifi-password-file FILE\n');
  assert.is(stderr, '');
});

test.run();
