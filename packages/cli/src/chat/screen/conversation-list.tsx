import { Box, Text } from 'ink';
import type { ChatSession } from '../chat-session.ts';
import { mark } from '../commands.ts';

interface Props {
  session: ChatSession;
  columns: number;
  rows: number;
}

/** As many conversations as fit, most recent first, scrolled so that the open one is among them. */
export function ConversationList({ session, columns, rows }: Props) {
  const { conversations, open } = session;
  const openIndex = open ? conversations.indexOf(open.conversation) : -1;
  const first = Math.max(0, openIndex - rows + 1);
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {conversations.slice(first, first + rows).map((conversation) => {
        const isOpen = conversation === open?.conversation;
        const unread = conversation.unreadCount > 0 ? ` ${Math.min(999, conversation.unreadCount)}` : '';
        const title = Bun.sliceAnsi(session.title(conversation), 0, columns - 4 - unread.length);
        return (
          <Text key={conversation.id} wrap="truncate" inverse={isOpen} bold={unread !== ''}>
            {`${mark(session, conversation)} ${title}${unread}`}
          </Text>
        );
      })}
      {conversations.length === 0 && <Text dimColor>No conversations yet.</Text>}
    </Box>
  );
}
