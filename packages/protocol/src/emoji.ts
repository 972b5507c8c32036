import * as z from 'zod/mini';
import { limits } from './limits.ts';

/** Undefined in a runtime without this kind of expression, where only the server decides. */
const rgiEmoji = expression();

function expression(): RegExp | undefined {
  try {
    return /^\p{RGI_Emoji}$/v;
  } catch {
    return undefined;
  }
}

/**
 * Whether the text is exactly one emoji: an RGI sequence ("recommended for general interchange") of the Unicode version
 * of the runtime, 17.0 on a server. A client with an earlier version may show a newer emoji as an empty box.
 */
export function isEmoji(text: string): boolean {
  return text.length > 0 && text.length <= limits.emojiLength && (rgiEmoji?.test(text) ?? true);
}

/** A stored emoji, which may be newer than this runtime. */
export const Emoji = z.string().check(
  z.minLength(1),
  z.maxLength(limits.emojiLength),
  z.refine((text) => text.isWellFormed() && !text.includes('\0'), { error: 'must be an emoji' }),
  z.meta({ description: 'One emoji.' }),
);

/** An emoji to react with. */
export const NewEmoji = z.string().check(
  z.refine(isEmoji, { error: 'must be exactly one emoji: an RGI sequence of Unicode 17.0' }),
  z.meta({
    description: 'Exactly one emoji: an RGI sequence of Unicode 17.0.',
    minLength: 1,
    maxLength: limits.emojiLength,
  }),
);
