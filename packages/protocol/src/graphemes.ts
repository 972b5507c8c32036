const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * The start of a text, of at most `max` UTF-16 units, that ends between characters as people see them (grapheme
 * clusters, UAX #29). Within a first character that is longer than `max` by itself it ends between code points.
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  // Only what is near the end decides: long texts are not segmented whole.
  const near = text.slice(0, max + 64);
  const cut = segmenter.segment(near).containing(max)?.index ?? 0;
  if (cut > 0) return text.slice(0, cut);
  const isWithinPair = (text.codePointAt(max - 1) ?? 0) > 0xffff;
  return text.slice(0, isWithinPair ? max - 1 : max);
}

/** The first character of a text as people see it, of at most `max` UTF-16 units; empty for an empty text. */
export function firstGrapheme(text: string, max: number): string {
  const first = segmenter.segment(text.slice(0, max + 1)).containing(0)?.segment ?? '';
  return cutText(first, max);
}
