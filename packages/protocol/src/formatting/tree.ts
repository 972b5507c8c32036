/** A part of a line. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: Emphasis /** The characters on both sides of it. */; marker: string; children: Inline[] }
  | { kind: 'code'; text: string }
  /** A web address as it was written, with the URL that it means. */
  | { kind: 'address'; text: string; href: string }
  /** An address with a text of its own: `[text](address)`. */
  | { kind: 'link'; children: Inline[]; address: string; href: string };

export type Emphasis = 'bold' | 'italic' | 'strike';

/** A part of a message that has lines of its own. */
export type Block =
  /** Lines of text, with their line breaks. */
  | { kind: 'text'; children: Inline[] }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'list'; isOrdered: boolean; items: ListItem[] }
  /** Lines between fences. The language is the first word after the opening fence, in lower case, or empty. */
  | { kind: 'code'; text: string; language: string };

export interface ListItem {
  /** What to show before the item: a number as it was written, such as `3.`, or a bullet. */
  marker: string;
  children: Block[];
}
