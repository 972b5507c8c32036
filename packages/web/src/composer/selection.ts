/** Where a position is after the text changed, derived from the prefix and suffix that both texts share. */
export function movedPosition(position: number, before: string, after: string): number {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  if (position <= start) return position;
  return position >= before.length - end ? after.length - (before.length - position) : after.length - end;
}
