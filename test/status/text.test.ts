import fc from 'fast-check';
import type { ThermometerWorth } from '../../src/discipline/types.js';
import { type Snapshot, takeSnapshot } from '../../src/status/snapshot.js';
import { headline, statusText } from '../../src/status/text.js';
import { fakeView, SOURCES, sourceView } from '../control/fixture.js';
import { assert, test } from '../support/suite.js';

const snapshot = takeSnapshot(fakeView(42));
const plain = (columns: number, of: Snapshot = snapshot) => statusText(of, { columns, colour: false });

test('the first line says in words what it does', () => {
  assert.is(
    headline(snapshot),
    'stratum 1 from GPS, within 180 ns (95 %), frequency -12.345 ppm, 9 satellites, 42 clients',
  );
});

test('the whole text, on a wide terminal', () => {
  assert.is(
    plain(130),
    `stratum 1 from GPS, within 180 ns (95 %), frequency -12.345 ppm, 9 satellites, 42 clients
  pool.ntp.org: pool.ntp.org does not resolve; check the network or the name

clock     this machine's clock: offset -42 ns, noise of the source 310 ns, root dispersion 12.3 µs
time      2026-11-23T05:00:00Z, TAI - UTC 37 s, no leap second is due, leap file good until 2026-12-28
receiver  u-blox ROM SPG 5.10, 3d fix, 9 satellites used, antenna ok, messages 123 ms behind the pulse, pulse jitter 310 ns
served    1010 answers to 42 clients, 1008 over the rate limit, 1005 with a wrong key, 1007 refused by rule
daemon    noonmarkd 0.1.0 2026-11-23 on raspberry-pi-4b, up 62 min

  source            is           st  refid         reach  poll   offset    delay  jitter
o GPS /dev/serial0  followed      0  GPS             8/8  16 s   -42 ns     0 ns  310 ns
+ 192.0.2.1         agrees        2  198.51.100.7    8/8  64 s  1.23 ms  15.7 ms  456 µs
x ntp.example.org   wrong         1  PPS             8/8  64 s   200 ms  15.7 ms  456 µs
  pool.ntp.org      unreachable  16  POOL            0/8  64 s        -        -       -
`,
  );
});

test('when it is not synchronised, the first lines say why, with the remedy', () => {
  const view = fakeView(0);
  view.change = { stratum: 16, leap: 3, systemPeer: 0, summary: 'not synchronised: no source is configured' };
  view.entries = [];
  assert.is(headline(takeSnapshot(view)), 'not synchronised: no source is configured');
  assert.match(plain(80, takeSnapshot(view)), /no sources are configured/);
  view.entries = SOURCES;
  assert.match(
    plain(100, takeSnapshot(view)),
    /^not synchronised, because\n {2}pool\.ntp\.org: .* does not resolve; check the network or the name\n/,
  );
});

test('holdover, settling and a coming leap second are told', () => {
  const view = fakeView(1);
  const state = view.discipline();
  const lost = {
    ...view,
    discipline: () => ({ ...state, phase: 'holdover' as const, holdoverSeconds: 15_000 }),
  };
  assert.match(headline(takeSnapshot(lost)), /from GPS, which is lost: holding over for 4 h 10 min, within/);
  const early = { ...view, discipline: () => ({ ...state, phase: 'acquiring' as const }) };
  assert.match(headline(takeSnapshot(early)), /from GPS, still settling, within .* 1 client$/);
  view.change = { leap: 1, leapAtNs: 1_798_761_600_000_000_000n };
  assert.match(plain(130, takeSnapshot(view)), /a leap second will be inserted before 2027-01-01/);
  view.change = { leapFileExpiresNs: 1_700_000_000_000_000_000n };
  assert.match(plain(130, takeSnapshot(view)), /leap file EXPIRED 2023-11-14/);
});

test('whether the thermometer is trusted is told, and why not', () => {
  const view = fakeView(1);
  const worth = (thermometer: ThermometerWorth, celsius: number | undefined) =>
    plain(130, takeSnapshot({ ...view, discipline: () => ({ ...view.discipline(), thermometer, celsius }) }));
  assert.match(worth('trusted', 25.04), /thermal +thermometer 25\.0 °C, trusted: /);
  assert.match(worth('untried', 25), /not trusted yet: it takes some hours/);
  assert.match(worth('useless', 25), /not trusted: rehearsed holdovers were no better/);
  assert.match(worth('jumped', undefined), /thermometer not trusted: it leapt/);
  assert.not.match(plain(130, takeSnapshot(view)), /thermometer/);
});

test('no line is wider than the terminal, from 40 columns on', () => {
  for (let columns = 40; columns <= 140; columns += 1)
    for (const line of plain(columns).split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
});

test('colour appears only when asked for, and nothing else may draw on the terminal', () => {
  assert.not(plain(100).includes('\x1b'));
  assert.ok(statusText(snapshot, { columns: 100, colour: true }).includes('\x1b[32mo GPS'));
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ maxLength: 300 }),
      (name, remark) => {
        const view = fakeView(1);
        view.entries = [{ fate: 'reject', view: sourceView({ name, remark: `${remark}\x1b[2J` }) }];
        const text = plain(60, takeSnapshot(view));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
        assert.not.match(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      },
    ),
    { numRuns: 200 },
  );
});

test.run();
