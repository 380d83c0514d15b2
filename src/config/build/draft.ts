/**
 * The configuration while it is being read: mutable, with the lines that later checks point back at. Everything that acts on
 * a statement gets it; the finished Config is made from it once, at the end.
 */
import {
  DISCARD_DEFAULTS,
  ENABLE_DEFAULTS,
  GROUP_DEFAULTS,
  MRU_DEFAULTS,
  NTP_PORT,
  TINKER_DEFAULTS,
  TOS_DEFAULTS,
} from '../defaults.js';
import type { Token } from '../lexer.js';
import { type Place, ProblemList } from '../problem.js';
import type { Statement } from '../statement.js';
import type {
  AssociationConfig,
  Config,
  CryptoConfig,
  FilegenConfig,
  InterfaceRule,
  RefclockConfig,
  RestrictFlag,
  RestrictRule,
  StatisticsSet,
} from '../types.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An association with the token of its host, for problems found later. */
export interface DraftAssociation {
  readonly config: AssociationConfig;
  readonly at: Token;
  readonly statement: Statement;
}

export interface DraftRefclock {
  readonly config: Mutable<Omit<RefclockConfig, 'flags'>> & { flags: [boolean, boolean, boolean, boolean] };
  readonly at: Token;
  readonly statement: Statement;
  /** 'address': server 127.127.t.u; 'form': refclock NAME */
  readonly style: 'address' | 'form';
  /** the unit was written, not assigned */
  unitGiven: boolean;
}

/** A key that a line counts on. Ranges of trustedkey are not listed: they may have gaps. */
export interface KeyPlace {
  readonly key: number;
  readonly use: 'trusted' | 'association';
  readonly at: Place;
}

export interface DraftRestrict {
  readonly rule: RestrictRule;
  readonly statement: Statement;
  readonly isDefault: boolean;
}

export class Draft {
  readonly problems = new ProblemList();
  readonly associations: DraftAssociation[] = [];
  readonly refclocks: DraftRefclock[] = [];
  /** fudge and device lines: they may stand before the clock they speak of */
  readonly fudges: Statement[] = [];
  readonly unpeers: Statement[] = [];
  /** 127.127.t.u of drivers we do not have: reported once, at the server line */
  readonly unsupportedClocks = new Set<string>();
  readonly restricts: DraftRestrict[] = [];
  readonly interfaces: InterfaceRule[] = [];
  /** the first line of each word, for checks that need to point somewhere */
  readonly firstOf = new Map<string, Statement>();
  /** a line that names a source was there, even if it was wrong */
  sourceSeen = false;
  /** `end` was read, or there were too many problems */
  ended = false;
  /** files read by `includefile` */
  included = 0;

  restrictSource: RestrictFlag[] | undefined;
  discard = { ...DISCARD_DEFAULTS };
  mru = { ...MRU_DEFAULTS };
  tos = { ...TOS_DEFAULTS };
  tinker = { ...TINKER_DEFAULTS };
  enable = { ...ENABLE_DEFAULTS };
  group = { ...GROUP_DEFAULTS };
  crypto: Mutable<CryptoConfig> | undefined;
  readonly trustedKeys = new Set<number>();
  /** where single keys are named, for a comparison with the keys file */
  readonly keyPlaces: KeyPlace[] = [];
  readonly statistics = new Set<StatisticsSet>();
  readonly filegens = new Map<StatisticsSet, FilegenConfig>();
  readonly logConfig: string[] = [];
  board: string | undefined;
  boardPlace: Place | undefined;
  clock: Config['clock'] | undefined;
  port = NTP_PORT;
  keysFile: string | undefined;
  keysPlace: Place | undefined;
  keysDirectory: string | undefined;
  controlKey: number | undefined;
  requestKey: number | undefined;
  driftFile: string | undefined;
  leapFile: string | undefined;
  leapFileCheckHash = true;
  statsDirectory: string | undefined;
  logFile: string | undefined;
  stateDirectory: string | undefined;
  rtc: Config['rtc'] = { kind: 'auto' };
  http: Config['http'];

  finish(file: string): Config {
    const statistics = this.enable.stats ? [...this.statistics] : [];
    // A switched-off loop is the same as no clock at all.
    const clock = this.clock ?? (this.board === 'simulated' ? 'simulated' : 'system');
    return {
      file,
      board: this.board ?? 'auto',
      clock: this.enable.ntp ? clock : 'none',
      port: this.port,
      associations: this.associations.map(({ config }) => config),
      refclocks: this.refclocks.map(({ config }) => config),
      restrict: this.restricts.map(({ rule }) => rule),
      restrictSource: this.restrictSource,
      discard: this.discard,
      mru: this.mru,
      interfaces: this.interfaces.toReversed(),
      keysFile: this.keysFile,
      trustedKeys: [...this.trustedKeys].sort((a, b) => a - b),
      controlKey: this.controlKey,
      requestKey: this.requestKey,
      crypto: this.crypto,
      group: this.group,
      keysDirectory: this.keysDirectory,
      driftFile: this.driftFile,
      leapFile: this.leapFile,
      leapFileCheckHash: this.leapFileCheckHash,
      statsDirectory: this.statsDirectory,
      statistics,
      filegens: [...this.filegens.values()],
      tos: this.tos,
      tinker: this.tinker,
      enable: this.enable,
      logFile: this.logFile,
      logConfig: this.logConfig,
      http: this.http,
      stateDirectory: this.stateDirectory,
      rtc: this.rtc,
    };
  }
}

/** What a word does to the draft. */
export type Handler = (statement: Statement, draft: Draft) => void;
