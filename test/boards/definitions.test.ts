import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoardDefinition } from '../../boards/board.js';
import { CLOCKS } from '../../boards/clocks.js';
import { detectBoard, resolveBoard } from '../../boards/detect.js';
import { definitionsIn } from '../../boards/found.js';
import { HATS } from '../../boards/hats/list.js';
import { BOARDS } from '../../boards/list.js';
import { DS3231, I2C, pulseWish, uartWish, WITHOUT_BLUETOOTH } from '../../src/cli/doctor/system.js';
import { assert, projectRoot, test } from '../support/suite.js';

const source = (name: string) => join(projectRoot, 'boards', 'overlays', `${name}.dts`);
const HEADER: Readonly<Record<number, number>> = { 4: 7, 17: 11, 18: 12, 24: 18, 25: 22 };

test('adding a board or a hat is adding one file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-boards-'));
  const at = new URL(`file://${folder}/`);
  assert.equal(await definitionsIn(at), []);
  writeFileSync(
    join(folder, 'my-board.js'),
    "export const helper = 5; export const myBoard = { id: 'my-board', models: ['My Board'] };",
  );
  writeFileSync(join(folder, 'notes.txt'), 'not a board');
  const found = await definitionsIn<BoardDefinition>(at);
  assert.equal(
    found.map(({ id }) => id),
    ['my-board'],
  );
  const read = (path: string) => (path.endsWith('/model') ? 'My Board Rev 2\0' : undefined);
  assert.is(detectBoard({ read, boards: [...BOARDS, ...found] }).board.id, 'my-board');
  rmSync(folder, { recursive: true });
});

test('every file of definitions is in the list, and no name twice', () => {
  for (const [folder, list] of [
    ['boards/definitions', BOARDS.filter(({ id }) => id !== 'generic' && id !== 'simulated')],
    ['boards/hats/definitions', HATS],
  ] as const) {
    const texts = readdirSync(join(projectRoot, folder)).map((name) =>
      readFileSync(join(projectRoot, folder, name), 'utf8'),
    );
    const written = texts.flatMap((text) => [...text.matchAll(/^ {2}id: '(.+)',$/gm)].map(([, id]) => id));
    assert.equal(list.map(({ id }) => id).sort(), written.sort(), folder);
    assert.is(new Set(written).size, written.length);
  }
});

const MODELS: readonly (readonly [model: string, id: string])[] = [
  ['Raspberry Pi Zero 2 W Rev 1.0', 'raspberry-pi-zero-2w'],
  ['Raspberry Pi 3 Model B Rev 1.2', 'raspberry-pi-3b'],
  ['Raspberry Pi 3 Model B Plus Rev 1.3', 'raspberry-pi-3b'],
  ['Raspberry Pi 4 Model B Rev 1.5', 'raspberry-pi-4b'],
  ['Raspberry Pi 400 Rev 1.0', 'raspberry-pi-400'],
  ['Raspberry Pi Compute Module 4 Rev 1.1', 'raspberry-pi-cm4'],
  ['Raspberry Pi 5 Model B Rev 1.0', 'raspberry-pi-5'],
  ['Raspberry Pi Compute Module 5 Rev 1.0', 'raspberry-pi-cm5'],
  ['Raspberry Pi Model B Rev 2', 'generic'],
];
for (const [model, id] of MODELS)
  test(`"${model}" is ${id}`, () => {
    const read = (path: string) => (path.endsWith('/model') ? `${model}\0` : undefined);
    assert.is(detectBoard({ read }).board.id, id);
  });

test('a Raspberry Pi can be named, and nothing has to be written for it', () => {
  assert.equal(resolveBoard('raspberry-pi-4b').missing, []);
});

test('either a card can be made for a board, or it says why not', () => {
  for (const { id, debian, noImage } of BOARDS) assert.is(debian === undefined, noImage !== undefined, id);
});

test('a board that nobody has verified says so, and no board claims to have run on hardware', () => {
  for (const { id, verifiedAgainst } of BOARDS) {
    assert.ok(verifiedAgainst.note.length > 20, id);
    assert.is.not(verifiedAgainst.against, 'hardware', id);
  }
  for (const id of ['raspberry-pi-5', 'raspberry-pi-cm5', 'generic'])
    assert.is(resolveBoard(id).board.verifiedAgainst.against, 'none');
});

test('every overlay named has a source, and every hat names its header pin right', () => {
  for (const name of [
    ...BOARDS.flatMap(({ debian }) => debian?.overlays ?? []),
    ...HATS.flatMap(({ overlays, pps }) => [...overlays, ...pulseWish(pps.gpio).overlays]),
    ...[...BOARDS.map(uartWish), WITHOUT_BLUETOOTH, I2C, DS3231].flatMap(({ overlays }) => overlays),
  ])
    assert.ok(existsSync(source(name)), name);
  for (const { id, pps } of [...HATS, ...BOARDS])
    if (pps !== undefined) assert.is(HEADER[pps.gpio], pps.headerPin, id);
});

test("the lines of config.txt that the documents give for a board are the board's own", () => {
  const text = readFileSync(join(projectRoot, 'docs', 'appliance.md'), 'utf8');
  const rowOf = (names: RegExp) => text.split('\n').find((line) => names.test(line)) ?? '';
  for (const [row, ids] of [
    [rowOf(/^ +\| Zero 2 W, 3B, /), ['zero-2w', '3b', '4b', '400', 'cm4']],
    [rowOf(/^ +\| 5, CM5 /), ['5', 'cm5']],
  ] as const)
    for (const { configLines, conflicts, consoleLines } of ids.flatMap(
      (id) => resolveBoard(`raspberry-pi-${id}`).board.gpsUart ?? [],
    )) {
      for (const line of configLines) assert.ok(row.includes(`\`${line}\``), line);
      for (const { remedy } of conflicts) assert.ok(row.includes(/"(.+)"/.exec(remedy)?.[1] ?? '-'), remedy);
      assert.is(row.includes('no `enable_uart=1`'), consoleLines.includes('enable_uart=1'));
    }
});

test('every board that is sold has its weaknesses named, with a link, and with what mends them in the remedy', () => {
  for (const { id, models, quirks } of BOARDS)
    if (models.length > 0) {
      assert.ok(quirks.length > 0, id);
      for (const { text, remedy, mendedBy, link } of quirks) {
        assert.ok(text.length > 20 && remedy.length > 20, id);
        assert.match(link, /^https:\/\/\S+$/, id);
        if (mendedBy !== undefined) assert.ok(remedy.includes(`"${mendedBy}"`), id);
      }
    }
});

test("the documents' table of hats has the pulse, speed and I2C of each", () => {
  const text = readFileSync(join(projectRoot, 'docs', 'appliance.md'), 'utf8');
  const rows =
    /^\| hat \| pulse \| serial line \| I2C \|\n.*\n((?:\|.*\n)+)/m.exec(text)?.[1]?.trim().split('\n') ?? [];
  const expected = HATS.map(({ pps, factoryBaud, receiverOptions, ddcAddress, rtc }) => {
    const speed = /^speed (\d+)$/.exec(receiverOptions)?.[1];
    const line = `${factoryBaud} baud${speed === undefined ? '' : `, on a card brought to ${speed}`}`;
    const bus = [
      ddcAddress === undefined ? [] : `receiver 0x${ddcAddress.toString(16)}`,
      rtc === undefined ? [] : `clock ${CLOCKS[rtc].name} 0x${CLOCKS[rtc].address.toString(16)}`,
    ].flat();
    const byHand = "receiver's TX to pin 10, its RX to pin 8";
    return [
      `GPIO ${pps.gpio} (pin ${pps.headerPin})`,
      factoryBaud === undefined ? byHand : line,
      bus.join(', ') || '-',
    ];
  });
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(2, 5)
      .map((cell) => cell.trim()),
  );
  assert.equal(cells.map(String).sort(), expected.map(String).sort());
});

test('budgets are sane, and node takes the V8 options', () => {
  for (const { id, cryptoBudgetPercent, powersBytes, v8Options, memoryMegabytes = 512 } of BOARDS) {
    assert.ok(cryptoBudgetPercent > 0 && cryptoBudgetPercent <= 50, id);
    assert.ok(powersBytes >= 256 * 1024 && powersBytes <= (memoryMegabytes * 1024 * 1024) / 64, id);
    if (v8Options.length > 0) assert.is(spawnSync(process.execPath, [...v8Options, '-e', '0']).status, 0, id);
  }
});

test.run();
