/**
 * Many points as few: what a line through them would look like in columns one pixel wide. Pure; knows no SVG.
 */

export interface Sample {
  readonly x: number;
  readonly y: number;
}

/**
 * At most four points a column, in their order: the first, the lowest, the highest and the last, so that no extreme is
 * lost. Points without a finite y end a run; each run is a list of its own.
 */
export function traces(points: Iterable<Sample>): readonly (readonly Sample[])[] {
  const runs: Sample[][] = [];
  let run: Sample[] | undefined;
  let column: Sample[] = [];
  const close = () => {
    if (run !== undefined) run.push(...reduced(column));
    column = [];
  };
  for (const point of points) {
    if (!Number.isFinite(point.y)) {
      close();
      run = undefined;
      continue;
    }
    if (run === undefined) {
      run = [];
      runs.push(run);
    }
    const [head] = column;
    if (head !== undefined && Math.floor(head.x) !== Math.floor(point.x)) close();
    column.push(point);
  }
  close();
  return runs;
}

function reduced(column: readonly Sample[]): readonly Sample[] {
  if (column.length <= 4) return column;
  let low = 0;
  let high = 0;
  column.forEach(({ y }, i) => {
    if (y < column[low]!.y) low = i;
    if (y > column[high]!.y) high = i;
  });
  const kept = [...new Set([0, low, high, column.length - 1])].sort((a, b) => a - b);
  return kept.map((i) => column[i]!);
}
