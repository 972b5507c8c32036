/** Reads a text by code points, and counts the reads: they must grow linearly with the text. */
export class TextReader {
  reads = 0;

  constructor(readonly text: string) {}

  /** The code point at an index of UTF-16 units, or -1 outside the text. */
  at(index: number): number {
    this.reads++;
    return this.text.codePointAt(index) ?? -1;
  }
}

/** How many UTF-16 units a code point takes. */
export function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
