import { firstGrapheme } from '@parley/protocol/graphemes';
import { Box, Text } from 'ink';
import { displayLine } from '../display-text.ts';
import type { ComposerRow } from './composer.ts';

const prompt = '> ';

/** The cells of a row of the input box. */
export function composerColumns(columns: number): number {
  return columns - prompt.length;
}

/** The input box, with the cursor in reverse video. When not all rows fit, those up to the cursor are shown. */
export function Composer({ rows, height, columns }: { rows: readonly ComposerRow[]; height: number; columns: number }) {
  const cursorRow = rows.findIndex(({ cursor }) => cursor !== null);
  const first = Math.max(0, cursorRow - height + 1);
  return (
    <Box height={height + 1} width={columns} flexShrink={0} overflow="hidden">
      <Text>{prompt}</Text>
      <Box flexDirection="column">
        {rows.slice(first, first + height).map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are identified by their position only
          <Row key={index} row={row} />
        ))}
      </Box>
    </Box>
  );
}

function Row({ row: { text, cursor } }: { row: ComposerRow }) {
  if (cursor === null) return <Text wrap="truncate">{text === '' ? ' ' : displayLine(text)}</Text>;
  const under = firstGrapheme(text.slice(cursor), 64);
  return (
    <Text wrap="truncate">
      {displayLine(text.slice(0, cursor))}
      <Text inverse>{displayLine(under)}</Text>
      {displayLine(text.slice(cursor + under.length))}
    </Text>
  );
}
