/**
 * From cells of the matrix to tests: each cell must end with a complete dance and its time used, or be one that 4.2.8p15
 * makes impossible, with the reason and a control that shows it. Owns these claims and the order of the table's rows.
 */

import type { SchemeName } from './peers-autokey-keys.js';
import {
  type Cell,
  type CellResult,
  cellsOf,
  isComplete,
  isFollowed,
  isSymmetric,
  Matrix,
  type Mode,
  nameOf,
  rowOf,
  writeTable,
} from './peers-autokey-matrix.js';
import { assert, record, test } from './suite.js';

/** Bits of the status word, and sha256WithRSAEncryption above them. */
const SCHEME_BITS: Readonly<Record<SchemeName, number>> = { TC: 0, PC: 0x10, IFF: 0x20, GQ: 0x40, MV: 0x80 };
const SCHEME_MASK = 0xf0;
const SHA256_WITH_RSA = 668;

export interface Impossible {
  /** what of 4.2.8p15 makes it impossible */
  readonly reason: string;
  /** cells between two 4.2.8p15 that show it: never complete */
  readonly controls?: readonly Cell[];
  /** shows it in another way; throws if it is not so */
  readonly shown?: () => Promise<void>;
}

/** ntp-keygen's files lose numbers that only the generator had (autokey-reference.md section 6.6). */
const mvOfTheReference = ({ scheme, keys }: Cell): Impossible | undefined =>
  scheme === 'MV' && keys === 'ntp-keygen'
    ? {
        reason:
          "ntp-keygen 4.2.8p15 writes MV keys as PKCS#8, which has no place for the servers' ghat and the clients' xhat",
      }
    : undefined;

export interface MatrixClaims {
  readonly title: string;
  readonly cells: readonly Cell[];
  /** undefined: it must work */
  readonly impossible: (cell: Cell) => Impossible | undefined;
  /** cells at a time */
  readonly width: number;
  readonly secondsEach: number;
  /** how long a control that must fail is watched */
  readonly controlSeconds: number;
}

/** All cells of a mode. Registers the tests of one file; it still has to call test.run(). */
export function claimMode(mode: Mode): void {
  claimMatrix({
    ...{ title: mode, cells: cellsOf(mode), impossible: mvOfTheReference },
    ...{ width: 8, secondsEach: 240, controlSeconds: 60 },
  });
}

/** Registers the tests of one file; it still has to call test.run(). */
export function claimMatrix(claims: MatrixClaims): void {
  const { title, cells, impossible, width, secondsEach, controlSeconds } = claims;
  const possible = cells.filter((cell) => impossible(cell) === undefined);
  const controls = new Map(
    cells.flatMap((cell) => impossible(cell)?.controls ?? []).map((control) => [nameOf(control), control]),
  );
  const matrix = new Matrix(secondsEach);
  const controlMatrix = new Matrix(controlSeconds);
  let results: ReadonlyMap<Cell, Promise<CellResult>> = new Map();
  let controlResults: ReadonlyMap<Cell, Promise<CellResult>> = new Map();
  const rows = new Map<Cell, string>();

  test.before(() => {
    results = matrix.start(possible, width);
    controlResults = controlMatrix.start([...controls.values()], controls.size);
  });
  test.after(() => {
    writeTable(
      title,
      [...cells, ...controls.values()].map((cell) => rows.get(cell) ?? `${nameOf(cell)} (did not run)`),
    );
    matrix.close();
    controlMatrix.close();
  });

  for (const control of controls.values())
    test(`control: ${nameOf(control)}: never complete`, async () => {
      const result = await controlResults.get(control)!;
      rows.set(control, rowOf(result, `control, watched for ${controlSeconds} s`));
      assert.not.ok(isComplete(result.client?.flags), rowOf(result));
    });

  for (const cell of cells) {
    const obstacle = impossible(cell);
    if (obstacle === undefined)
      test(nameOf(cell), async () => {
        const result = await results.get(cell)!;
        rows.set(cell, rowOf(result));
        expectComplete(result);
      });
    else
      test(`${nameOf(cell)}: impossible, ${obstacle.reason}`, async () => {
        rows.set(cell, `${nameOf(cell).padEnd(74)} impossible: ${obstacle.reason}`);
        await obstacle.shown?.();
        assert.ok(obstacle.reason.length > 0);
      });
  }
}

function expectComplete(result: CellResult): void {
  const { cell, client, server, seconds, progress, report } = result;
  const said = `${rowOf(result)}\nflags: ${progress}`;
  const views = isSymmetric(cell.mode) ? [client, server] : [client];
  const isGood =
    seconds !== undefined &&
    isFollowed(client) &&
    views.every(
      (view) =>
        isComplete(view?.flags) &&
        view!.flags! >>> 16 === SHA256_WITH_RSA &&
        (view!.flags! & SCHEME_MASK) === SCHEME_BITS[cell.scheme] &&
        view?.auth === 'ok',
    );
  // Once, and not in the error: uvu prints an error's text twice.
  if (!isGood) console.log(`\n${said}\n${report}`);
  assert.ok(isGood, said);
  record(`autokey/${nameOf(cell)}`, { seconds: seconds! });
}
