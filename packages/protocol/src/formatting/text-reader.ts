/** What was done for one message. The texts that are parts of it share the counter. */
export interface Counter {
  /** Reads of characters, and looks at markers read before: they must grow linearly with the text. */
  reads: number;
  /** Quotes and list items. */
  blocks: number;
}

/** Reads a text by code points, and counts the reads. */
export class TextReader {
  constructor(
    readonly text: string,
    readonly counter: Counter = { reads: 0, blocks: 0 },
  ) {}

  /** The code point at an index of UTF-16 units, or -1 outside the text. */
  at(index: number): number {
    this.counter.reads++;
    return this.text.codePointAt(index) ?? -1;
  }

  /** The code point that ends before an index, or -1 at the start of the text. */
  before(index: number): number {
    const code = this.at(index - 1);
    const isSecondUnit = code >= 0xdc00 && code <= 0xdfff;
    const pair = isSecondUnit ? this.at(index - 2) : -1;
    return pair > 0xffff ? pair : code;
  }
}

/** How many UTF-16 units a code point takes. */
export function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
