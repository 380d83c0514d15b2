import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../src/cli/check.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-check-'));
const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
};

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    monotonic: () => 0n,
    isTerminal: false,
    columns: 80,
  };
  return { code: await command.run(args, io), out, err };
}

test.after(() => rmSync(folder, { recursive: true }));

test('a board that there is not is a mistake of its line', async () => {
  const { code, out } = await run(
    write('board.conf', 'clock system\nboard raspberry-pi-99\npool a.example\n'),
  );
  assert.is(code, 78);
  assert.match(
    out,
    /board.conf:2:7: error: there is no board "raspberry-pi-99"\n.*\n +\| +\^+\n +write instead: .*raspberry-pi-4b/,
  );
  assert.is((await run(write('board.conf', 'clock system\nboard generic\npool a.example\n'))).code, 0);
});
test('every problem is printed with its line, a caret and what to write instead; exit 78', async () => {
  const path = write('bad.conf', '# mine\n\tsever a.example\nserver b.example minpol 3 offline\n');
  const { code, out } = await run(path);
  assert.is(code, 78);
  assert.is(
    out,
    `${path}:2:2: error: unknown word 'sever'
    |  sever a.example
    |  ^^^^^
    write instead: server
${path}:3:18: error: unknown option 'minpol' of 'server'
    | server b.example minpol 3 offline
    |                  ^^^^^^
    write instead: minpoll
${path}:3:27: error: 'offline' is an option of chrony
    | server b.example minpol 3 offline
    |                           ^^^^^^^
    write instead: the line without it (noonmark asks as soon as there is a network)
${path}: 3 errors
`,
  );
});

test('a file without errors gives 0, with warnings as well', async () => {
  const { code, out } = await run(write('warn.conf', 'server a.example\ntick 0.01\n'));
  assert.is(code, 0);
  assert.match(out, /:2:1: warning: 'tick' has no effect here/);
  assert.match(out, /: 1 warning\n$/);
  const good = await run(write('good.conf', 'server a.example\n'));
  assert.is(good.code, 0);
  assert.match(good.out, /: no problems\n$/);
});

test('a file that cannot be read gives 66', async () => {
  const { code, out, err } = await run(join(folder, 'none.conf'));
  assert.is(code, 66);
  assert.is(out, '');
  assert.match(err, /there is no file .*none\.conf/);
});

test('--json gives one object with every problem', async () => {
  const path = write('json.conf', 'sever a.example\n');
  const { code, out } = await run('--json', path);
  assert.is(code, 78);
  assert.equal(JSON.parse(out), {
    file: path,
    errors: 1,
    warnings: 0,
    problems: [
      {
        ...{ severity: 'error', file: path, line: 1, column: 1, length: 5, text: 'sever' },
        ...{ message: "unknown word 'sever'", remedy: 'server' },
      },
    ],
  });
});

test('the keys file is read too, and its secrets are not shown', async () => {
  const keys = write('keys', '1 MD5 S3CRETONE\n2 MD6 S3CRETTWO\n');
  const path = write(
    'keys.conf',
    `keys ${keys}\ntrustedkey 1 7\nserver a.example key 1\nserver b.example key 7\n`,
  );
  const { code, out } = await run(path);
  assert.is(code, 78);
  assert.match(out, new RegExp(`${keys}:2:3: error: key 2 has an unknown type`));
  assert.match(out, /:4:22: error: key 7 is not in /);
  assert.match(out, /:2:14: warning: key 7 is not in /);
  assert.not.match(out, /S3CRET/);
});

test('a keys file that is missing is reported at the line that names it', async () => {
  const { code, out } = await run(write('nokeys.conf', `server a.example\nkeys ${folder}/none\n`));
  assert.is(code, 78);
  assert.match(out, /nokeys\.conf:2:6: error: the keys file .* cannot be read/);
});

test('a line wider than the terminal is shown around its place', async () => {
  const path = write('wide.conf', `restrict default ${'nomodify '.repeat(30)}nomodfy\nserver a.example\n`);
  const { out } = await run(path);
  const lines = out.split('\n');
  const at = lines.findIndex((line) => line.includes("'nomodfy'"));
  assert.ok(lines[at + 1]!.length <= 80);
  const column = lines[at + 2]!.indexOf('^');
  assert.is(lines[at + 1]!.slice(column, column + 7), 'nomodfy');
});

test('control characters of a file do not reach the terminal', async () => {
  const { out } = await run(write('esc.conf', 'sever \u001b[2J\u009b31m\n'));
  assert.not.ok(out.includes('\u001b') || out.includes('\u009b'));
});

test('colour is for terminals only', async () => {
  let out = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: () => {},
    monotonic: () => 0n,
    isTerminal: true,
    columns: 80,
  };
  await command.run([write('colour.conf', 'sever a\n')], io);
  assert.ok(out.includes('\u001b[1;31merror:'));
});

test('--words lists the language, and one word with its options', async () => {
  const all = await run('--words');
  assert.is(all.code, 0);
  assert.match(all.out, /^restrict +what hosts may do/m);
  const one = await run('--words', 'server');
  assert.match(one.out, /iburst +eight packets/);
  assert.match(one.out, /xleave .*\[not supported yet\]/);
});

test('wrong command lines are usage errors with a remedy', async () => {
  for (const args of [[], ['a', 'b'], ['--frob'], ['--words', 'sever']]) {
    try {
      await run(...args);
      assert.unreachable(args.join(' '));
    } catch (error) {
      assert.ok(error instanceof NoonmarkError);
      assert.is(error.code, 'ERR_USAGE');
      assert.ok(error.remedy !== '');
    }
  }
});

test.run();
