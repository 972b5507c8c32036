/** A line plot of a scenario. */
export interface Plot {
  /** Also the name of its file. */
  name: string;
  title: string;
  /** What an axis shows, with its unit. */
  x: string;
  y: string;
  series: Series[];
}

export interface Series {
  name: string;
  points: [x: number, y: number][];
}

/** The lines of a plot from rows: one for each value of `by`, through the points of the columns `x` and `y`. */
export function seriesOf(rows: readonly Record<string, string | number>[], by: string, x: string, y: string): Series[] {
  const names = [...new Set(rows.map((row) => String(row[by])))];
  return names.map((name) => ({
    name,
    points: rows
      .filter((row) => String(row[by]) === name)
      .map((row): [number, number] => [Number(row[x]), Number(row[y])])
      .filter(([one, other]) => Number.isFinite(one) && Number.isFinite(other)),
  }));
}
