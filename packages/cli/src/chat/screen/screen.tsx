import { Box, render, Text, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useReducer, useRef } from 'react';
import type { ChatSession } from '../chat-session.ts';
import { gapKey } from '../gaps.ts';
import { erased, inserted, moved } from './composer.ts';
import { Composer } from './composer-view.tsx';
import { ConversationList } from './conversation-list.tsx';
import { messageLines } from './message-lines.ts';
import { Messages } from './messages.tsx';
import { stateInWords } from './state-in-words.ts';
import { type DraftEditor, useDraft } from './use-draft.ts';

const listColumns = 24;
const titleWithoutConversation = 'Parley — /find a person, /open the name, /help for more';

/** Draws the full screen. Resolves when the user quits. */
export async function runScreen(session: ChatSession): Promise<void> {
  const screen = render(<Screen session={session} />, { alternateScreen: true, exitOnCtrlC: true });
  session.client.connect();
  await screen.waitUntilExit();
  session.client.close();
}

function Screen({ session }: { session: ChatSession }) {
  const { columns, rows } = useWindowSize();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => session.onChange(redraw), [session]);
  /** How many of the newest lines are below the view. */
  const scroll = useRef(0);
  const toNewest = () => {
    scroll.current = 0;
  };
  const { draft, ...editor } = useDraft(session, toNewest, redraw);

  const draftRows = Math.min(5, draft.text.split('\n').length);
  const noticeRows = Math.floor(rows / 2);
  session.listedLines = Math.max(2, noticeRows - 1);
  const notices = session.notices
    .slice(-noticeRows)
    .flatMap((notice) => notice.split('\n'))
    .slice(-noticeRows);
  const messageRows = Math.max(1, rows - 4 - draftRows - notices.length);
  const lines = messageLines(session.shown, columns - listColumns - 1);
  const scrolled = Math.min(scroll.current, Math.max(0, lines.length - messageRows));

  const scrollBy = (count: number) => {
    const reached = Math.min(scroll.current, Math.max(0, lines.length - messageRows));
    scroll.current = Math.max(0, reached + count);
    redraw();
    const end = lines.length - scroll.current;
    const isGapInView = lines.slice(Math.max(0, end - messageRows), end).some(({ key }) => key.startsWith(gapKey));
    if (count > 0 && isGapInView) session.loadGap().catch((error) => session.say(String(error)));
    else if (scroll.current + messageRows > lines.length)
      session.loadOlder().catch((error) => session.say(String(error)));
  };
  const switchBy = (step: number) => {
    const { conversations, open } = session;
    const at = open ? conversations.indexOf(open.conversation) : -1;
    const next = conversations[(at + step + conversations.length) % Math.max(1, conversations.length)];
    toNewest();
    if (next) session.show(next).catch((error) => session.say(String(error)));
  };
  useKeys(session, editor, { scrollBy, switchBy, pageRows: messageRows - 1 });

  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Box height={messageRows + notices.length + 1}>
        <Sidebar session={session} rows={messageRows + notices.length + 1} />
        <Box flexDirection="column" paddingLeft={1} width={columns - listColumns} flexShrink={0}>
          <Text bold wrap="truncate">
            {session.open ? session.title(session.open.conversation) : titleWithoutConversation}
          </Text>
          <Messages lines={lines} rows={messageRows} scroll={scrolled} />
          {notices.map((notice, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: notices are identified by their position only
            <Text key={index} color="yellow" wrap="truncate">
              {notice === '' ? ' ' : notice}
            </Text>
          ))}
        </Box>
      </Box>
      <Text dimColor wrap="truncate">
        {stateInWords(session, scrolled)}
      </Text>
      <Composer draft={draft} rows={draftRows} columns={columns} />
    </Box>
  );
}

interface Navigation {
  /** Positive: towards older lines. */
  scrollBy(lines: number): void;
  switchBy(step: number): void;
  pageRows: number;
}

/** Maps keys and pasted text to changes of the draft and of what is in view. */
function useKeys(session: ChatSession, editor: DraftEditor, navigation: Navigation): void {
  const { edit, submit, type } = editor;
  const { scrollBy, switchBy, pageRows } = navigation;
  usePaste((text) => edit((before) => inserted(before, text.replaceAll(/\r\n?/g, '\n'))));
  useInput((input, key) => {
    if (key.return && (key.meta || key.shift)) edit((before) => inserted(before, '\n'));
    else if (key.return) submit();
    else if (key.ctrl && input === 'j') edit((before) => inserted(before, '\n'));
    else if (key.tab) switchBy(key.shift ? -1 : 1);
    else if (key.pageUp) scrollBy(pageRows);
    else if (key.pageDown) scrollBy(-pageRows);
    else if (key.upArrow) scrollBy(1);
    else if (key.downArrow) scrollBy(-1);
    else if (key.leftArrow) edit((before) => moved(before, 'left'));
    else if (key.rightArrow) edit((before) => moved(before, 'right'));
    else if (key.backspace || key.delete) edit(erased);
    else if (key.escape) session.notices = [];
    else if (input !== '' && !key.ctrl && !key.meta) type(input);
  });
}

function Sidebar({ session, rows }: { session: ChatSession; rows: number }) {
  return (
    <Box
      borderStyle="single"
      borderTop={false}
      borderBottom={false}
      borderLeft={false}
      width={listColumns}
      flexShrink={0}
    >
      <ConversationList session={session} columns={listColumns - 2} rows={rows} />
    </Box>
  );
}
