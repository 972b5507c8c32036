import { createInterface } from 'node:readline';
import type { Entry, ParleyClient } from '@parley/sdk';
import { Failure } from '../failure.ts';
import type { ChatSession } from './chat-session.ts';
import { runCommand } from './commands.ts';
import { displayLine } from './display-text.ts';
import { shownEntry } from './entry-lines.ts';
import { gapText } from './gaps.ts';
import { nothingOpen } from './notices.ts';
import { reportFailedMessages } from './unsent.ts';

/**
 * Reads and prints lines: for pipes, screen readers and logs. A line that starts with a slash is a command; `//` sends
 * a line that starts with a slash. Returns at the end of the input, once everything is sent.
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
    else if (session.open && line !== '') session.send(line.replace(/^\/\//, '/'));
    else if (line !== '') {
      unaddressed++;
      session.say(nothingOpen);
    }
  }
  await Promise.race([ended, Promise.allSettled(client.unsent.map((message) => message.sent()))]);
  // An acknowledgement may arrive before the entry that is printed.
  await Promise.race([ended, Promise.all([...lastSent].map(([id, seq]) => untilShown(client, id, seq)))]);
  const unsentCount = session.unsentCount + unaddressed;
  if (hasEnded) throw new Failure(`your session has ended; messages not sent: ${unsentCount}`);
  if (unsentCount > 0) throw new Failure(`messages not sent: ${unsentCount}`);
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

function printEntry(session: ChatSession, entry: Entry): void {
  const conversation = session.client.conversations.get(entry.conversationId);
  const { time, author, text } = shownEntry(entry, (userId) => session.people.name(userId));
  const where = conversation ? session.title(conversation) : '?';
  print(`${time} [${where}] ${author === null ? '—' : `${author}:`} ${text.replaceAll('\n', '\n    ')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
