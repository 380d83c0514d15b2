import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoardDefinition } from '../../boards/board.js';
import { BOARDS, detectBoard, resolveBoard } from '../../boards/detect.js';
import { genericBoard } from '../../boards/generic.js';
import { assert, test } from '../support/suite.js';

const board = (id: string, models: readonly string[], compatible: readonly string[]): BoardDefinition => ({
  ...genericBoard,
  id,
  name: id,
  models,
  compatible,
  gpioChipLabel: 'pinctrl-x',
  pps: { gpio: 18, headerPin: 12, pull: 'none' },
  gpsUart: {
    device: '/dev/serial0',
    configLines: [],
    consoleLines: [],
    debugTty: undefined,
    conflicts: [],
  },
  i2cBus: 1,
});
const boards = [
  board('pi-4', ['Raspberry Pi 4'], ['raspberrypi,4-model-b']),
  board('pi-4b', ['Raspberry Pi 4 Model B'], []),
  genericBoard,
];
const tree = (files: Readonly<Record<string, string>>) => ({
  boards,
  deviceTree: '/dt',
  read: (path: string) => files[path],
});

test('the model string, with its NUL and revision, names the board; the longest beginning wins', () => {
  const found = detectBoard(tree({ '/dt/model': 'Raspberry Pi 4 Model B Rev 1.4\0' }));
  assert.is(found.board.id, 'pi-4b');
  assert.is(found.model, 'Raspberry Pi 4 Model B Rev 1.4');
  assert.equal(found.missing, []);
  assert.is(detectBoard(tree({ '/dt/model': 'Raspberry Pi 400 Rev 1.0\0' })).board.id, 'pi-4');
});

test('an unknown model of a known kind is found by the compatible list', () => {
  const files = {
    '/dt/model': 'Clone X\0',
    '/dt/compatible': 'clone,x\0raspberrypi,4-model-b\0brcm,bcm2711\0',
  };
  assert.is(detectBoard(tree(files)).board.id, 'pi-4');
});

test('an unknown board is generic, and each thing that is missing comes with what to write', () => {
  const found = detectBoard(tree({ '/dt/model': 'Strange Board v2\0', '/dt/compatible': 'strange,v2\0' }));
  assert.is(found.board.id, 'generic');
  assert.match(found.missing[0] ?? '', /"Strange Board v2" is not among the boards/);
  assert.ok(found.missing.some((line) => line.includes('refclock pps device /dev/pps0')));
  assert.ok(found.missing.some((line) => line.includes('refclock gps device')));
});

test('a machine without a device tree is generic and says so', () => {
  const found = detectBoard(tree({}));
  assert.is(found.board.id, 'generic');
  assert.is(found.model, undefined);
  assert.match(found.missing[0] ?? '', /no device tree/);
});

test('the device tree is read from the given folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-board-'));
  try {
    writeFileSync(join(folder, 'model'), 'Raspberry Pi 4 Model B Rev 1.1\0');
    assert.is(detectBoard({ deviceTree: folder, boards }).board.id, 'pi-4b');
    assert.is(detectBoard({ deviceTree: join(folder, 'absent') }).board.id, 'generic');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a board can be named; an unknown name is refused with the known ones', () => {
  assert.is(resolveBoard('simulated').board.name, 'a simulated board');
  assert.equal(resolveBoard('simulated').missing, []);
  assert.is(resolveBoard('auto', tree({ '/dt/model': 'Raspberry Pi 4 Model B\0' })).board.id, 'pi-4b');
  assert.throws(() => resolveBoard('pi4'), /there is no board "pi4"/);
});

test('every board has its own id, and no two answer to the same model', () => {
  assert.is(new Set(BOARDS.map((entry) => entry.id)).size, BOARDS.length);
  const models = BOARDS.flatMap((entry) => entry.models);
  assert.is(new Set(models).size, models.length);
});

test.run();
