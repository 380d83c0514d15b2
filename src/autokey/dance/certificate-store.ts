/**
 * The certificates a host believes: its own, its own as signed by servers, and those of trails it has verified. Owns
 * which one answers a CERT request; what is still being verified belongs to the association that asked for it.
 * Source: autokey-reference.md §4 (a CERT request for a name).
 */
import type { Certificate } from '../certificate/parse.js';
import { isSelfSigned, timeRefusal } from '../certificate/verify.js';
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
   * What answers a CERT request: the trusted self-signed one of this name, else of those signed by others the one nearest
   * to a trusted host, so that peers who signed each other do not send the asker in a circle; of these the newest.
   * Self-signed ones of untrusted hosts lead nowhere, and private ones are never sent: undefined. `now`: NTP seconds; what
   * does not hold then is sent only for want of better.
   */
  serve(subject: string, now: number): Filestamped<Certificate> | undefined {
    const known = this.all.filter(({ value }) => !value.isPrivate);
    const isValid = (value: Certificate) => timeRefusal(value, now) === undefined;
    const distances = distancesToRoot(known.map(({ value }) => value).filter(isValid));
    const distanceOf = ({ value }: Filestamped<Certificate>): number => {
      if (!isValid(value)) return Number.POSITIVE_INFINITY;
      return isSelfSigned(value) ? 0 : (distances.get(value.issuer) ?? MAX_CERTIFICATES) + 1;
    };
    let best: Filestamped<Certificate> | undefined;
    for (const candidate of known) {
      const { value } = candidate;
      if (value.subject !== subject || (isSelfSigned(value) && !value.trustRoot)) continue;
      if (best === undefined || distanceOf(candidate) < distanceOf(best)) best = candidate;
    }
    return best;
  }
}

/** How many signatures each host is from a trusted one; absent: no way leads there. */
function distancesToRoot(certificates: readonly Certificate[]): ReadonlyMap<string, number> {
  const distances = new Map<string, number>();
  for (const { subject, trustRoot, issuer } of certificates)
    if (trustRoot && subject === issuer) distances.set(subject, 0);
  for (let reached = 0; distances.size > reached; ) {
    reached = distances.size;
    for (const { subject, issuer } of certificates) {
      const distance = distances.get(issuer);
      if (distance !== undefined && !distances.has(subject)) distances.set(subject, distance + 1);
    }
  }
  return distances;
}
