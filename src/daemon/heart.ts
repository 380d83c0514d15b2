/**
 * What systemd is told: READY once requests are answered, STATUS in words, and WATCHDOG while the way of time moves.
 * The way of time is the responder and the discipline; nothing else that the daemon does is asked. Knows no socket.
 * Source: sd_notify(3), systemd.service(5) Type=notify and WatchdogSec=.
 */
import { refidText } from '../source/refid.js';
import { bound, plural, span } from '../status/words.js';
import type { Engine } from './engine.js';

/** Each grows as long as its part of the way of time lives; read only. */
export interface LifeSigns {
  /** the responder has its sockets and looks at them */
  readonly isServing: boolean;
  /** turns of the responder, one a second at least */
  readonly responderBeats: number;
  /** monotonic time of the last system variables, which the discipline makes each second, ns */
  readonly disciplineNs: bigint;
}

export interface HeartParts {
  signs(): LifeSigns;
  /** STATUS, one line */
  status(): string;
  /** sd-notify.ts Notifier.notify */
  notify(...assignments: readonly string[]): void;
}

/** Between two beats: both parts of the way of time have moved in it, if they live. `WatchdogSec` allows for several. */
export const BEAT_SECONDS = 2;
/** Between two looks at a daemon that does not serve yet. */
const FIRST_LOOKS_SECONDS = 0.1;

export class Heart {
  readonly #parts: HeartParts;
  #last: LifeSigns;
  #isReady = false;
  #status = '';
  #elapsed = 0;

  constructor(parts: HeartParts) {
    this.#parts = parts;
    this.#last = parts.signs();
  }

  /** Looks once and tells what is to be told. Answers when the next look is due, s. */
  look(): number {
    const signs = this.#parts.signs();
    const told: string[] = [];
    if (!this.#isReady && signs.isServing) {
      this.#isReady = true;
      told.push('READY=1');
    }
    this.#elapsed += this.#isReady ? BEAT_SECONDS : FIRST_LOOKS_SECONDS;
    if (this.#isReady || this.#elapsed >= BEAT_SECONDS) {
      this.#elapsed = 0;
      const { responderBeats, disciplineNs } = this.#last;
      this.#last = signs;
      if (signs.responderBeats !== responderBeats && signs.disciplineNs !== disciplineNs)
        told.push('WATCHDOG=1');
    }
    const status = this.#parts.status();
    if (status !== this.#status || told.includes('READY=1')) {
      this.#status = status;
      told.push(`STATUS=${status}`);
    }
    if (told.length > 0) this.#parts.notify(...told);
    return this.#isReady ? BEAT_SECONDS : FIRST_LOOKS_SECONDS;
  }
}

/** "stratum 1, PPS locked, ±180 ns, 42 clients"; without a source, why there is none. `summary`: view.ts summaryOf. */
export function serviceLine(engine: Engine, clients: number, summary: string): string {
  const { state, stratum, refid } = engine.system();
  const { phase, boundSeconds, holdoverSeconds } = engine.state();
  const served = plural(clients, 'client');
  switch (state) {
    case 'synchronised': {
      const reference = refidText(refid) ?? [...refid].join('.');
      // LOCAL is believed without being measured.
      if (phase === 'unset') return `${summary}, ${served}`;
      return `stratum ${stratum}, ${reference} ${phase}, ±${bound(boundSeconds)}, ${served}`;
    }
    case 'holdover':
      return `stratum ${stratum}, holdover for ${span(holdoverSeconds)}, ±${bound(boundSeconds)}, ${served}`;
    case 'orphan':
    case 'unsynchronised':
      return `${summary}, ${served}`;
  }
}
