const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * The first part of a text, at most `max` UTF-16 units long, cut between user-perceived characters (grapheme clusters,
 * UAX #29). If the first character is longer than `max`, it is cut between code points.
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  // Segments only the part before the cut, because long texts are expensive to segment.
  const near = text.slice(0, max + 64);
  const cut = segmenter.segment(near).containing(max)?.index ?? 0;
  if (cut > 0) return text.slice(0, cut);
  const isWithinPair = (text.codePointAt(max - 1) ?? 0) > 0xffff;
  return text.slice(0, isWithinPair ? max - 1 : max);
}

/** The first user-perceived character of a text, at most `max` UTF-16 units long; empty for an empty text. */
export function firstGrapheme(text: string, max: number): string {
  const first = segmenter.segment(text.slice(0, max + 1)).containing(0)?.segment ?? '';
  return cutText(first, max);
}
