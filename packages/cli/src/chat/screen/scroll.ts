import type { ScreenLine } from './message-lines.ts';

/** The last visible line. Null: the newest line, also when more follow. */
export interface Anchor {
  key: string;
  /** How many lines were below it, in case it no longer exists, for example in a window of another width. */
  below: number;
}

/** The anchor of a view that has this many newest lines below it. */
export function anchorAbove(lines: readonly ScreenLine[], below: number): Anchor | null {
  const line = below > 0 ? lines[Math.max(0, lines.length - 1 - below)] : undefined;
  return line ? { key: line.key, below } : null;
}

/** How many of the newest lines are below the view, so that new lines do not move what is read. */
export function linesBelow(lines: readonly ScreenLine[], anchor: Anchor | null): number {
  if (!anchor) return 0;
  const index = lines.findLastIndex(({ key }) => key === anchor.key);
  return index < 0 ? anchor.below : lines.length - 1 - index;
}
