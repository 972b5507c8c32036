import { createInterface } from 'node:readline';
import type { Entry, ParleyClient } from '@parley/sdk';
import { Failure } from '../failure.ts';
import type { ChatSession } from './chat-session.ts';
import { runCommand } from './commands.ts';
import { displayLine } from './display-text.ts';
import { printedEntry } from './entry-lines.ts';
import { gapText } from './gaps.ts';
import { keepNewest } from './keep-newest.ts';
import { nothingOpen } from './notices.ts';
import { reportFailedMessages } from './unsent.ts';

/** Lines of amended messages that are kept, so that none is printed twice. */
const amendedLinesMax = 1_000;

/**
 * Reads and prints lines: for pipes, screen readers and logs. A line that starts with a slash is a command; `//` sends
 * a line that starts with a slash. An amended message is printed again after `~`. Returns at the end of the input, once everything is sent.
 *
 * @throws {Failure} when the session is ended elsewhere or lines were not sent.
 */
export async function runPlain(session: ChatSession): Promise<void> {
  const { client } = session;
  let said = 0;
  const sayNotices = () => {
    for (; said < session.noticeCount; said++) print(`* ${session.notices.at(said - session.noticeCount)}`);
  };
  session.onChange(sayNotices);
  client.on('entry', (entry) => printEntry(session, entry));
  client.on('amended', amendmentPrinter(session));
  reportFailedMessages(session, false);
  const lastSent = new Map<string, number>();
  client.on('outbox', ({ conversationId, receipt }) => {
    if (receipt) lastSent.set(conversationId, receipt.seq);
  });
  // The numbers may belong to entries that no longer exist.
  client.on('restored', () => lastSent.clear());
  client.on('skipped', ({ conversation, ...gap }) => {
    session.say(`${session.title(conversation)}: ${gapText(gap)}. /open the conversation, then /load loads them.`);
  });
  session.printLoaded = (entries) => {
    for (const entry of entries) printEntry(session, entry);
  };
  client.connect();
  await client.live();
  print(`* Hello, ${displayLine(session.people.name(client.account?.id ?? ''))}. /help lists the commands.`);
  const lines = createInterface({ input: process.stdin });
  let hasEnded = false;
  /** Lines without an open conversation. */
  let unaddressed = 0;
  const ended = new Promise<void>((resolve) => {
    client.on('sessionEnded', () => {
      hasEnded = true;
      lines.close();
      resolve();
    });
  });
  for await (const line of lines) {
    if (line.startsWith('/') && !line.startsWith('//')) await runCommand(session, line);
    else if (session.open && line !== '') send(session, line.replace(/^\/\//, '/'));
    else if (line !== '') {
      unaddressed++;
      session.say(nothingOpen);
    }
  }
  await Promise.race([ended, Promise.allSettled(client.unsent.map((message) => message.sent()))]);
  await Promise.race([ended, Promise.all(session.amendments.unsent)]);
  // An acknowledgement may arrive before the entry that is printed.
  await Promise.race([ended, Promise.all([...lastSent].map(([id, seq]) => untilShown(client, id, seq)))]);
  const unsentCount = session.unsentCount + unaddressed;
  if (hasEnded) throw new Failure(`your session has ended; messages not sent: ${unsentCount}`);
  if (unsentCount > 0) throw new Failure(`messages not sent: ${unsentCount}`);
  const { refusedCount } = session.amendments;
  if (refusedCount > 0) throw new Failure(`changes refused: ${refusedCount}`);
}

function send(session: ChatSession, text: string): void {
  try {
    session.send(text);
  } catch (error) {
    session.amendments.refuse(error);
  }
}

/** Resolves when the client has shown this entry, or cannot: the user left, or the server was restored. */
function untilShown(client: ParleyClient, conversationId: string, seq: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      const conversation = client.conversations.get(conversationId);
      if (!conversation || conversation.data.headSeq >= seq) resolve();
    };
    client.on('conversation', check);
    client.on('restored', () => resolve());
    check();
  });
}

/** Prints the present state of each amended message, once: an own amendment is shown before and after it is sent. */
function amendmentPrinter(session: ChatSession): (event: { messages: readonly Entry[] }) => void {
  const printed = new Map<string, string>();
  return ({ messages }) => {
    for (const message of messages) {
      const key = `${message.conversationId} ${message.seq}`;
      const line = `~ ${entryLine(session, message)}`;
      if (printed.get(key) === line) continue;
      print(line);
      keepNewest(printed, key, line, amendedLinesMax);
    }
  };
}

function printEntry(session: ChatSession, entry: Entry): void {
  print(entryLine(session, entry));
}

function entryLine(session: ChatSession, entry: Entry): string {
  const conversation = session.client.conversations.get(entry.conversationId);
  const where = conversation ? session.title(conversation) : '?';
  return printedEntry(session.shownEntries.shown(entry), `[${where}] `);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
