/**
 * Whether the whole seconds of a receiver's UTC may be believed. Owns the rules; is given each valid time on the
 * continuous scale (leap-scale.ts) with its monotonic arrival, and what others say.
 *
 * After a cold start a receiver converts GPS time to UTC with the leap seconds of its firmware's day until the satellites
 * tell, which takes up to 12.5 minutes (one almanac). So UTC is believed when one of these holds:
 *   receiver  it says itself that its UTC is known (u-blox: validity flags of NAV-PVT, NAV-TIMEUTC)
 *   network   other sources agree to the second
 *   floor     it cannot say, but its time follows the one saved when it was last trusted
 *   stable    it cannot say, but ran 13 minutes without a change of whole seconds
 * and never while it says that UTC is unknown, or others disagree. A change by whole seconds before trust only restarts
 * the 13 minutes. So it does of a line of a few seconds, which may have begun with messages that a machine busy with its own
 * start read late; when that was the first message alone, the second begins the line without more ado. Later, after trust, it
 * is a disagreement: nothing is believed until the old line of seconds is back, others agree with the new one, or that one has
 * lasted 13 minutes. The served clock's own memory of having been set counts as another's word, except against such 13 minutes
 * when the line that had set it was younger than that itself.
 */

export const STABLE_SECONDS = 780;
/** A floor vouches for times up to this long after it. */
const FLOOR_NS = 20n * 31_556_952n * 1_000_000_000n;
/** After a silence beyond this the line of seconds cannot be continued by the local clock (0.1 s at 100 ppm). */
const LINE_SECONDS = 1000;
/** Departure from the line that is a change of whole seconds rather than a late message, s. */
const JUMP = 0.6;
const INSISTING = 3;
/** A line younger than this may have begun with messages that were read late: leaving it is no disagreement. */
const FOUNDED_SECONDS = 10;
/** How long a receiver's word about its UTC holds for messages that do not carry it, s. */
const WORD_SECONDS = 30;

export type TrustReason = 'receiver' | 'network' | 'floor' | 'stable';

export type Trust =
  | { readonly trusted: true; readonly by: TrustReason }
  | { readonly trusted: false; readonly why: string };

export interface TrustInput {
  /** receiver's time on the continuous scale, ns */
  readonly labelNs: bigint;
  readonly monoNs: bigint;
  readonly utcKnown: boolean | undefined;
  /** do other sources agree to the second? undefined: nobody can tell */
  readonly othersAgree: boolean | undefined;
  /** ... and that is only the served clock's memory of what it was set to */
  readonly byMemory?: boolean;
}

const doubt = (why: string): Trust => ({ trusted: false, why });

export class UtcTrust {
  trust: Trust = doubt('no time from the receiver yet');
  private line: { labelNs: bigint; monoNs: bigint; sinceNs: bigint } | undefined;
  private jump: { seconds: number; count: number } | undefined;
  /** why the present line was believed; survives moments of doubt */
  private standing: TrustReason | undefined;
  private disputed = false;
  /** a line that had not stood for long was given up: what the clock was set by may have been wrong */
  private brokeYoung = false;
  private word: { known: boolean; monoNs: bigint } | undefined;

  /** `floorNs`: trusted time (Unix ns) saved in an earlier run with this receiver. */
  constructor(private readonly floorNs: bigint | undefined) {}

  /** Seconds that the present line of whole seconds has lasted; 0 when there is none. */
  stableSeconds(): number {
    return this.line === undefined ? 0 : Number(this.line.monoNs - this.line.sinceNs) / 1e9;
  }

  observe(input: TrustInput): Trust {
    const jumping = this.follow(input);
    if (input.utcKnown !== undefined) this.word = { known: input.utcKnown, monoNs: input.monoNs };
    this.trust = jumping ?? this.judge(input);
    return this.trust;
  }

  /** Continues the line of seconds; answers why nothing can be said while the receiver jumps. */
  private follow({ labelNs, monoNs }: TrustInput): Trust | undefined {
    const { line } = this;
    const elapsedNs = line === undefined ? 0n : monoNs - line.monoNs;
    if (line === undefined || Number(elapsedNs) > LINE_SECONDS * 1e9) {
      this.begin(labelNs, monoNs);
      return undefined;
    }
    const away = Number(labelNs - line.labelNs - elapsedNs) / 1e9;
    if (Math.abs(away) <= JUMP) {
      this.jump = undefined;
      line.labelNs = labelNs;
      line.monoNs = monoNs;
      return undefined;
    }
    // One message that nothing has followed is worth no more than the next.
    if (line.monoNs === line.sinceNs) {
      this.brokeYoung ||= this.standing !== undefined;
      this.begin(labelNs, monoNs);
      return undefined;
    }
    const seconds = Math.round(away);
    this.jump = { seconds, count: this.jump?.seconds === seconds ? this.jump.count + 1 : 1 };
    if (this.jump.count >= INSISTING) {
      this.disputed ||= this.standing !== undefined && this.stableSeconds() >= FOUNDED_SECONDS;
      this.brokeYoung = this.stableSeconds() < STABLE_SECONDS;
      this.begin(labelNs, monoNs);
      return undefined;
    }
    return doubt(`the receiver’s time has just changed by ${seconds} s`);
  }

  private begin(labelNs: bigint, monoNs: bigint): void {
    this.line = { labelNs, monoNs, sinceNs: monoNs };
    this.jump = undefined;
    this.standing = undefined;
  }

  private judge({ labelNs, monoNs, othersAgree, byMemory }: TrustInput): Trust {
    const outlived = byMemory === true && this.brokeYoung && this.stableSeconds() >= STABLE_SECONDS;
    if (othersAgree === false && !outlived)
      return doubt('the receiver’s time and that of other sources differ by whole seconds');
    const { word, floorNs, standing } = this;
    const fresh = word !== undefined && Number(monoNs - word.monoNs) < WORD_SECONDS * 1e9;
    const known = fresh ? word.known : undefined;
    if (known === false) return doubt('the receiver does not know the leap seconds of UTC yet');
    if (othersAgree === true) return this.believe('network');
    if (floorNs !== undefined && labelNs < floorNs) {
      const floor = new Date(Number(floorNs / 1_000_000n)).toISOString();
      return doubt(`the receiver’s time is before ${floor}, when it was last right`);
    }
    const stable = this.stableSeconds();
    if (stable < STABLE_SECONDS && this.disputed)
      return doubt(`the receiver’s time changed by whole seconds; ${minutes(stable)}`);
    if (known === true) return this.believe('receiver');
    if (standing !== undefined) return { trusted: true, by: standing };
    if (floorNs !== undefined && labelNs - floorNs < FLOOR_NS) return this.believe('floor');
    if (stable >= STABLE_SECONDS) return this.believe('stable');
    return doubt(`the receiver cannot say whether it knows UTC; ${minutes(stable)}`);
  }

  private believe(by: TrustReason): Trust {
    this.disputed = false;
    this.standing = by;
    return { trusted: true, by };
  }
}

const minutes = (stable: number): string =>
  `to be believed it must keep it for ${STABLE_SECONDS / 60} minutes, ${(stable / 60).toFixed(1)} are over`;
