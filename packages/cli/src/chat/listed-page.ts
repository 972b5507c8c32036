/** A page of a list, as lines. */
export interface ListedPage {
  lines: string[];
  isLast: boolean;
}
