/**
 * `noonmark status` for people: what the daemon does in one line, why it is not locked if it is not, and a table of its
 * sources. Text only; made from a snapshot, so that it shows nothing that --json has not.
 */
import type { ThermometerWorth } from '../discipline/types.js';
import type { SelectionFate } from '../source/types.js';
import { autokeySourceText, ownAutokeyText } from './autokey-text.js';
import type { ClockSnapshot, Snapshot, SourceSnapshot } from './snapshot.js';
import { bound, fit, interval, plural, printable, span, wrap } from './words.js';

export interface TextOptions {
  /** of the terminal, at least 40 are used */
  readonly columns: number;
  readonly colour: boolean;
}

type Paint = 'good' | 'bad' | 'faint' | 'strong' | 'plain';
const CODES: Readonly<Record<Paint, string>> = { good: '32', bad: '31', faint: '2', strong: '1', plain: '' };

/** What became of a source in selection: ntpq's character, in a word, and how it is painted. */
const FATES: Readonly<Record<SelectionFate, { mark: string; word: string; paint: Paint }>> = {
  reject: { mark: ' ', word: 'not used', paint: 'faint' },
  falsetick: { mark: 'x', word: 'wrong', paint: 'bad' },
  excess: { mark: '.', word: 'spare', paint: 'faint' },
  outlier: { mark: '-', word: 'outlier', paint: 'plain' },
  candidate: { mark: '+', word: 'agrees', paint: 'plain' },
  backup: { mark: '#', word: 'spare', paint: 'faint' },
  'sys.peer': { mark: '*', word: 'followed', paint: 'good' },
  'pps.peer': { mark: 'o', word: 'followed', paint: 'good' },
};

/** The whole text, ending with a line feed. */
export function statusText(snapshot: Snapshot, options: TextOptions): string {
  const columns = Math.max(40, options.columns);
  const paint = (text: string, as: Paint): string =>
    options.colour && as !== 'plain' ? `\x1b[${CODES[as]}m${text}\x1b[0m` : text;
  const head = wrap(printable(headline(snapshot)), columns, '  ');
  const lines = [paint(head, snapshot.synchronised ? 'strong' : 'bad'), ...reasons(snapshot, columns), ''];
  for (const [label, text] of facts(snapshot))
    lines.push(wrap(printable(text), columns, ' '.repeat(10), label.padEnd(10)));
  lines.push('', ...sourcesTable(snapshot.sources, columns, paint), ...dances(snapshot, columns));
  return `${lines.join('\n')}\n`;
}

/** "stratum 1 from GPS, within 180 ns (95 %), frequency -12.345 ppm, 9 satellites, 42 clients" */
export function headline(snapshot: Snapshot): string {
  const { discipline, sources, systemPeer, clients } = snapshot;
  // The remarks follow, each on a line of its own.
  if (!snapshot.synchronised)
    return sources.some(({ remark }) => remark !== '') ? 'not synchronised, because' : snapshot.summary;
  const peer = sources.find((source) => source.id === systemPeer);
  const satellites = satellitesUsed(snapshot);
  const from = peer === undefined ? snapshot.refid : peer.kind === 'refclock' ? peer.refid : peer.name;
  const parts = [
    `stratum ${snapshot.stratum} from ${from}`,
    ...(discipline.phase === 'holdover'
      ? [`which is lost: holding over for ${span(discipline.holdoverSeconds)}`]
      : discipline.phase === 'acquiring'
        ? ['still settling']
        : []),
    `within ${bound(discipline.boundSeconds)} (95 %)`,
    `frequency ${signed(discipline.frequencyPpm, 3)} ppm`,
    ...(satellites === undefined ? [] : [plural(satellites, 'satellite')]),
    plural(clients.entries, 'client'),
  ];
  return parts.join(', ');
}

/** Of the source that is followed, else of the first receiver that counts them. */
function satellitesUsed({ sources, systemPeer }: Snapshot): number | undefined {
  const counting = sources.filter(({ clock }) => clock !== null && clock.satellitesUsed !== null);
  const source = counting.find(({ id }) => id === systemPeer) ?? counting[0];
  return source?.clock?.satellitesUsed ?? undefined;
}

/** Each source that has something to say about itself: why it is not used, with the remedy. */
function reasons({ sources }: Snapshot, columns: number): string[] {
  return sources
    .filter(({ remark }) => remark !== '')
    .map((source) => wrap(printable(`${title(source)}: ${source.remark}`), columns, '    ', '  '));
}

/** How Autokey fares with each source that has it. */
function dances({ sources, time }: Snapshot, columns: number): string[] {
  const lines = sources.flatMap((source) =>
    source.autokey === null
      ? []
      : [
          wrap(
            printable(`${title(source)}: ${autokeySourceText(source.autokey, time, source.remark)}`),
            ...([columns, '    ', '  '] as const),
          ),
        ],
  );
  return lines.length === 0 ? [] : ['', 'autokey', ...lines];
}

/** Is the thermometer followed in a holdover, and if not, why not? */
const WORTH: Readonly<Record<ThermometerWorth, string>> = {
  trusted: 'trusted: rehearsed holdovers were better with it, and a holdover will follow it',
  untried: 'not trusted yet: it takes some hours with a source to rehearse holdovers with it',
  useless: 'not trusted: rehearsed holdovers were no better with it, so that a holdover will not follow it',
  jumped: 'not trusted: it leapt or turned as the temperature never did, and is not listened to for now',
};

function thermometerText({ discipline: { thermometer } }: Snapshot): [string, string][] {
  if (thermometer === null) return [];
  const { celsius, worth } = thermometer;
  return [['thermal', `thermometer ${celsius === null ? '' : `${celsius.toFixed(1)} °C, `}${WORTH[worth]}`]];
}

function facts(snapshot: Snapshot): [string, string][] {
  const { discipline, packets } = snapshot;
  const receiver = receiverText(snapshot);
  const autokey = ownAutokeyText(snapshot);
  return [
    [
      'clock',
      `${CLOCKS[snapshot.clock]}: offset ${interval(discipline.offsetSeconds)}, noise of the source ` +
        `${interval(discipline.noiseSeconds)}, root dispersion ${bound(snapshot.rootDispersionSeconds)}`,
    ],
    ['time', `${(snapshot.time ?? 'unknown').replace(/\.\d+Z$/, 'Z')}, ${leapText(snapshot)}`],
    ...thermometerText(snapshot),
    ...(receiver === '' ? [] : ([['receiver', receiver]] satisfies [string, string][])),
    [
      'served',
      `${plural(packets.processed, 'answer')} to ${plural(snapshot.clients.entries, 'client')}, ` +
        `${packets.rateLimited} over the rate limit, ${packets.badAuthentication} with a wrong key, ` +
        `${packets.restricted} refused by rule`,
    ],
    ...(autokey === undefined ? [] : ([['autokey', autokey]] satisfies [string, string][])),
    ['daemon', `${snapshot.version} on ${snapshot.board}, up ${span(snapshot.uptimeSeconds)}`],
  ];
}

/** Receiver and pulse may be two sources; what either knows is told. Empty when there is no such source. */
function receiverText({ sources, receiver }: Snapshot): string {
  const clocks = sources.flatMap(({ clock }) => (clock === null || clock.device === '' ? [] : [clock]));
  const [first] = clocks;
  if (first === undefined) return '';
  const known = <T>(pick: (clock: ClockSnapshot) => T | null): T | undefined =>
    clocks.map(pick).find((value) => value !== null) ?? undefined;
  const fix = known((clock) => clock.fix);
  const used = known((clock) => clock.satellitesUsed);
  const delay = known((clock) => clock.messageDelaySeconds);
  const jitter = known((clock) => clock.pulseJitterSeconds);
  const seen = receiver.satellites.length;
  const maker = [receiver.vendor, receiver.software].filter((part) => part !== null && part !== 'unknown');
  const parts = [maker.join(' ') || first.device];
  if (fix !== undefined) parts.push(fix === 'none' ? 'no fix' : `${fix} fix`);
  if (used !== undefined)
    parts.push(`${plural(used, 'satellite')} used${seen >= used && seen > 0 ? ` of ${seen} seen` : ''}`);
  if (receiver.antenna !== null && receiver.antenna !== 'unknown') parts.push(`antenna ${receiver.antenna}`);
  if (receiver.jamming === 'warning' || receiver.jamming === 'critical')
    parts.push(`jamming: ${receiver.jamming}`);
  if (receiver.spoofing === 'indicated' || receiver.spoofing === 'multiple')
    parts.push('spoofing is suspected');
  if (receiver.setup != null) parts.push(...setupText(receiver.setup));
  if (delay !== undefined) parts.push(`messages ${interval(delay)} behind the pulse`);
  if (jitter !== undefined) parts.push(`pulse jitter ${interval(jitter)}`);
  return parts.join(', ');
}

/** What of the set-up is not as it should be, or goes on. A daemon of an earlier version tells nothing. */
function setupText({
  state,
  text,
  placeFixed,
  survey,
}: NonNullable<Snapshot['receiver']['setup']>): string[] {
  const parts: string[] = [];
  if (state === 'setting') parts.push('being set');
  if (state === 'incomplete') parts.push(`not all as wished (${text})`);
  if (state === 'unanswered') parts.push('takes no settings');
  if (survey?.active === true)
    parts.push(`survey-in for ${span(survey.seconds)}, mean good to ${survey.accuracyM.toFixed(1)} m`);
  else if (placeFixed) parts.push('place fixed');
  return parts;
}

const CLOCKS = {
  system: "this machine's clock",
  none: 'kept in software, the clock of this machine is left alone',
  simulated: 'simulated',
} as const;

function leapText({ leap, leapAt, taiOffsetSeconds, leapFileExpires, time }: Snapshot): string {
  const parts = [taiOffsetSeconds === null ? 'TAI unknown' : `TAI - UTC ${taiOffsetSeconds} s`];
  const day = (iso: string | null): string => (iso === null ? 'an unknown day' : iso.slice(0, 10));
  if (leap === 'insert' || leap === 'delete')
    parts.push(`a leap second will be ${leap === 'insert' ? 'inserted' : 'deleted'} before ${day(leapAt)}`);
  else parts.push('no leap second is due');
  if (leapFileExpires !== null)
    parts.push(
      `leap file ${leapFileExpires < (time ?? '') ? 'EXPIRED' : 'good until'} ${day(leapFileExpires)}`,
    );
  return parts.join(', ');
}

interface Column {
  readonly head: string;
  readonly right: boolean;
  /** the least needed go first on a narrow terminal; 0: never */
  readonly gives: number;
  cell(source: SourceSnapshot): string;
}

const COLUMNS: readonly Column[] = [
  { head: 'source', right: false, gives: 0, cell: (source) => `${FATES[source.fate].mark} ${title(source)}` },
  { head: 'is', right: false, gives: 0, cell: fateWord },
  { head: 'st', right: true, gives: 3, cell: (source) => String(source.stratum) },
  { head: 'refid', right: false, gives: 6, cell: (source) => source.refid },
  { head: 'reach', right: true, gives: 2, cell: (source) => `${bitsOf(source.reach)}/8` },
  { head: 'poll', right: true, gives: 5, cell: (source) => span(2 ** Math.max(0, source.hostPollLog2)) },
  { head: 'offset', right: true, gives: 0, cell: (source) => measured(source, source.offsetSeconds) },
  { head: 'delay', right: true, gives: 4, cell: (source) => measured(source, source.delaySeconds) },
  { head: 'jitter', right: true, gives: 1, cell: (source) => measured(source, source.jitterSeconds) },
];

function sourcesTable(
  sources: readonly SourceSnapshot[],
  columns: number,
  paint: (text: string, as: Paint) => string,
): string[] {
  if (sources.length === 0) return ['  no sources are configured'];
  let shown = COLUMNS.map((column) => {
    const cells = sources.map((source) => printable(column.cell(source)));
    return { ...column, cells, width: Math.max(column.head.length, ...cells.map((cell) => cell.length)) };
  });
  const total = () => shown.reduce((sum, column) => sum + column.width + 2, -2);
  while (total() > columns && shown.some((column) => column.gives > 0)) {
    const least = Math.max(...shown.map((column) => column.gives));
    shown = shown.filter((column) => column.gives !== least);
  }
  const [first, ...others] = shown;
  if (first !== undefined && total() > columns)
    shown = [{ ...first, width: Math.max(8, first.width - (total() - columns)) }, ...others];
  const line = (cell: (column: (typeof shown)[number]) => string): string =>
    shown
      .map((column) => {
        const text = fit(cell(column), column.width);
        return column.right ? text.padStart(column.width) : text.padEnd(column.width);
      })
      .join('  ')
      .trimEnd();
  return [
    paint(
      line((column) => (column.head === 'source' ? '  source' : column.head)),
      'faint',
    ),
    ...sources.map((source, i) =>
      paint(
        line((column) => column.cells[i] ?? ''),
        FATES[source.fate].paint,
      ),
    ),
  ];
}

function fateWord(source: SourceSnapshot): string {
  const { word } = FATES[source.fate];
  return source.fate === 'reject' && source.unfit !== null ? source.unfit.replaceAll('-', ' ') : word;
}

/** A receiver is known by its device, a server by its name. */
function title({ kind, refid, clock, name }: SourceSnapshot): string {
  if (kind !== 'refclock') return name;
  return clock === null || clock.device === '' ? `${refid} ${name}` : `${refid} ${clock.device}`;
}

/** Nothing is measured before the first answer. */
const measured = (source: SourceSnapshot, seconds: number): string =>
  source.receivedTime === null ? '-' : interval(seconds);

const bitsOf = (reach: number): number => (reach & 0xff).toString(2).replaceAll('0', '').length;

const signed = (value: number, digits: number): string => (value >= 0 ? '+' : '') + value.toFixed(digits);
