/** The highest of a series of numbers, as of each line. */
export class RisingMaximum {
  private readonly values: number[] = [0];
  private readonly lines: number[] = [0];

  get value(): number {
    return this.values.at(-1) ?? 0;
  }

  get line(): number {
    return this.lines.at(-1) ?? 0;
  }

  add(value: number, line: number): void {
    if (value <= this.value) return;
    this.values.push(value);
    this.lines.push(line);
  }

  /** The highest number that was known before a line, and the line that showed it first. */
  before(line: number): { value: number; line: number } {
    let [low, high] = [0, this.lines.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.lines[middle] ?? 0) < line) low = middle;
      else high = middle;
    }
    return { value: this.values[low] ?? 0, line: this.lines[low] ?? 0 };
  }
}
