/** The secret of the cookies over restarts: kept, 0600, replaced by command or after a year, never in the log. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCookie, oldCookie } from '../../src/autokey/cookie.js';
import { COOKIE_FILE, CookieStore } from '../../src/daemon/cookie-store.js';
import { FileStateStore, MemoryStateStore, type StateStore } from '../../src/daemon/state-store.js';
import { systemRandom } from '../../src/daemon/system-random.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const NOW = 4_004_380_900;
const YEAR = 365 * 86_400;
const CLIENT = Uint8Array.of(10, 9, 0, 2);
const SERVER = Uint8Array.of(10, 9, 0, 1);
const folder = mkdtempSync(join(tmpdir(), 'noonmark-cookie-'));
test.after(() => rmSync(folder, { recursive: true }));

function open(store: StateStore, now = NOW) {
  const lines: string[] = [];
  const log = { write: (_level: string, event: string, text: string) => lines.push(`${event}: ${text}`) };
  const cookies = new CookieStore(store, systemRandom, log, now);
  return { cookies, lines, cookie: () => makeCookie(cookies.secrets, CLIENT, SERVER) };
}

test('after a restart cookies are what they were', () => {
  const store = new MemoryStateStore();
  assert.is(open(store).cookie(), open(store, NOW + 5).cookie());
  assert.is.not(open(store).cookie(), open(new MemoryStateStore()).cookie());
});

test('the file is for its owner alone', () => {
  open(new FileStateStore(folder));
  assert.is(statSync(join(folder, COOKIE_FILE)).mode & 0o777, 0o600);
});

test('a new secret by command: the old cookie is honoured for 2^20 s, and over a restart', () => {
  const store = new MemoryStateStore();
  const first = open(store);
  const before = first.cookie();
  first.cookies.rotate(NOW + 100);
  const second = open(store);
  assert.is.not(second.cookie(), before);
  const { secrets } = second.cookies;
  assert.is(oldCookie(secrets, CLIENT, SERVER, NOW + 2 ** 20), before);
  assert.is(oldCookie(secrets, CLIENT, SERVER, NOW + 101 + 2 ** 20), undefined);
});

test('what cannot be read now is not written over: it may be read at the next start', () => {
  const store = new MemoryStateStore();
  const before = open(store).cookie();
  const broken: StateStore = {
    read: () => {
      throw new NoonmarkError('ERR_FILE', 'EIO: i/o error', 'another card');
    },
    write: (name, text) => store.write(name, text),
  };
  const second = open(broken, 0);
  assert.is.not(second.cookie(), before);
  second.cookies.keep(NOW);
  assert.match(second.lines[0] ?? '', /cannot be read: .*EIO/);
  assert.is(open(store).cookie(), before);
});

test('a secret is replaced by itself when it is a year old, and not before', () => {
  const { cookies } = open(new MemoryStateStore());
  assert.not(cookies.keep(NOW + YEAR - 1));
  assert.ok(cookies.keep(NOW + YEAR));
  assert.not(cookies.keep(NOW + YEAR + 1));
});

test('one made before the clock was set is a year old a year after that', () => {
  const store = new MemoryStateStore();
  const { cookies, cookie } = open(store, 0);
  const before = cookie();
  assert.not(cookies.keep(NOW));
  assert.is(cookie(), before);
  assert.is(cookies.secrets.since, NOW);
  assert.is(open(store).cookies.secrets.since, NOW);
});

test('a damaged file is said without its contents, and replaced', () => {
  for (const text of ['', 'null', '{"current":"00","since":5}', '{"current":7,"since":5}', '{']) {
    const store = new MemoryStateStore();
    store.write(COOKIE_FILE, text);
    const { lines } = open(store);
    assert.is(lines.length, 1);
    assert.match(lines[0] ?? '', /^autokey-cookie: autokey-cookie\.json holds no cookie secret/);
    assert.equal(open(store).lines, []);
  }
});

test('where nothing can be written the service goes on', () => {
  const store: StateStore = {
    read: () => undefined,
    write: () => {
      throw new NoonmarkError('ERR_FILE', 'the card is full', 'make room');
    },
  };
  const { lines, cookie } = open(store);
  assert.type(cookie(), 'number');
  assert.match(lines[0] ?? '', /the card is full/);
});

test('no secret stands in a log line', () => {
  const store = new FileStateStore(folder);
  const { lines, cookies } = open(store);
  cookies.rotate(NOW);
  const saved = readFileSync(join(folder, COOKIE_FILE), 'utf8');
  for (const [secret] of saved.matchAll(/[0-9a-f]{64}/g))
    assert.not(lines.some((line) => line.includes(secret)));
});

test.run();
