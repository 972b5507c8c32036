import { memo, Suspense } from 'react';
import { laterPart } from '../faults/later-part.ts';
import { isEmojiAlone } from './emoji-alone.ts';

const load = () => import('./marked-text.tsx');
const MarkedText = laterPart(load);
// Loaded with the conversation, because a row that is first shown unformatted changes its height later. If loading
// fails, the row that needs it reports the failure.
load().catch(() => undefined);

/** A message's text with links and code. No markup in it is interpreted. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  return (
    <div className={isEmojiAlone(text) ? 'message-text emoji-alone' : 'message-text'} dir="auto">
      {mayBeMarked(text) ? (
        <Suspense fallback={text}>
          <MarkedText text={text} />
        </Suspense>
      ) : (
        text
      )}
    </div>
  );
});

/** Whether a text may have code or an address. Most have neither, and are shown without loading the rules. */
function mayBeMarked(text: string): boolean {
  return ['`', '~~~', '://'].some((mark) => text.includes(mark));
}
