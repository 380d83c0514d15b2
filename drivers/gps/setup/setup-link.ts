/**
 * A ByteLink to a receiver that sets it up whenever the line comes up or the receiver has forgotten: bytes pass through
 * untouched, answers are picked from them. Owns writing, waiting, trying again, the log lines and the view of it all; what
 * is asked and set is in the generators beside this file.
 */
import type { ByteLink, ByteLinkHandler, LineSpeed, LinkPort } from '../../../src/ports/byte-link.js';
import {
  isPlace,
  type Place,
  type ReceiverSetup,
  type ReceiverWish,
  type SetupView,
} from '../../../src/ports/gps-setup.js';
import type { Log } from '../../../src/ports/log.js';
import type { LogEvent } from '../../../src/ports/log-events.js';
import type { Scheduler, Timer } from '../../../src/ports/scheduler.js';
import { parseSentence } from '../nmea/sentence.js';
import { FrameScanner } from '../scanner.js';
import type { Exchange, Heard, Request } from './exchange.js';
import { identify } from './identify.js';
import { setMtk } from './mtk.js';
import { surveyHeard } from './place.js';
import type { SetupReport } from './report.js';
import { setUblox } from './ublox.js';
import { Uptime } from './uptime.js';

export interface SetupLinkOptions {
  readonly link: ByteLink;
  readonly wish: ReceiverWish;
  readonly remembered: Place | undefined;
  readonly scheduler: Scheduler;
  readonly log: Log;
}

export interface SetupLink extends ByteLink {
  readonly setup: ReceiverSetup;
}

export const createSetupLink = (options: SetupLinkOptions): SetupLink => new Link(options);

/** Sentences that were turned off, by kind of receiver: when they come again, it has started anew. */
const OFF = {
  'u-blox': new Set(['RMC', 'GGA', 'GLL', 'GSA', 'GSV', 'VTG', 'ZDA']),
  mtk: new Set(['GLL', 'VTG']),
} as const;
const FORGOTTEN = 3;
/** On a bad line what was not answered is asked for again, so many times in all ... */
const ROUNDS = 5;
/** ... and so long after, s. */
const ROUND_SECONDS = 60;
/** What was on its way when it was turned off may come after, s. */
const SETTLED_SECONDS = 5;
/** Not more often than this: one that never remembers is not to be asked all day, s. */
const ANEW_SECONDS = 60;

class Link implements SetupLink, ReceiverSetup {
  readonly setup: ReceiverSetup = this;
  readonly #options: SetupLinkOptions;
  #handler: ByteLinkHandler | undefined;
  #exchange: Exchange<void> | undefined;
  #request: Request | undefined;
  #triesLeft = 0;
  #timer: Timer | undefined;
  #speaks = false;
  #isUp = false;
  #kind: keyof typeof OFF | undefined;
  #forgotten = 0;
  #uptime = new Uptime();
  #settledNs = 0n;
  #told = '';
  #remembered: Place | undefined;
  #stored = false;
  #view: SetupView = { state: 'waiting', text: '', survey: undefined, place: undefined };
  readonly #scanner = new FrameScanner({
    sentence: (bytes, checked) => {
      const sentence = checked ? parseSentence(Buffer.from(bytes).toString('latin1')) : undefined;
      if (sentence !== undefined) this.#heard({ kind: 'sentence', sentence });
    },
    ubx: (bytes) => {
      const payload = new DataView(bytes.slice(6, -2).buffer);
      this.#heard({ kind: 'ubx', id: ((bytes[2] as number) << 8) | (bytes[3] as number), payload });
    },
    discarded() {},
    badChecksum() {},
  });
  readonly #report: SetupReport = {
    state: (state, text) => {
      this.#view = { ...this.#view, state, text };
      if (state === 'set') this.#tell('info', 'receiver-set', text);
      else if (state === 'incomplete') this.#tell('warning', 'receiver-incomplete', text);
      else if (state === 'unanswered')
        this.#tell('notice', 'receiver-unanswered', `${text || 'it does not answer'}: it is read as it is`);
      else if (state === 'left-alone') this.#tell('info', 'receiver-unanswered', text);
      this.#settledNs = this.#options.scheduler.monotonic();
      this.#forgotten = 0;
    },
    fixedAt: (place) => {
      this.#view = { ...this.#view, place };
    },
    surveying: (text) => {
      this.#view = { ...this.#view, place: undefined };
      this.#tell('notice', 'receiver-survey', text);
    },
    stored: () => {
      this.#stored = true;
    },
    moved: (text) => {
      this.#remembered = undefined;
      this.#tell('warning', 'receiver-moved', text);
    },
  };

  constructor(options: SetupLinkOptions) {
    this.#options = options;
    this.#remembered = options.remembered;
  }

  get name(): string {
    return this.#options.link.name;
  }
  get port(): LinkPort | undefined {
    return this.#options.link.port;
  }
  get speed(): LineSpeed | undefined {
    return this.#options.link.speed;
  }
  get view(): SetupView {
    return this.#view;
  }
  get busy(): boolean {
    return this.#view.state === 'setting';
  }
  get remembered(): Place | undefined {
    return this.#remembered;
  }

  open(handler: ByteLinkHandler): void {
    this.#handler = handler;
    this.#options.link.open({
      bytes: (chunk, arrivalNs) => {
        this.#scanner.push(chunk, arrivalNs);
        this.#handler?.bytes(chunk, arrivalNs);
      },
      up: () => {
        this.#isUp = true;
        this.#handler?.up();
        this.#begin();
      },
      down: (reason) => {
        this.#isUp = false;
        this.#end();
        this.#view = { ...this.#view, state: 'waiting', text: '', survey: undefined, place: undefined };
        this.#handler?.down(reason);
      },
    });
  }

  write(bytes: Uint8Array): void {
    this.#options.link.write(bytes);
  }

  async close(): Promise<void> {
    this.#handler = undefined;
    this.#isUp = false;
    this.#end();
    await this.#options.link.close();
  }

  #begin(): void {
    this.#end();
    this.#speaks = false;
    this.#uptime = new Uptime();
    this.#view = { ...this.#view, state: 'identifying', text: '', survey: undefined };
    this.#exchange = this.#everything();
    this.#next(undefined);
  }

  #end(): void {
    this.#timer?.cancel();
    this.#exchange = undefined;
    this.#request = undefined;
    this.#kind = undefined;
  }

  *#everything(): Exchange<void> {
    const { wish, link } = this.#options;
    const found = yield* identify(() => this.#speaks);
    if (found === undefined) {
      const text = this.#speaks
        ? 'it answers neither UBX nor PMTK questions'
        : 'nothing comes that is understood';
      this.#report.state('unanswered', text);
      return;
    }
    for (let round = 1; ; round += 1) {
      const baud = link.speed?.baud;
      if (found.kind === 'mtk') yield* setMtk(wish, baud, this.#report);
      else {
        const port = link.port ?? 'uart';
        const on = { wish, port, baud, remembered: this.#remembered, stored: this.#stored };
        yield* setUblox(found.version, on, this.#report);
      }
      if (this.#view.state === 'set') this.#kind = found.kind;
      if (this.#view.state !== 'incomplete' || round === ROUNDS) return;
      yield { kind: 'wait', seconds: ROUND_SECONDS };
    }
  }

  /** Gives the exchange its answer and takes up what it asks next. */
  #next(answer: Heard | undefined): void {
    for (let given = answer; this.#exchange !== undefined; given = undefined) {
      this.#timer?.cancel();
      const { done, value } = this.#exchange.next(given);
      if (done === true) {
        this.#exchange = undefined;
        this.#request = undefined;
        return;
      }
      this.#request = value;
      switch (value.kind) {
        case 'speed':
          this.#options.link.speed?.change(value.baud);
          continue;
        case 'ask':
          this.#triesLeft = value.tries;
          this.#ask(value);
          return;
        case 'hear':
        case 'wait':
          this.#wait(value.seconds);
          return;
      }
    }
  }

  #ask(request: Extract<Request, { kind: 'ask' }>): void {
    this.#triesLeft -= 1;
    this.#wait(request.seconds);
    this.#options.link.write(request.bytes);
  }

  #wait(seconds: number): void {
    this.#timer = this.#options.scheduler.after(seconds, () => {
      const request = this.#request;
      if (request?.kind === 'ask' && this.#triesLeft > 0) this.#ask(request);
      else this.#next(undefined);
    });
  }

  #heard(heard: Heard): void {
    const isFirst = !this.#speaks;
    this.#speaks = true;
    this.#survey(heard);
    this.#uptime.hear(heard);
    // Switched on, or plugged in, long after the line came up.
    if (isFirst && this.#view.state === 'unanswered') {
      this.#begin();
      return;
    }
    if (this.#hasForgotten(heard)) {
      this.#tell('notice', 'receiver-reset', 'the receiver has started anew: it is set again');
      this.#begin();
      return;
    }
    const request = this.#request;
    if ((request?.kind === 'ask' || request?.kind === 'hear') && request.wanted(heard)) this.#next(heard);
  }

  #hasForgotten(heard: Heard): boolean {
    if (!this.#isUp || this.#kind === undefined) return false;
    const since = Number(this.#options.scheduler.monotonic() - this.#settledNs) / 1e9;
    if (this.#uptime.restarted) return since > ANEW_SECONDS;
    if (heard.kind !== 'sentence') return false;
    if (since < SETTLED_SECONDS || !OFF[this.#kind].has(heard.sentence.type)) return false;
    this.#forgotten += 1;
    return this.#forgotten >= FORGOTTEN && since > ANEW_SECONDS;
  }

  #survey(heard: Heard): void {
    const survey = surveyHeard(heard);
    const { kind } = this.#options.wish.position;
    if (survey === undefined || kind === 'fixed' || kind === 'moving') return;
    const { progress, mean } = survey;
    // A receiver that never surveyed tells zeros.
    if (progress.seconds === 0 && !progress.valid) return;
    this.#view = { ...this.#view, survey: progress };
    if (!progress.valid || progress.active || !isPlace(mean)) return;
    const isNew = this.#view.place === undefined;
    this.#view = { ...this.#view, place: mean };
    if (kind === 'auto') this.#remembered = mean;
    if (isNew)
      this.#tell(
        'notice',
        'receiver-survey',
        `survey-in done after ${progress.seconds} s: its place is known to ${progress.accuracyM.toFixed(2)} m`,
      );
  }

  /** Once for each text: a receiver that is set again and again says nothing new. */
  #tell(level: 'info' | 'notice' | 'warning', event: LogEvent, text: string): void {
    if (this.#told === `${event} ${text}`) return;
    this.#told = `${event} ${text}`;
    this.#options.log.write(level, event, `${this.name}: ${text}`);
  }
}
