import { formatted } from '@parley/protocol/formatting';
import { memo } from 'react';
import { isEmojiAlone } from './emoji-alone.ts';
import { Blocks } from './formatted-text.tsx';

/** A message's text with its formatting. No markup in it is interpreted. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const isEmoji = isEmojiAlone(text);
  return (
    <div className={isEmoji ? 'message-text emoji-alone' : 'message-text'} dir="auto">
      {isEmoji ? text : <Blocks blocks={formatted(text)} />}
    </div>
  );
});
