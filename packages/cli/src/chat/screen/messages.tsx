import { Box, Text } from 'ink';
import type { ScreenLine } from './message-lines.ts';

interface Props {
  lines: readonly ScreenLine[];
  rows: number;
  /** How many of the newest lines are below the visible part. */
  scroll: number;
}

/** The visible lines: the end of the conversation, unless the user has scrolled up. */
export function Messages({ lines, rows, scroll }: Props) {
  const end = lines.length - scroll;
  return (
    <Box flexDirection="column" justifyContent="flex-end" height={rows}>
      {lines.slice(Math.max(0, end - rows), end).map((line) => (
        <Line key={line.key} line={line} />
      ))}
    </Box>
  );
}

function Line({ line: { text, kind } }: { line: ScreenLine }) {
  const shown = text === '' ? ' ' : text;
  switch (kind) {
    case 'author':
      return (
        <Text wrap="truncate" bold color="cyan">
          {shown}
        </Text>
      );
    case 'failed':
      return (
        <Text wrap="truncate" color="red">
          {shown}
        </Text>
      );
    default:
      return (
        <Text wrap="truncate" dimColor={kind !== 'text'}>
          {shown}
        </Text>
      );
  }
}
