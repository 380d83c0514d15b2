/**
 * Autokey's two halves in the daemon and their life: the service with keys and crypto thread from the first `crypto` line on,
 * be it that of a reload, and the server's side once there is a responder.
 */
import type { BoardDefinition } from '../../boards/board.js';
import type { Config } from '../config/types.js';
import type { LeapKeeper } from '../discipline/leap.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { ResponderThread } from '../responder/server.js';
import type { ServedPort } from '../source/association/context.js';
import type { SystemVariables } from '../source/system.js';
import { AutokeyServer } from './autokey-server.js';
import { AutokeyService } from './autokey-service.js';
import type { StateStore } from './state-store.js';
import { systemRandom } from './system-random.js';

export interface AutokeyRoomParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly store: StateStore;
  readonly leap: LeapKeeper;
  readonly board: Pick<BoardDefinition, 'cryptoBudgetPercent' | 'powersBytes'>;
  system(): SystemVariables;
  note(address: string | undefined, line: string): void;
  responder(): Pick<ResponderThread, 'setAutokey'>;
  port(): ServedPort;
}

export class AutokeyRoom {
  readonly #parts: AutokeyRoomParts;
  #config: Config;
  #service: AutokeyService | undefined;
  #server: AutokeyServer | undefined;
  #isStarted = false;

  constructor(config: Config, parts: AutokeyRoomParts) {
    this.#parts = parts;
    this.#config = config;
    this.load(config);
  }

  /** Undefined: there is no `crypto` line. */
  get service(): AutokeyService | undefined {
    return this.#service;
  }
  /** Undefined: nobody is served yet, or never. */
  get server(): AutokeyServer | undefined {
    return this.#server;
  }

  /** At the start, and on reload. */
  load(config: Config): void {
    this.#config = config;
    const { clock, log, store, leap, system, note, board } = this.#parts;
    if (this.#service !== undefined) this.#service.load(config);
    else if (config.crypto !== undefined)
      this.#service = new AutokeyService(config, {
        ...{ clock, random: systemRandom, log, store, leap, note },
        isSynchronised: () => system().leap !== 3,
        changed: () => this.#tell(),
        share: () => this.#share(),
        powersBytes: board.powersBytes,
        desk: () => this.#server,
      });
    this.#server?.setShare(this.#share());
    this.#tell();
  }

  /** There is a responder from now on. */
  start(): void {
    this.#isStarted = true;
    this.#tell();
  }

  /** What the responder answers clients of Autokey with. */
  #tell(): void {
    // The keys are read before there is a responder.
    if (!this.#isStarted || this.#service === undefined) return;
    const { clock, scheduler, log, system, responder, port } = this.#parts;
    responder().setAutokey(this.#service.door);
    this.#server ??= new AutokeyServer({
      ...{ clock, scheduler, log, system, service: this.#service, port: port(), share: this.#share() },
    });
    this.#server.refresh();
  }

  #share(): number {
    return (this.#config.crypto?.budgetPercent ?? this.#parts.board.cryptoBudgetPercent) / 100;
  }
}
