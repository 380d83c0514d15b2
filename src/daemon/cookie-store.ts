/**
 * Where the secret of our cookies is kept across restarts: ntpd 4.2.8p15 clients never recover from a sudden change. One
 * small file of mode 0600 in the state directory. What a cookie is made of is autokey/cookie.ts.
 */
import {
  COOKIE_SECRET_LENGTH,
  type CookieSecrets,
  mayRotateByItself,
  newCookieSecrets,
  rotateCookieSecret,
} from '../autokey/cookie.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { Random } from '../ports/random.js';
import type { StateStore } from './state-store.js';

export const COOKIE_FILE = 'autokey-cookie.json';
const MODE = 0o600;

export class CookieStore {
  #secrets: CookieSecrets;
  /** what is in the file is not known, and not to be written over but by command */
  #isUnreadable: boolean;

  /** `now`: NTP seconds, 0 while the clock is not set. */
  constructor(
    private readonly store: StateStore,
    private readonly random: Random,
    private readonly log: Log,
    now: number,
  ) {
    const saved = this.#read();
    this.#secrets =
      typeof saved === 'string' ? newCookieSecrets(random.bytes(COOKIE_SECRET_LENGTH), now) : saved;
    // What could not be read may be read at the next start.
    this.#isUnreadable = saved === 'unreadable';
    if (saved === 'none') this.#write();
  }

  get secrets(): CookieSecrets {
    return this.#secrets;
  }

  /** A new secret; the present one is honoured for 2^20 s more. `now`: NTP seconds. */
  rotate(now: number): void {
    this.#secrets = rotateCookieSecret(this.#secrets, this.random.bytes(COOKIE_SECRET_LENGTH), now);
    this.#isUnreadable = false;
    this.#write();
  }

  /**
   * To be asked about daily while the clock is set. True: the secret was a year old and another is in use. One made before
   * the clock was set counts from now on.
   */
  keep(now: number): boolean {
    if (this.#secrets.since === 0) {
      this.#secrets = { ...this.#secrets, since: now };
      if (!this.#isUnreadable) this.#write();
      return false;
    }
    if (!mayRotateByItself(this.#secrets, now)) return false;
    this.rotate(now);
    return true;
  }

  #read(): CookieSecrets | 'none' | 'unreadable' {
    try {
      const text = this.store.read(COOKIE_FILE);
      const secrets = text === undefined ? undefined : decodeSecrets(text);
      if (text !== undefined && secrets === undefined)
        this.log.write(
          'warning',
          'autokey-cookie',
          `${COOKIE_FILE} holds no cookie secret; a new one is made, and clients of ntpd 4.2.8p15 must be restarted`,
        );
      return secrets ?? 'none';
    } catch (error) {
      this.log.write(
        'error',
        'autokey-cookie',
        `the cookie secret cannot be read: ${explain(error)}; until it can, at the next start, clients of ntpd 4.2.8p15 get no time`,
      );
      return 'unreadable';
    }
  }

  #write(): void {
    const { current, since, old } = this.#secrets;
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const saved = { current: hex(current), since, ...(old === undefined ? {} : { old: hex(old) }) };
    try {
      this.store.write(COOKIE_FILE, `${JSON.stringify(saved)}\n`, MODE);
    } catch (error) {
      this.log.write(
        'warning',
        'autokey-cookie',
        `${explain(error)}; after a restart clients will need new cookies`,
      );
    }
  }
}

/** Undefined: not what encode wrote. */
function decodeSecrets(text: string): CookieSecrets | undefined {
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof saved !== 'object' || saved === null || !('current' in saved) || !('since' in saved))
    return undefined;
  const current = secretOf(saved.current);
  const { since } = saved;
  const old = 'old' in saved ? secretOf(saved.old) : undefined;
  if (current === undefined || typeof since !== 'number' || !Number.isInteger(since)) return undefined;
  return { current, since: since >>> 0, old };
}

const secretOf = (value: unknown): Uint8Array | undefined =>
  typeof value === 'string' && new RegExp(`^[0-9a-f]{${2 * COOKIE_SECRET_LENGTH}}$`).test(value)
    ? new Uint8Array(Buffer.from(value, 'hex'))
    : undefined;
