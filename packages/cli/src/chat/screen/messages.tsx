import { Box, Text } from 'ink';
import type { Run } from './formatted-rows.ts';
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

function Line({ line: { row, kind } }: { line: ScreenLine }) {
  const isEmpty = row.every(({ text }) => text === '');
  const shown = isEmpty
    ? ' '
    : // biome-ignore lint/suspicious/noArrayIndexKey: runs are identified by their position only
      row.map((run, index) => <StyledRun key={index} run={run} isColoured={kind === 'text'} />);
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

function StyledRun({ run: { text, style }, isColoured }: { run: Run; isColoured: boolean }) {
  const { bold = false, italic = false, strike = false, code = false, dim = false } = style;
  const colour = code && isColoured ? { color: 'green' } : {};
  return (
    <Text bold={bold} italic={italic} strikethrough={strike} dimColor={dim} {...colour}>
      {text}
    </Text>
  );
}
