import chalk from 'chalk';
import { Box, render, Text, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useReducer, useRef } from 'react';
import type { ChatSession } from '../chat-session.ts';
import { gapKey } from '../gaps.ts';
import { reportFailedMessages, waitingCount } from '../unsent.ts';
import { composerRows, erased, inserted, moved } from './composer.ts';
import { Composer, composerColumns } from './composer-view.tsx';
import { ConversationList } from './conversation-list.tsx';
import { messageLines } from './message-lines.ts';
import { Messages } from './messages.tsx';
import { type Anchor, anchorAbove, linesBelow } from './scroll.ts';
import { stateInWords } from './state-in-words.ts';
import { terminalStyles } from './terminal-styles.ts';
import { type DraftEditor, useDraft } from './use-draft.ts';

const listColumns = 24;
const styles = terminalStyles(process.env, chalk.level);
const titleWithoutConversation = 'Parley — /find a person, /open the name, /help for more';

/** Draws the full screen. Resolves when the user quits, after printing how many messages were not sent. */
export async function runScreen(session: ChatSession): Promise<void> {
  const screen = render(<Screen session={session} />, { alternateScreen: true, exitOnCtrlC: false });
  reportFailedMessages(session, true);
  session.client.connect();
  await screen.waitUntilExit();
  if (session.unsentCount > 0) console.log(`Messages not sent: ${session.unsentCount}`);
  const { length } = session.amendments.unsent;
  if (length > 0) console.log(`Changes not sent: ${length}`);
}

function Screen({ session }: { session: ChatSession }) {
  const { columns, rows } = useWindowSize();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => session.onChange(redraw), [session]);
  const anchor = useRef<Anchor | null>(null);
  const toNewest = () => {
    anchor.current = null;
  };
  const quit = useQuit(session);
  const { draft, ...editor } = useDraft(session, { toNewest, redraw, quit });

  const composed = composerRows(draft, composerColumns(columns));
  const draftRows = Math.min(5, composed.length);
  const noticeRows = Math.floor(rows / 2);
  session.listedLines = Math.max(2, noticeRows - 1);
  const notices = session.notices
    .slice(-noticeRows)
    .flatMap((notice) => notice.split('\n'))
    .slice(-noticeRows);
  const messageRows = Math.max(1, rows - 4 - draftRows - notices.length);
  const lines = messageLines(session.shown, columns - listColumns - 1, styles);
  const belowMax = Math.max(0, lines.length - messageRows);
  const shownScroll = () => Math.min(linesBelow(lines, anchor.current), belowMax);
  const scrolled = shownScroll();

  const scrollBy = (count: number) => {
    const below = Math.max(0, shownScroll() + count);
    anchor.current = anchorAbove(lines, below, belowMax);
    redraw();
    const end = lines.length - below;
    const isGapInView = lines.slice(Math.max(0, end - messageRows), end).some(({ key }) => key.startsWith(gapKey));
    if (count > 0 && isGapInView) session.loadGap().catch((error) => session.say(String(error)));
    else if (below + messageRows > lines.length) session.loadOlder().catch((error) => session.say(String(error)));
  };
  const switchBy = (step: number) => {
    const { conversations, open } = session;
    const at = open ? conversations.indexOf(open.conversation) : -1;
    const next = conversations[(at + step + conversations.length) % Math.max(1, conversations.length)];
    toNewest();
    if (next) session.show(next).catch((error) => session.say(String(error)));
  };
  const up = () => {
    if (scrolled > 0 || !editor.editLast()) scrollBy(1);
  };
  useKeys(session, editor, { scrollBy, up, switchBy, quit, pageRows: messageRows - 1 });

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
      <Composer rows={composed} height={draftRows} columns={columns} />
    </Box>
  );
}

/** Quits when no message waits to be sent, or when it is called again. */
function useQuit(session: ChatSession): () => void {
  const { exit } = useApp();
  const isQuitting = useRef(false);
  useEffect(
    () =>
      session.onChange(() => {
        if (isQuitting.current && waitingCount(session) === 0) exit();
      }),
    [session, exit],
  );
  return () => {
    if (isQuitting.current || waitingCount(session) === 0 || session.client.state.name === 'stopped') return exit();
    isQuitting.current = true;
    session.say(`Waiting until everything is sent: ${waitingCount(session)}. Ctrl+C quits without sending them.`);
  };
}

interface Navigation {
  /** Positive: towards older lines. */
  scrollBy(lines: number): void;
  /** Edits the last own message if the box is empty and the newest lines are in view; scrolls otherwise. */
  up(): void;
  switchBy(step: number): void;
  quit(): void;
  pageRows: number;
}

/** Maps keys and pasted text to changes of the draft and of what is in view. */
function useKeys(session: ChatSession, editor: DraftEditor, navigation: Navigation): void {
  const { edit, submit, type } = editor;
  const { scrollBy, up, switchBy, quit, pageRows } = navigation;
  usePaste((text) => edit((before) => inserted(before, text.replaceAll(/\r\n?/g, '\n'))));
  useInput((input, key) => {
    if (key.ctrl && input === 'c') quit();
    else if (key.return && (key.meta || key.shift)) edit((before) => inserted(before, '\n'));
    else if (key.return) submit();
    else if (key.ctrl && input === 'j') edit((before) => inserted(before, '\n'));
    else if (key.tab) switchBy(key.shift ? -1 : 1);
    else if (key.pageUp) scrollBy(pageRows);
    else if (key.pageDown) scrollBy(-pageRows);
    else if (key.upArrow) up();
    else if (key.downArrow) scrollBy(-1);
    else if (key.leftArrow) edit((before) => moved(before, 'left'));
    else if (key.rightArrow) edit((before) => moved(before, 'right'));
    else if (key.backspace || key.delete) edit(erased);
    else if (key.escape) {
      session.notices = [];
      session.amendments.cancel();
    } else if (input !== '' && !key.ctrl && !key.meta) type(input);
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
