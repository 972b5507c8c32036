import type { Report } from '../finding.ts';

interface View {
  /** The last number that the client showed, and the line. */
  shown: { value: number; line: number };
  /** The lowest and the highest number that reached the client. */
  lowest: { value: number; line: number };
  highest: { value: number; line: number };
}

const nothing = { value: Number.POSITIVE_INFINITY, line: 0 };

/** A client shows each entry once, in order and without gaps (contract 4). */
export class Views {
  private readonly views = new Map<string, View>();

  constructor(private readonly report: Report) {}

  reached(client: string, seq: number, line: number): void {
    const view = this.of(client);
    if (seq < view.lowest.value) view.lowest = { value: seq, line };
    if (seq > view.highest.value) view.highest = { value: seq, line };
  }

  /** Whether the number is in the range of those that reached the client. */
  hasReached(client: string, seq: number): boolean {
    const { lowest, highest } = this.of(client);
    return seq >= lowest.value && seq <= highest.value;
  }

  /** The lines that show this range. */
  linesOf(client: string): number[] {
    const { lowest, highest } = this.of(client);
    return [lowest.line, highest.line];
  }

  /** The highest number that reached the client. */
  seen(client: string): { value: number; line: number } {
    return this.of(client).highest;
  }

  show(client: string, seq: number, line: number): void {
    const view = this.of(client);
    const { value, line: before } = view.shown;
    if (value > 0 && seq <= value) {
      this.report('shown-twice', `${client} shows entry ${seq} after entry ${value}`, [before, line]);
      return;
    }
    if (value > 0 && seq > value + 1) {
      this.report('shown-gap', `${client} shows entry ${seq} after entry ${value}`, [before, line]);
    }
    view.shown = { value: seq, line };
  }

  /** The client leaves entries out on purpose, and says so. */
  skip(client: string, toSeq: number, line: number): void {
    const view = this.of(client);
    if (view.shown.value > 0 && toSeq > view.shown.value) view.shown = { value: toSeq, line };
  }

  forget(client: string): void {
    this.views.delete(client);
  }

  /** Numbers that clients have seen are no longer a lower bound; a client says itself when it forgets them. */
  restored(): void {
    for (const view of this.views.values()) {
      view.highest = { value: 0, line: 0 };
      view.lowest = nothing;
    }
  }

  private of(client: string): View {
    const view = this.views.get(client) ?? {
      ...{ shown: { value: 0, line: 0 }, highest: { value: 0, line: 0 }, lowest: nothing },
    };
    this.views.set(client, view);
    return view;
  }
}
