import { Box, render, Text, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useReducer, useRef } from 'react';
import type { ChatSession } from '../chat-session.ts';
import { runCommand } from '../commands.ts';
import { gapKey } from '../gaps.ts';
import { type Draft, emptyDraft, erased, inserted, moved } from './composer.ts';
import { Composer } from './composer-view.tsx';
import { ConversationList } from './conversation-list.tsx';
import { messageLines } from './message-lines.ts';
import { Messages } from './messages.tsx';
import { stateInWords } from './state-in-words.ts';

const listColumns = 24;

/** The full screen. Resolves when the person leaves. */
export async function runScreen(session: ChatSession): Promise<void> {
  const screen = render(<Screen session={session} />, { alternateScreen: true, exitOnCtrlC: true });
  session.client.connect();
  await screen.waitUntilExit();
  session.client.close();
}

function Screen({ session }: { session: ChatSession }) {
  const { exit } = useApp();
  const { columns, rows } = useWindowSize();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  // Not React's state: keys that come faster than it draws must each see what the one before did.
  const written = useRef<Draft>(emptyDraft);
  /** Lines from the newest up that are scrolled past. */
  const scroll = useRef(0);
  useEffect(() => session.onChange(redraw), [session]);

  const draft = written.current;
  const edit = (change: (before: Draft) => Draft) => {
    written.current = change(written.current);
    redraw();
  };

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
    scroll.current = 0;
    if (next) session.show(next).catch((error) => session.say(String(error)));
  };
  const submit = () => {
    const text = written.current.text.trim();
    written.current = emptyDraft;
    scroll.current = 0;
    session.notices = [];
    if (text === '/quit') exit();
    else if (text.startsWith('/') && !text.startsWith('//')) void runCommand(session, text);
    else if (text !== '' && session.open) session.send(text.replace(/^\/\//, '/'));
    else if (text !== '') session.say('No conversation is open: /open NAME, or Tab.');
  };

  /** Text that came at once may hold several lines, each ended by the Enter key. */
  const typed = (input: string) => {
    const [first = '', ...more] = input.split('\r');
    edit((before) => inserted(before, first));
    session.open?.conversation.typing();
    for (const line of more) {
      submit();
      edit((before) => inserted(before, line));
    }
  };

  usePaste((text) => edit((before) => inserted(before, text.replaceAll(/\r\n?/g, '\n'))));
  useInput((input, key) => {
    if (key.return && (key.meta || key.shift)) edit((before) => inserted(before, '\n'));
    else if (key.return) submit();
    else if (key.ctrl && input === 'j') edit((before) => inserted(before, '\n'));
    else if (key.tab) switchBy(key.shift ? -1 : 1);
    else if (key.pageUp) scrollBy(messageRows - 1);
    else if (key.pageDown) scrollBy(1 - messageRows);
    else if (key.upArrow) scrollBy(1);
    else if (key.downArrow) scrollBy(-1);
    else if (key.leftArrow) edit((before) => moved(before, 'left'));
    else if (key.rightArrow) edit((before) => moved(before, 'right'));
    else if (key.backspace || key.delete) edit(erased);
    else if (key.escape) session.notices = [];
    else if (input !== '' && !key.ctrl && !key.meta) typed(input);
  });

  const { open } = session;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Box height={messageRows + notices.length + 1}>
        <Box
          borderStyle="single"
          borderTop={false}
          borderBottom={false}
          borderLeft={false}
          width={listColumns}
          flexShrink={0}
        >
          <ConversationList session={session} columns={listColumns - 2} rows={messageRows + notices.length + 1} />
        </Box>
        <Box flexDirection="column" paddingLeft={1} width={columns - listColumns} flexShrink={0}>
          <Text bold wrap="truncate">
            {open ? session.title(open.conversation) : 'Parley — /find somebody, /open them, /help for more'}
          </Text>
          <Messages lines={lines} rows={messageRows} scroll={scrolled} />
          {notices.map((notice, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: notices have nothing but their place
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
