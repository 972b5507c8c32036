import { createInterface } from 'node:readline';
import type { Entry } from '@parley/sdk';
import { Failure } from '../failure.ts';
import type { ChatSession } from './chat-session.ts';
import { runCommand } from './commands.ts';
import { displayLine } from './display-text.ts';
import { shownEntry } from './entry-lines.ts';
import { gapText } from './gaps.ts';
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
      session.say('No conversation is open. /open NAME opens one.');
    }
  }
  await Promise.race([ended, Promise.allSettled(client.unsent.map((message) => message.sent()))]);
  const unsentCount = session.unsentCount + unaddressed;
  if (hasEnded) throw new Failure(`your session has ended; messages not sent: ${unsentCount}`);
  if (unsentCount > 0) throw new Failure(`messages not sent: ${unsentCount}`);
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
