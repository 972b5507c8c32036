/** A line plot of a scenario. */
export interface Plot {
  /** Also the name of its file. */
  name: string;
  title: string;
  x: string;
  y: string;
  series: { name: string; points: [x: number, y: number][] }[];
}
