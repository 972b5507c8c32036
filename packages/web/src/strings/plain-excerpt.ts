import { formatted, plainText } from '@parley/protocol/formatting';
import { cutText } from '@parley/protocol/graphemes';

/** A marker and the one that closes it may be further apart than the excerpt is long. */
const readMax = 2_000;

/** The beginning of a message's text without formatting, for previews, notifications and announcements. */
export function plainExcerpt(text: string, max: number): string {
  return cutText(plainText(formatted(cutText(text, readMax))), max);
}
