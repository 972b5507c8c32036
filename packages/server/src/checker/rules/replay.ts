/**
 * Whether the stores of a conversation are behind what was acknowledged, because they went back and the log is replayed.
 * Reads from that time may lack entries and amendments.
 */
export class Replay {
  private isUnderWay = false;
  private endLine = 0;

  begin(): void {
    this.isUnderWay = true;
  }

  end(line: number): void {
    if (this.isUnderWay) this.endLine = line;
    this.isUnderWay = false;
  }

  /** Whether a read that ends now, and began at this line, may be behind. */
  affects(since: number): boolean {
    return this.isUnderWay || since < this.endLine;
  }
}
