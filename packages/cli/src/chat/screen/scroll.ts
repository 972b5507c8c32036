import type { ScreenLine } from './message-lines.ts';

/** The last visible line. Null: the newest line, also when more follow. */
export interface Anchor {
  key: string;
  /** How many lines were below it, in case it no longer exists, for example in a window of another width. */
  below: number;
  /** How many lines the user scrolled beyond the oldest one. They are shown when they are loaded. */
  beyond: number;
}

/** The anchor of a view that has `below` newest lines below it, where `belowMax` shows the oldest line. */
export function anchorAbove(lines: readonly ScreenLine[], below: number, belowMax: number): Anchor | null {
  const reached = Math.min(below, belowMax);
  const line = below > 0 ? lines[lines.length - 1 - reached] : undefined;
  return line ? { key: line.key, below: reached, beyond: below - reached } : null;
}

/** How many of the newest lines are below the view, so that new lines do not move what is read. */
export function linesBelow(lines: readonly ScreenLine[], anchor: Anchor | null): number {
  if (!anchor) return 0;
  const index = lines.findLastIndex(({ key }) => key === anchor.key);
  return anchor.beyond + (index < 0 ? anchor.below : lines.length - 1 - index);
}
