import { firstGrapheme } from '@parley/protocol/graphemes';
import { Box, Text } from 'ink';
import type { Draft } from './composer.ts';

/** The input box, with the cursor in reverse video. */
export function Composer({ draft, rows, columns }: { draft: Draft; rows: number; columns: number }) {
  const before = draft.text.slice(0, draft.cursor);
  const after = draft.text.slice(draft.cursor);
  const under = after === '' || after.startsWith('\n') ? ' ' : firstGrapheme(after, 64);
  const rest = after.startsWith('\n') ? after : after.slice(under.length);
  // When there are more lines than fit, the ones up to the cursor are shown.
  const firstRow = Math.max(0, before.split('\n').length - rows);
  const shownBefore = before.split('\n').slice(firstRow).join('\n');
  return (
    <Box height={rows + 1} width={columns} flexShrink={0} overflow="hidden">
      <Text>{'> '}</Text>
      <Text wrap="wrap">
        {shownBefore}
        <Text inverse>{under}</Text>
        {rest}
      </Text>
    </Box>
  );
}
