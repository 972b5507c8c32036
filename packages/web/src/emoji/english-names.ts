import { emojiTable } from './emoji-table.ts' with { type: 'macro' };
import type { EmojiLine } from './emoji-table.ts';

export const emojiLines: readonly EmojiLine[] = JSON.parse(emojiTable());
