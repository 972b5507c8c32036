import { memo, Suspense } from 'react';
import { laterPart } from '../faults/later-part.ts';
import { isEmojiAlone } from './emoji-alone.ts';

const load = () => import('./marked-text.tsx');
const MarkedText = laterPart(load);
// Asked for with the conversation: text that shows without its marks first changes the height of its row. A failure is
// told by the row that needs it.
load().catch(() => undefined);

/** A message's text, as text: links can be followed, code keeps its form, nothing is markup. */
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

/** Most texts have neither code nor an address: they are shown without loading the rules. */
function mayBeMarked(text: string): boolean {
  return ['`', '~~~', '://'].some((mark) => text.includes(mark));
}
