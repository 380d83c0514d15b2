/**
 * The certificates a host believes: its own, its own as signed by servers, and those of trails it has verified. Owns
 * which one answers a CERT request; what is still being verified belongs to the association that asked for it.
 * Source: autokey-reference.md §4 (a CERT request for a name).
 */
import type { Certificate } from '../certificate/parse.js';
import { isSelfSigned } from '../certificate/verify.js';
import type { Filestamped } from './host.js';

/** Two of each host of a large trust group; the oldest are forgotten. */
const MAX_CERTIFICATES = 128;

export class CertificateStore {
  /** newest last */
  #held: Filestamped<Certificate>[] = [];
  #revision = 0;
  constructor(readonly own: Filestamped<Certificate>) {}

  /** Another number after each change. */
  get revision(): number {
    return this.#revision;
  }

  /** What others have signed or told, oldest first. */
  get received(): readonly Filestamped<Certificate>[] {
    return this.#held;
  }

  /** All of them, newest first, our own last, as ntpq lists them. */
  get all(): readonly Filestamped<Certificate>[] {
    return [...this.#held].reverse().concat(this.own);
  }

  /** Keeps a certificate that was verified; an older one of the same subject and issuer goes. */
  add(received: Filestamped<Certificate>): void {
    const { subject, issuer } = received.value;
    this.#revision += 1;
    this.#held = this.#held.filter(({ value }) => value.subject !== subject || value.issuer !== issuer);
    this.#held.push(received);
    if (this.#held.length > MAX_CERTIFICATES) this.#held.shift();
  }

  /** Forgets what was signed for a host by another, when that turned out to be void. */
  remove(certificate: Certificate): void {
    this.#revision += 1;
    this.#held = this.#held.filter(({ value }) => value !== certificate);
  }

  /** All of a subject, for the walk of a trail. */
  find(subject: string): readonly Certificate[] {
    return this.all.map(({ value }) => value).filter((value) => value.subject === subject);
  }

  /**
   * What answers a CERT request: the trusted self-signed one of this name, else the latest one signed by somebody else.
   * Self-signed ones of untrusted hosts lead nowhere, and private ones are never sent: undefined.
   */
  serve(subject: string): Filestamped<Certificate> | undefined {
    const candidates = this.all.filter(({ value }) => value.subject === subject && !value.isPrivate);
    return (
      candidates.find(({ value }) => isSelfSigned(value) && value.trustRoot) ??
      candidates.find(({ value }) => !isSelfSigned(value))
    );
  }
}
